import FoundationEssentials
import Ledger
import Postgres
import Support
import TestSupport
import Testing

@testable import Shared

/// Who is who in a shared ledger, and who makes its tables.
@Suite(.enabled(if: PostgresServer.isInstalled))
struct MemberTests {
  private let scratch = Scratch()

  private func sidecar(_ name: String, file: String, _ database: SharedDatabase) throws -> Sidecar {
    try Sidecar(name, at: scratch.file(file), url: database.url)
  }

  @Test func twoThatLiveMayNotHaveOneName() throws {
    let database = try SharedDatabase()
    let a = try sidecar("proxy", file: "a.db", database)
    let b = try sidecar("proxy", file: "b.db", database)
    a.add(1)
    try a.commit()
    try a.forward()
    let error = #expect(throws: SharedLedgerError.self) { try b.connect() }
    #expect(
      error == .nameTaken(place: try #require(a.shared?.place), instance: "proxy"))
    // Nothing was left of the attempt.
    #expect(try database.integer("SELECT count(*) FROM sidelight.writer") == 1)
    try a.shared?.beat()
    a.shared?.leave()
    try b.connect()
    #expect(throws: SharedLedgerError.self) { try a.shared?.beat() }
  }

  @Test func whoFellSilentHasLeftTheName() throws {
    let database = try SharedDatabase()
    let a = try sidecar("proxy", file: "a.db", database)
    let b = try sidecar("proxy", file: "b.db", database)
    try a.connect()
    try database.execute("UPDATE sidelight.instance SET seen = now() - interval '31 seconds'")
    try b.connect()
  }

  @Test func aRestartTakesItsPlaceAtOnceAndTheOldProcessIsShutOut() throws {
    let database = try SharedDatabase()
    let first = try sidecar("a", file: "a.db", database)
    first.add(1)
    try first.commit()
    try first.forward()
    // The same file, as a process has it that was started over.
    let copy = scratch.file("again.db")
    try FileManager.default.copyItem(atPath: scratch.file("a.db"), toPath: copy)
    try FileManager.default.copyItem(atPath: scratch.file("a.db-wal"), toPath: copy + "-wal")
    let second = try Sidecar("a", at: copy, url: database.url)
    second.add(2)
    try second.commit()
    #expect(try second.forward() == SharedLedger.Outcome(requests: 1, duplicates: 0))
    first.add(3)
    try first.commit()
    let error = #expect(throws: SharedLedgerError.self) { try first.forward() }
    #expect(error == .replaced(place: try #require(second.shared?.place), instance: "a"))
    let again = #expect(throws: SharedLedgerError.self) { try first.connect() }
    #expect(again == .nameTaken(place: try #require(second.shared?.place), instance: "a"))
    #expect(try database.totals == [2, 2_000_000, 2, 2])
  }

  @Test func anOlderFileThatWasPutBackLosesNothing() throws {
    let database = try SharedDatabase()
    let path = scratch.file("a.db")
    do {
      let a = try sidecar("a", file: "a.db", database)
      a.add(1)
      try a.commit()
      try a.forward()
      try FileManager.default.copyItem(atPath: path, toPath: path + ".old")
      try FileManager.default.copyItem(atPath: path + "-wal", toPath: path + ".old-wal")
      for number in 2..<5 {
        a.add(UInt64(number))
        try a.commit()
        try a.forward()
      }
    }
    for suffix in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: path + suffix)
    }
    for suffix in ["", "-wal"] {
      try FileManager.default.moveItem(atPath: path + ".old" + suffix, toPath: path + suffix)
    }
    let restored = try sidecar("a", file: "a.db", database)
    // It reads the log again, and more: these rows have the numbers of others.
    for number in 2..<8 { restored.add(UInt64(number)) }
    try restored.commit()
    #expect(try restored.forward() == SharedLedger.Outcome(requests: 3, duplicates: 4))
    #expect(try database.totals == [7, 7_000_000, 7, 7])
  }

  @Test func allUseTheFirstOnesSecret() throws {
    let database = try SharedDatabase()
    let a = try sidecar("a", file: "a.db", database)
    let b = try sidecar("b", file: "b.db", database)
    try a.connect()
    try b.connect()
    let first = try #require(try a.shared?.secret(offering: a.ledger.secret()))
    #expect(try first == a.ledger.secret())
    #expect(try b.shared?.secret(offering: b.ledger.secret()) == first)
    #expect(first.count == 32)
  }

  @Test func tablesAreMadeOnceWhoeverComesFirst() throws {
    let database = try SharedDatabase()
    let url = database.url
    let problems = Locked<[String]>([])
    let threads = (0..<8).compactMap { _ in
      WorkerThread.start(name: "migrate") {
        do {
          try SharedSchema.prepare(PostgresConnection(PostgresOptions(url: url)))
        } catch {
          problems.withLock { $0.append("\(error)") }
        }
      }
    }
    for thread in threads { thread.join() }
    #expect(problems.withLock { $0 } == [])
    #expect(
      try database.integer("SELECT number FROM sidelight.version")
        == Int64(SharedSchema.latest))
  }

  @Test func aNewerSchemaIsRefused() throws {
    let database = try SharedDatabase()
    let a = try sidecar("a", file: "a.db", database)
    try a.connect()
    try database.execute("UPDATE sidelight.version SET number = 99")
    let error = #expect(throws: SharedLedgerError.self) { try a.connect() }
    #expect(
      error
        == .newerSchema(
          place: try PostgresURL(database.url).place, found: 99, known: SharedSchema.latest))
    #expect(throws: SharedLedgerError.self) {
      try SharedInspection(PostgresOptions(url: database.url))
    }
  }

  @Test func whoMayNotMakeTablesIsToldWhatToDo() throws {
    let database = try SharedDatabase()
    try database.execute("DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN")
    let url = database.url.replacing("user=sidelight", with: "user=guest")
    let error = #expect(throws: SharedLedgerError.self) {
      try SharedSchema.prepare(PostgresConnection(PostgresOptions(url: url)))
    }
    guard case .noRights = error else {
      Issue.record("\(error.map { "\($0)" } ?? "no error")")
      return
    }
    #expect(throws: SharedLedgerError.self) { try SharedInspection(PostgresOptions(url: url)) }
    try database.execute("CREATE SCHEMA sidelight AUTHORIZATION guest")
    #expect(try SharedInspection(PostgresOptions(url: url)).schema == nil)
    try SharedSchema.prepare(PostgresConnection(PostgresOptions(url: url)))
  }
}
