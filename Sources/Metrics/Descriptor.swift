/// Everything that is fixed about a family.
package struct Descriptor: Sendable {
  /// The type in the sense of the exposition formats.
  package enum Kind: Sendable, Equatable {
    case counter
    case gauge
    case histogram(Buckets)

    /// The word after `# TYPE name`.
    package var text: String {
      switch self {
      case .counter: "counter"
      case .gauge: "gauge"
      case .histogram: "histogram"
      }
    }
  }

  /// How an integer that is stored becomes the number that is exposed; always exact.
  package enum Unit: Sendable, Equatable {
    /// As it is.
    case one
    /// Nano-dollars, exposed as dollars.
    case nano
    /// Microseconds, exposed as seconds.
    case micro

    /// Decimal digits after the point.
    var digits: Int {
      switch self {
      case .one: 0
      case .micro: 6
      case .nano: 9
      }
    }
  }

  /// Where the values come from.
  package enum Origin: Sendable, Equatable {
    /// An integer that the tally holds and the ledger keeps over restarts.
    case tallied
    /// A floating-point number that a collector computes for each exposition.
    case collected
  }

  package let family: Family
  /// The full name: counters end in `_total`.
  package let name: String
  package let kind: Kind
  /// At most four, in the order in which values are given; `le` is not among them.
  package let labels: [Label]
  /// One or a few sentences without quotes, backslashes and line ends, so both formats agree.
  package let help: String
  /// Of values, or of a histogram's sum; without meaning for what is collected as a number.
  package let unit: Unit
  package let origin: Origin

  init(
    _ family: Family, _ name: String, _ kind: Kind, _ labels: [Label] = [], unit: Unit = .one,
    origin: Origin = .tallied, help: String
  ) {
    self.family = family
    self.name = name
    self.kind = kind
    self.labels = labels
    self.help = help
    self.unit = unit
    self.origin = origin
  }

  /// The name that OpenMetrics puts in `# TYPE` and `# HELP`: a counter's lacks `_total`.
  var baseName: String {
    kind == .counter && name.hasSuffix("_total") ? String(name.dropLast(6)) : name
  }

  /// The unit for OpenMetrics' `# UNIT` line, which has to be the name's suffix; nil for none.
  var namedUnit: String? {
    ["seconds", "bytes"].first { baseName.hasSuffix("_\($0)") }
  }

  /// A histogram's bounds; nil for the other kinds.
  package var buckets: Buckets? {
    if case .histogram(let buckets) = kind { buckets } else { nil }
  }

  /// Integers that a series holds: one, or of a histogram a count for each bucket and the sum.
  var valuesPerSeries: Int { buckets.map { $0.count + 1 } ?? 1 }

  /// Time series that Prometheus makes of one set of label values: a histogram's `_sum` and
  /// `_count` are series too.
  var timeSeriesPerRow: Int { buckets.map { $0.count + 2 } ?? 1 }
}
