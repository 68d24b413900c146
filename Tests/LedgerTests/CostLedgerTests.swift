import Metrics
import Record
import Support
import Tally
import TestSupport
import Testing

@testable import Ledger

@Suite struct CostLedgerTests {
  private let scratch = Scratch()

  @Test func whatWasCommittedIsThereAgain() throws {
    do {
      let book = try Book(scratch)
      book.add(1)
      book.add(2, model: "other-model", user: "ann")
      try book.commit()
    }
    let book = try Book(scratch)
    #expect(
      try book.stored(.requests) == [
        "openai|gpt-4o|none|success": [1], "openai|other-model|none|success": [1],
      ])
    #expect(
      try book.stored(.cost) == [
        "openai|gpt-4o|none": [1_000_000], "openai|other-model|none": [1_000_000],
      ])
    let histogram = try #require(try book.stored(.requestDuration)["openai|gpt-4o"])
    #expect(histogram.last == 1_000_000 && histogram.dropLast().reduce(0, +) == 1)
    #expect(try book.query("SELECT count(*) FROM request WHERE id IN ('id-1', 'id-2')") == 2)
    #expect(try book.query("SELECT count(*) FROM rollup_side") == 1)
    book.add(1)
    book.add(3)
    try book.commit()
    #expect(try book.stored(.requests)["openai|gpt-4o|none|success"] == [2])
  }

  @Test func whatWasRolledBackIsNot() throws {
    let book = try Book(scratch)
    book.add(1)
    _ = try book.ledger.begin()
    #expect(try book.ledger.admit(Identity(start: noon, hash: 5)))
    #expect(try !book.ledger.admit(Identity(start: noon, hash: 5)))
    book.ledger.rollback()
    book.ledger.rollback()
    _ = try book.ledger.begin()
    #expect(try book.ledger.admit(Identity(start: noon, hash: 5)))
    #expect(try book.ledger.admit(Identity(start: noon + .milliseconds(1), hash: 5)))
    book.ledger.rollback()
  }

  @Test func theSecretStaysTheSame() throws {
    let first = try Book(scratch).ledger.load().secret
    #expect(first.count == 32 && Set(first).count > 8)
    #expect(try Book(scratch).ledger.load().secret == first)
    #expect(try Book(Scratch()).ledger.load().secret != first)
  }

  @Test func aSecondOwnerIsRefused() throws {
    let path = scratch.file("ledger.db")
    let first = try Book(scratch)
    #expect(throws: LedgerError.inUse(path: path)) { try Book(scratch) }
    #expect(
      "\(LedgerError.inUse(path: path))"
        == "the ledger \(path) is in use by another sidelight; stop that one, or set ledger.url")
    first.add(1)
    try first.commit()
    _ = try Book(scratch, role: .guest)
  }

  @Test func theLockGoesWithItsOwner() throws {
    for _ in 0..<3 { _ = try Book(scratch) }
  }

  @Test func aNewerSchemaIsRefusedAndLeftAlone() throws {
    try Book(scratch).ledger.database.execute("PRAGMA user_version = 99")
    let path = scratch.file("ledger.db")
    let known = Migrations.latest
    let error = #expect(throws: LedgerError.self) { try Book(scratch) }
    #expect(error == .newerSchema(path: path, found: 99, known: known))
    #expect(
      error?.description
        == "the ledger \(path) has schema 99, written by a newer sidelight; this one knows"
        + " \(known): install the newer release, or set ledger.url to a new file")
    let database = try Database(path: path, access: .readOnly)
    #expect(try database.integer("PRAGMA user_version") == 99)
  }

  @Test func anEmptyFileIsMigrated() throws {
    scratch.write("", to: "ledger.db")
    let book = try Book(scratch)
    #expect(try book.query("PRAGMA user_version") == Int64(Migrations.latest))
    #expect(try book.query("PRAGMA auto_vacuum") == 2)
    #expect(try book.query("PRAGMA synchronous") == 2)
  }

  @Test func anotherFileIsNotTouched() throws {
    scratch.write("This is no database, but a letter of some length to somebody.", to: "ledger.db")
    let path = scratch.file("ledger.db")
    #expect(throws: LedgerError.corrupt(path: path, reason: "file is not a database")) {
      try Book(scratch)
    }
    #expect(TestData.text(at: path).hasPrefix("This is no database"))
  }

  @Test func aMissingDirectoryIsNamed() throws {
    var options = LedgerOptions()
    options.path = scratch.file("none/ledger.db")
    let error = #expect(throws: LedgerError.self) {
      try CostLedger(options: options, role: .owner)
    }
    #expect(
      error?.description
        == "cannot open the ledger \(options.path): No such file or directory; make its directory"
        + " writable for this user or set ledger.url")
    #expect(throws: LedgerError.self) { try CostLedger(options: options, role: .guest) }
  }

  @Test func aReadOnlyLedgerIsNamed() throws {
    _ = try Book(scratch)
    let database = try Database(path: scratch.file("ledger.db"), access: .readOnly)
    let error = #expect(throws: LedgerError.self) { try database.execute("CREATE TABLE t(a)") }
    #expect(
      error?.description
        == "ledger: CREATE TABLE t(a): attempt to write a readonly database; trying again")
  }

  @Test func textsWithANULAreToldApart() throws {
    do {
      let book = try Book(scratch)
      _ = try book.ledger.begin()
      for (id, text) in [(2, "a"), (3, "a\0b"), (4, "a\0c")] as [(UInt32, String)] {
        try book.ledger.write(
          LabelSpace.Value(dimension: .tag, id: id, text: text, lastUsed: 1))
      }
      try book.ledger.commit()
    }
    #expect(try Book(scratch).ledger.labelValues().map(\.text) == ["a", "a\0b", "a\0c"])
  }

  @Test func aTagWithANULStopsNothing() throws {
    let book = try Book(scratch)
    for (number, tag) in ["a", "a\0b", "a\0c", "\0"].enumerated() {
      book.add(UInt64(number)) { record, batch in
        batch.texts.append(batch.add(tag))
        record.tags = Int32(batch.texts.count - 1)..<Int32(batch.texts.count)
      }
      try book.commit()
    }
    #expect(try book.query("SELECT count(*) FROM label_value WHERE label = 'tag'") == 4)
    #expect(try book.query("SELECT count(*) FROM request") == 4)
  }

  @Test func whatWaitsIsSavedAndRemoved() throws {
    let entry = WaitingFailure(
      callID: [0, 255, 34], due: noon, isSettled: false, line: Array("{}".utf8))
    var settled = entry
    settled.isSettled = true
    settled.due = noon + .hours(1)
    var other = entry
    other.callID = Array("other".utf8)
    do {
      let book = try Book(scratch)
      var changes = WaitingChanges()
      changes.saved = [entry, other]
      try book.ledger.write(changes)
      changes.saved = [settled]
      changes.removed = [other.callID, Array("never there".utf8)]
      try book.ledger.write(changes)
    }
    #expect(try Book(scratch).ledger.load().waiting == [settled])
  }

  @Test func aFailureThatWaitsAnewIsNotRemoved() throws {
    // Its predecessor was answered and removed in the same batch.
    let entry = WaitingFailure(callID: [1], due: noon, isSettled: false, line: [2])
    var changes = WaitingChanges()
    changes.saved = [entry]
    changes.removed = [[1]]
    let book = try Book(scratch)
    try book.ledger.write(changes)
    #expect(try book.ledger.load().waiting == [entry])
  }

  @Test func checkpointsAreKeptBySource() throws {
    func checkpoint(_ inode: UInt64, offset: Int64) -> FileCheckpoint {
      FileCheckpoint(
        path: "/log/\(inode)", device: .max, inode: inode, born: -1, headLength: 1024,
        headHash: .max, markHash: 1 << 63, offset: offset)
    }
    do {
      let book = try Book(scratch)
      try book.ledger.write(
        changed: [checkpoint(1, offset: 5), checkpoint(2, offset: 6)], removed: [], source: "a")
      try book.ledger.write(changed: [checkpoint(1, offset: 7)], removed: [], source: "b")
      try book.ledger.write(
        changed: [checkpoint(1, offset: 50)], removed: [checkpoint(2, offset: 0)], source: "a")
    }
    let ledger = try Book(scratch).ledger
    #expect(try ledger.checkpoints(source: "a") == [checkpoint(1, offset: 50)])
    #expect(try ledger.checkpoints(source: "b") == [checkpoint(1, offset: 7)])
    #expect(try ledger.checkpoints(source: "c") == [])
  }

  @Test func aCommitsCostDoesNotGrowWithWhatThereIs() throws {
    let book = try Book(scratch)
    var costs: [Int64] = []
    for round in 0..<30 {
      // A request like the others, in the presence of ever more models.
      book.add(UInt64(round))
      costs.append(try book.commit())
      for number in 0..<15 {
        book.add(UInt64(1000 + round * 15 + number), model: "m\(round)-\(number)")
      }
      try book.commit()
    }
    #expect(Set(costs.dropFirst()).count == 1)
    #expect(costs.max() ?? 0 < 40)
  }

  @Test func aCommitOfNothingWritesNothing() throws {
    let book = try Book(scratch)
    book.add(1)
    try book.commit()
    #expect(try book.commit() == 0)
  }

  @Test func detailsOfLongAgoLeaveNoRow() throws {
    let book = try Book(scratch)
    book.add(1, end: noon - .days(6))
    book.add(2, end: noon - .days(8))
    try book.commit()
    #expect(try book.query("SELECT count(*) FROM request") == 1)
    #expect(try book.query("SELECT sum(requests) FROM rollup") == 2)
  }

  @Test func theLastHourIsReadBackByMinute() throws {
    let book = try Book(scratch)
    book.add(1, end: noon - .seconds(1))
    book.add(2, end: noon - .seconds(2)) { record, _ in
      record.outcome = .failure
      record.reason = .timeout
      record.fallbacks = 1
    }
    book.add(3, end: noon - .minutes(1)) { record, _ in record.fallbacks = 1 }
    book.add(4, end: noon - .minutes(1)) { record, _ in record.attempts = 0 }
    book.add(5, end: noon - .minutes(1)) { record, _ in record.form = .late }
    book.add(6, end: noon - .minutes(61))
    try book.commit()
    var first = RecentWindow.StoredMinute(end: noon - .minutes(1), provider: 2, route: 0)
    first.nanodollars = 5_000_000
    first.reached = 3
    first.failed = 1
    first.fallenBack = 1
    #expect(try book.ledger.recentMinutes(now: noon) == [first])
  }
}
