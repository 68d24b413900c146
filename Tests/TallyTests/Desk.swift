import Metrics
import Record
import Support

@testable import Tally

/// A point in time that many tests share: 2026-11-21T12:00:00Z.
let noon = Timestamp(microseconds: 1_795_262_400_000_000)

/// A tally that is fed with hand-made records and says which series changed.
struct Desk {
  var state: TallyState
  var batch = RecordBatch()
  var now = noon
  private var serial: UInt64 = 0
  private let metadataNames: [String]

  init(
    _ options: LabelOptions = LabelOptions(), prices: PriceBook? = nil,
    values: [LabelSpace.Value] = [], secret: [UInt8] = Array(repeating: 7, count: 32)
  ) {
    let space = LabelSpace(options: options, secret: secret, values: values, today: noon.day)
    state = TallyState(options: options, labels: space, prices: prices)
    metadataNames = options.metadataNames
  }

  /// Nothing is attributed to anybody, for tests that are not about that.
  static func plain(prices: PriceBook? = nil) -> Desk {
    var options = LabelOptions()
    options.attribution = []
    return Desk(options, prices: prices)
  }

  /// Adds a success of openai's gpt-4o that took 1.5 s until `noon`, changed by `change`.
  mutating func request(
    tags: [String] = [], meta: [String: String] = [:],
    _ change: (inout RequestRecord, inout RecordBatch) -> Void = { _, _ in }
  ) {
    serial += 1
    let start = noon - .milliseconds(1500)
    var record = RequestRecord(
      identity: Identity(start: start, hash: serial), start: start, end: noon)
    record.provider = batch.add("openai")
    record.model = batch.add("gpt-4o")
    record.route = batch.add("gpt-4o")
    record.servedRoute = batch.add("gpt-4o")
    record.deployment = batch.add("main")
    record.attempts = 1
    record.attemptStart = start
    record.tokens.input = 10
    record.tokens.output = 5
    record.cost = Money(nanodollars: 250)
    let first = Int32(batch.texts.count)
    for tag in tags { batch.texts.append(batch.add(tag)) }
    record.tags = first..<Int32(batch.texts.count)
    record.metadata = Int32(batch.texts.count)
    for name in metadataNames { batch.texts.append(batch.add(meta[name] ?? "")) }
    change(&record, &batch)
    batch.requests.append(record)
  }

  /// Adds a failed attempt of anthropic's claude that took 0.02 s.
  mutating func attempt(_ reason: Reason, route: String = "claude-sonnet") {
    serial += 1
    var record = AttemptRecord(
      identity: Identity(start: noon, hash: serial), start: noon - .milliseconds(20), end: noon)
    record.provider = batch.add("anthropic")
    record.model = batch.add("claude")
    record.deployment = batch.add("claude-main")
    record.route = batch.add(route)
    record.reason = reason
    batch.attempts.append(record)
  }

  /// Counts what was added; the series that changed and by how much, sorted by family.
  mutating func changes(in families: [Family] = Family.allCases) -> [String] {
    state.add(batch, now: now)
    batch.removeAll()
    var changes: [String] = []
    for family in families {
      let table = state[family]
      changes += table.changed.map { change(Int($0), of: family) }.sorted()
    }
    state.markWritten()
    return changes
  }

  private func change(_ row: Int, of family: Family) -> String {
    let table = state[family]
    let descriptor = family.descriptor
    let labels = zip(descriptor.labels, state.texts(of: table.index.keys[row], in: family))
      .map { "\($0.text)=\($1)" }
    let name = "\(descriptor.name) \(labels.joined(separator: " "))"
    let rises = (0..<table.width).map { table.rise(of: row, at: $0) }
    guard descriptor.buckets != nil else { return "\(name) +\(rises[0])" }
    let buckets = rises.dropLast().enumerated().filter { $1 != 0 }.map { "[\($0)]+\($1)" }
    return "\(name) \(buckets.joined()) sum+\(rises[rises.count - 1])"
  }

  /// What a family holds, by its labels' values.
  func values(of family: Family) -> [String: Int64] {
    let table = state[family]
    var values: [String: Int64] = [:]
    for (row, key) in table.index.keys.enumerated() {
      let name = state.texts(of: key, in: family).joined(separator: "|")
      values[name, default: 0] += table.numbers(of: row).last ?? 0
    }
    return values
  }
}
