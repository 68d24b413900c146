import Ledger
import Postgres
import Record
import Support
import Tally
import TestSupport
import Testing

@testable import Shared

/// Questions about usage have the same answers from a shared ledger as from the local ones.
@Suite(.enabled(if: PostgresServer.isInstalled))
struct UsageTests {
  private let scratch = Scratch()

  private static let windows = (-2..<1).map { hour in
    CalendarWindow(start: noon + .hours(Int64(hour)), end: noon + .hours(Int64(hour) + 1))
  }

  /// Requests of all kinds within two hours before noon.
  private func fill(_ sidecar: Sidecar, seed: UInt64, count: Int) throws {
    var random = SeededRandom(seed: seed)
    for number in 0..<count {
      let end = noon - TimeSpan(microseconds: Int64.random(in: 1...7_000_000_000, using: &random))
      let kind = Int.random(in: 0..<6, using: &random)
      sidecar.add(seed * 10_000 + UInt64(number), model: "m-\(number % 3)", end: end) {
        record, batch in
        record.deployment = batch.add("d-\(number % 2)")
        record.user = number % 4 == 0 ? .none : batch.add("user-\(number % 4)")
        if kind == 0 {
          record.outcome = .failure
          record.reason = .rateLimited
        }
        if kind == 1 { record.isCacheHit = true }
        if kind == 2 { record.cost = nil }
        if kind == 3 {
          record.firstToken = record.start + .milliseconds(300)
          record.retries = 1
        }
        if kind == 4 {
          record.tags = Int32(batch.texts.count)..<Int32(batch.texts.count + 2)
          batch.texts += [batch.add("x"), batch.add("y\(number % 2)")]
          record.fallbacks = 1
        }
      }
    }
    try sidecar.commit()
  }

  private static let questions: [[UsageLabel]] = [
    [], [.provider, .model], [.key, .status], [.user, .status], [.tag], [.deployment, .reason],
    [.servedRoute, .powerLevel, .team],
  ]

  private static func answers(
    _ store: some UsageStore, _ change: (inout UsageQuery) -> Void = { _ in }
  ) throws -> [String] {
    var lines: [String] = []
    for source in UsageQuery.Source.allCases {
      for labels in questions
      where source == .requests || !labels.contains(where: \.isOfRequestsOnly) {
        if source == .requests, labels.contains(where: { $0.side != nil }) { continue }
        var query = UsageQuery(
          source: source, windows: windows, extras: ExtraLabels(LabelOptions()))
        query.by = labels
        change(&query)
        try store.usage(query) { window, groups in
          lines += groups.map { "\(source) \(window.start.microseconds) \($0.labels) \($0.sums)" }
            .sorted()
        }
      }
    }
    return lines
  }

  @Test func aSharedLedgerAnswersAsTheLocalOne() throws {
    let database = try SharedDatabase()
    let sidecar = try Sidecar("a", at: scratch.file("a.db"), url: database.url)
    try fill(sidecar, seed: 1, count: 400)
    try sidecar.connect()
    _ = try sidecar.shared?.secret(offering: sidecar.ledger.secret())
    try sidecar.forward()
    let local = try LedgerReader(path: sidecar.path)
    let shared = try SharedReader(PostgresOptions(url: database.url))
    let expected = try Self.answers(local)
    #expect(expected.count > 60)
    #expect(try Self.answers(shared) == expected)
    let filter: (inout UsageQuery) -> Void = { query in
      query.filter =
        query.side == nil ? [(.model, ["m-1", "nobody's"]), (.status, ["success"])] : []
    }
    #expect(try Self.answers(shared, filter) == Self.answers(local, filter))
    let nobody: (inout UsageQuery) -> Void = {
      $0.by = [.model]
      $0.filter = [(.key, ["nobody's"])]
    }
    #expect(try Self.answers(shared, nobody) == [])
    let horizon = try (local.usageHorizon(), shared.usageHorizon())
    #expect(horizon.0.firstQuarter == horizon.1.firstQuarter)
    #expect(horizon.0.firstRequest == horizon.1.firstRequest)
    #expect(try shared.hasUsage(from: noon - .hours(2), to: noon))
    #expect(try !shared.hasUsage(from: noon, to: noon + .hours(2)))
  }

  @Test func allSidecarsAreAddedUp() throws {
    let database = try SharedDatabase()
    for (index, name) in ["a", "b", "c"].enumerated() {
      let sidecar = try Sidecar(name, at: scratch.file("\(name).db"), url: database.url)
      try fill(sidecar, seed: UInt64(index + 1), count: 100)
      try sidecar.forward()
    }
    var query = UsageQuery(
      source: .rollups, windows: [CalendarWindow(start: noon - .days(1), end: noon)],
      extras: ExtraLabels(LabelOptions()))
    query.by = [.model]
    var found: [String: Int64] = [:]
    let reader = try SharedReader(PostgresOptions(url: database.url))
    try reader.usage(query) { _, groups in
      for group in groups { found[group.labels[0]] = group.sums.requests }
    }
    #expect(found == ["m-0": 102, "m-1": 99, "m-2": 99])
  }

  @Test func aDatabaseWithoutALedgerSaysSo() throws {
    let database = try SharedDatabase()
    let reader = try SharedReader(PostgresOptions(url: database.url))
    #expect(throws: LedgerError.self) { try reader.usageHorizon() }
    #expect(throws: LedgerError.self) {
      try SharedReader(PostgresOptions(url: "postgres://x@127.0.0.1:1/x"))
    }
  }
}
