import Ledger
import Support
import Tally

/// What a client asks of usage: the parameters of `/api/v1/usage`, checked.
struct UsageRequest {
  /// What rows are sorted by.
  enum Order: Equatable {
    case start
    case cost
    case requests
    case errors
    case tokens
    case latency
    /// A label, by its place in `by`.
    case label(Int)

    /// Whether the largest come first unless said otherwise.
    var isDescending: Bool {
      switch self {
      case .start, .label: false
      default: true
      }
    }

    static let measures: KeyValuePairs<String, Order> = [
      "cost": .cost, "requests": .requests, "errors": .errors, "tokens": .tokens,
      "latency": .latency,
    ]
  }

  var period: CalendarWindow
  var zone: ZoneInfo
  var step: UsageStep?
  var query: UsageQuery
  var order: Order
  var isDescending: Bool
  var limit: Int
  var offset: Int

  static let longest = TimeSpan.days(3660)
  static let mostRows = 10_000

  /// Reads the parameters; relative times count back from `now`.
  init(
    _ parameters: QueryParameters, extras: ExtraLabels, now: Timestamp, paged: Bool = true
  ) throws(QueryProblem) {
    let zone = try parameters.zone("tz") ?? .utc
    let to = try parameters.moment("to", now: now, zone: zone) ?? now
    let from = try parameters.moment("from", now: now, zone: zone) ?? to - .days(1)
    guard from < to, to - from <= Self.longest else {
      throw .badParameter(
        "from", expected: "a time before to (\(to.rfc3339)), at most 3660d", got: from.rfc3339)
    }
    let by = try Self.labels(parameters, extras: extras)
    let filter = try Self.filter(parameters, extras: extras)
    let step = try parameters.step("step")
    let source = try Self.source(parameters, labels: by + filter.map(\.label))
    let period =
      source == .rollups
      ? CalendarWindow(start: from.quarter, end: to.nextQuarter)
      : CalendarWindow(start: from, end: to)
    guard let windows = step.map({ $0.windows(in: period, zone: zone) }) ?? [period] else {
      throw .badParameter(
        "step", expected: "at most \(UsageStep.most) steps between from and to",
        got: step?.text ?? "")
    }
    query = UsageQuery(source: source, windows: windows, extras: extras)
    (query.by, query.filter) = (by, filter)
    (self.period, self.zone, self.step) = (period, zone, step)
    order = try Self.order(parameters, by: by, hasStep: step != nil)
    isDescending = try Self.direction(parameters) ?? order.isDescending
    limit = paged ? try parameters.count("limit", 1...Self.mostRows) ?? 1000 : .max
    offset = paged ? try parameters.count("offset", 0...UsageQuery.mostGroups) ?? 0 : 0
  }

  /// The names that are parameters, for those who check them.
  static func known(_ extras: ExtraLabels, paged: Bool = true) -> [String] {
    ["from", "to", "by", "step", "tz", "sort", "order", "source"]
      + (paged ? ["limit", "offset"] : []) + UsageLabel.fixed.map(\.name) + extras.names
  }
}

extension UsageRequest {
  private static func labels(
    _ parameters: QueryParameters, extras: ExtraLabels
  ) throws(QueryProblem) -> [UsageLabel] {
    var labels: [UsageLabel] = []
    for name in parameters.words("by") {
      guard let label = UsageLabel(name: name, extras: extras.names) else {
        let names = UsageLabel.fixed.map(\.name) + extras.names
        throw .badParameter("by", expected: "labels of \(names.joined(separator: ", "))", got: name)
      }
      if !labels.contains(label) { labels.append(label) }
    }
    guard labels.count <= UsageQuery.mostLabels else {
      throw .badParameter(
        "by", expected: "at most \(UsageQuery.mostLabels) labels", got: "\(labels.count)")
    }
    return labels
  }

  private static func filter(
    _ parameters: QueryParameters, extras: ExtraLabels
  ) throws(QueryProblem) -> [(label: UsageLabel, values: [String])] {
    var filter: [(label: UsageLabel, values: [String])] = []
    for name in UsageLabel.fixed.map(\.name) + extras.names {
      guard let label = UsageLabel(name: name, extras: extras.names),
        !filter.contains(where: { $0.label == label })
      else { continue }
      let values = parameters.all(name)
      guard values.count <= 100 else {
        throw .badParameter(name, expected: "at most 100 values", got: "\(values.count)")
      }
      if !values.isEmpty { filter.append((label, values)) }
    }
    return filter
  }

  /// The table that knows all labels.
  private static func source(
    _ parameters: QueryParameters, labels: [UsageLabel]
  ) throws(QueryProblem) -> UsageQuery.Source {
    let given: [UsageQuery.Source] = try parameters.choices("source")
    let name = parameters.isGiven("by") ? "by" : labels.first?.name ?? "by"
    if let side = labels.first(where: { $0.side != nil }) {
      if let other = labels.first(where: { $0 != side && $0 != .status }) {
        throw .badParameter(
          name, expected: "\(side.name) alone or with status: the ledger keeps it apart",
          got: "\(side.name),\(other.name)")
      }
      guard given.last != .requests else {
        throw .badParameter(
          "source", expected: "rollups, which alone know \(side.name)", got: "requests")
      }
      return .rollups
    }
    guard let detail = labels.first(where: \.isOfRequestsOnly) else {
      return given.last ?? .rollups
    }
    guard given.last != .rollups else {
      throw .badParameter(
        "source", expected: "requests, which alone know \(detail.name)", got: "rollups")
    }
    return .requests
  }

  private static func order(
    _ parameters: QueryParameters, by: [UsageLabel], hasStep: Bool
  ) throws(QueryProblem) -> Order {
    guard let name = parameters.words("sort").last else { return hasStep ? .start : .cost }
    if let measure = Order.measures.first(where: { $0.key == name }) { return measure.value }
    if name == "start", hasStep { return .start }
    if let place = by.firstIndex(where: { $0.name == name }) { return .label(place) }
    let names =
      Order.measures.map(\.key) + (hasStep ? ["start"] : []) + by.map(\.name)
    throw .badParameter("sort", expected: "one of \(names.joined(separator: ", "))", got: name)
  }

  private static func direction(_ parameters: QueryParameters) throws(QueryProblem) -> Bool? {
    switch parameters.words("order").last {
    case nil: nil
    case "desc": true
    case "asc": false
    case let other?: throw .badParameter("order", expected: "asc or desc", got: other)
    }
  }
}

extension Timestamp {
  /// As in RFC 3339, in UTC.
  var rfc3339: String { CivilTime(self).rfc3339 }
}
