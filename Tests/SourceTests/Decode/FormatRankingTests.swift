import Record
import Support
import TestSupport
import Testing

@testable import Source

/// What waits, what is given up, what counts after all.
@Suite struct FormatRankingTests {
  private static let start = ManualClock().now
  private let settleAfter = TimeSpan.minutes(2)

  private func ranking(
    native: Bool = true, restored: HeldContents = HeldContents(),
    capacity: Int = FormatRanking.capacity
  ) -> FormatRanking {
    var log = SourceOptions(input: .files(glob: "native"))
    log.format = native ? .native : .auto
    return FormatRanking(
      sources: [log, SourceOptions(input: .push)], dedup: .days(7), metadataNames: ["power_level"],
      restored: restored, capacity: capacity)
  }

  /// A payload from `start` to `end` seconds, of call `call`.
  private func payload(
    _ call: UInt64, _ start: Int64, _ end: Int64, failed: Bool = false, in batch: inout RecordBatch
  ) -> RequestRecord {
    let begin = Self.start + .seconds(start)
    let kind: EventKind = failed ? .payloadFailure : .payloadAnswer
    var record = RequestRecord(
      identity: Identity(start: begin, call: call, kind: kind), start: begin,
      end: Self.start + .seconds(end))
    record.form = .payload
    record.callHash = call
    record.source = 1
    record.id = batch.add("call-\(call)")
    record.outcome = failed ? .failure : .success
    record.reason = failed ? .timeout : nil
    return record
  }

  private func held(_ ranking: inout FormatRanking, _ payloads: (UInt64, Int64, Int64, Bool)...) {
    var batch = RecordBatch()
    for (call, start, end, failed) in payloads {
      ranking.hold(payload(call, start, end, failed: failed, in: &batch), of: batch)
    }
  }

  /// The ends, in seconds, of what is released.
  private func release(_ ranking: inout FormatRanking, at second: Int64?) -> [Int64] {
    var batch = RecordBatch()
    ranking.release(into: &batch, now: second.map { Self.start + .seconds($0) })
    return batch.requests.map { ($0.end - Self.start).microseconds / 1_000_000 }
  }

  @Test(
    arguments: [
      (true, nil, true), (false, nil, false), (false, 0, true), (false, -6, true),
      (false, -8, false),
    ] as [(Bool, Int64?, Bool)])
  func payloadsWaitWhereNativeLinesAre(configured: Bool, seenDaysAgo: Int64?, holds: Bool) {
    var ranking = ranking(native: configured)
    if let seenDaysAgo { ranking.noteNative(Self.start + .days(seenDaysAgo)) }
    #expect(ranking.holdsPayloads(now: Self.start) == holds)
    #expect(!ranking.hasCountedPayloads(now: Self.start))
  }

  @Test func formatsSeenAreRememberedByTheHour() {
    var ranking = ranking(native: false)
    ranking.noteNative(Self.start)
    ranking.notePayload(Self.start + .minutes(30))
    var changes = HeldChanges()
    changes.nativeSeen = Self.start + .hours(1)
    changes.payloadSeen = Self.start + .hours(1)
    #expect(ranking.takeChanges() == changes)
    ranking.noteNative(Self.start + .minutes(59))
    #expect(ranking.takeChanges() == HeldChanges())
    var contents = HeldContents()
    contents.payloadSeen = Self.start
    #expect(self.ranking(restored: contents).hasCountedPayloads(now: Self.start + .days(7)))
    #expect(!self.ranking(restored: contents).hasCountedPayloads(now: Self.start + .days(8)))
  }

  @Test(
    arguments: [
      // A native event's span and what it gives up of a payload from 10 to 20 s.
      (5, 30, 1), (12, 13, 1), (20, 30, 1), (21, 30, 1), (22, 30, 0), (0, 10, 1), (0, 9, 1),
      (0, 8, 0),
    ] as [(Int64, Int64, Int)])
  func copiesOverlap(start: Int64, end: Int64, copies: Int) {
    var ranking = ranking()
    held(&ranking, (1, 10, 20, false), (2, 10, 20, false))
    let span = (Self.start + .seconds(start), Self.start + .seconds(end))
    let found = ranking.withdraw(copiesOf: 1, from: span.0, to: span.1, onlyFailures: false)
    #expect(found.count == copies)
    #expect(ranking.count == 2 - copies)
  }

  @Test func anAttemptIsACopyOfAFailureOnly() {
    var ranking = ranking()
    held(&ranking, (1, 0, 1, true), (1, 1, 2, false))
    let found = ranking.withdraw(
      copiesOf: 1, from: Self.start, to: Self.start + .seconds(1), onlyFailures: true)
    #expect(found.map(\.end) == [Self.start + .seconds(1)])
    #expect(ranking.count == 1)
  }

  @Test func whatWaitsInVainIsReleasedInOrder() {
    var ranking = ranking()
    held(&ranking, (3, 0, 30, false), (1, 0, 10, false), (2, 0, 20, false))
    #expect(release(&ranking, at: nil) == [])
    #expect(release(&ranking, at: 129) == [])
    #expect(release(&ranking, at: 141) == [10, 20])
    #expect(release(&ranking, at: 150) == [30])
    #expect(ranking.count == 0)
  }

  @Test func aFailureWaitsForItsAnswer() {
    var ranking = ranking()
    held(&ranking, (1, 100, 110, false), (1, 0, 10, true))
    #expect(release(&ranking, at: 200) == [])
    #expect(release(&ranking, at: 230) == [10, 110])
    // Not for ever: an answer after its time is another request's, or late.
    held(&ranking, (2, 0, 10, true), (2, 0, 131, false), (3, 0, 10, true), (3, 0, 9, false))
    #expect(release(&ranking, at: 130) == [9, 10, 10])
  }

  @Test func changesAreWhatTheLedgerNeeds() {
    var ranking = ranking()
    held(&ranking, (1, 0, 10, false), (2, 0, 20, false))
    let saved = ranking.takeChanges()
    #expect(Set(saved.saved.map(\.call)) == [1, 2])
    #expect(saved.saved.allSatisfy { $0.source == "push" })
    #expect(saved.removed == [])
    _ = release(&ranking, at: 130)
    held(&ranking, (3, 0, 30, false))
    _ = ranking.withdraw(
      copiesOf: 3, from: Self.start, to: Self.start + .seconds(30), onlyFailures: false)
    var removed = HeldChanges()
    removed.removed = [Identity(start: Self.start, call: 1, kind: .payloadAnswer)]
    // What came and went between two commits leaves no trace.
    #expect(ranking.takeChanges() == removed)
  }

  @Test func survivesARestartWhole() throws {
    let decoder = RecordDecoder(format: .litellm, metadataNames: ["power_level"])
    for line in try Self.payloads() {
      var batch = RecordBatch()
      try Line.decode(line, with: decoder, now: Self.start + .days(9), into: &batch)
      guard !batch.requests.isEmpty else { continue }
      batch.requests[0].source = 1
      var before = ranking()
      before.hold(batch.requests[0], of: batch)
      var contents = HeldContents()
      contents.events = before.takeChanges().saved
      var after = ranking(restored: contents)
      #expect(after.takeChanges() == HeldChanges())
      var released = RecordBatch()
      after.release(into: &released, now: Self.start + .days(9))
      #expect(Described(released, 0) == Described(batch, 0))
    }
  }

  @Test func roomIsBounded() {
    var ranking = ranking(capacity: 10_000)
    var most = 0
    for call in 0..<200 {
      held(&ranking, (UInt64(call), 0, Int64(call), false))
      most = max(most, ranking.count)
      if ranking.isDue(at: nil) {
        let first = 200 - 200 + Int64(call)
        #expect(release(&ranking, at: nil).allSatisfy { $0 <= first })
      }
    }
    #expect(most < 25)
    #expect(release(&ranking, at: 10_000).sorted().last == 199)
  }

  private static func payloads() throws -> [String] {
    var file = try HistoryFile(
      path: Repository.path("Tests/Data/lab/payload.jsonl.gz"), maxLine: 1 << 20)
    var lines: [String] = []
    while try file.read(
      budget: 1 << 20, { line, _ in lines.append(String(decoding: line, as: UTF8.self)) }
    ).hasMore {}
    return lines
  }
}

private enum Line {
  static func decode(
    _ text: String, with decoder: RecordDecoder, now: Timestamp, into batch: inout RecordBatch
  ) throws {
    let padded = Array(text.utf8) + [UInt8](repeating: 0, count: JSONLine.padding)
    try padded.withUnsafeBytes {
      _ = try decoder.decode(
        UnsafeRawBufferPointer(rebasing: $0[..<text.utf8.count]), now: now, into: &batch)
    }
  }
}

/// A record with its texts, to be compared whatever batch it is in.
private struct Described: Equatable {
  let text: String

  init(_ batch: RecordBatch, _ index: Int) {
    var record = batch.requests[index]
    let ranges = [
      record.id, record.trace, record.call, record.route, record.servedRoute, record.provider,
      record.model, record.deployment, record.errorCode, record.errorClass, record.keyID,
      record.keyAlias, record.teamID, record.teamAlias, record.organization, record.user,
      record.endUser, batch.texts[Int(record.metadata)],
    ]
    let texts = (ranges + record.tags.map { batch.texts[Int($0)] }).map(batch.string)
    record.id = .none
    record.trace = .none
    record.call = .none
    record.route = .none
    record.servedRoute = .none
    record.provider = .none
    record.model = .none
    record.deployment = .none
    record.errorCode = .none
    record.errorClass = .none
    record.keyID = .none
    record.keyAlias = .none
    record.teamID = .none
    record.teamAlias = .none
    record.organization = .none
    record.user = .none
    record.endUser = .none
    record.metadata = 0
    record.tags = 0..<0
    text = "\(record) \(texts)"
  }
}
