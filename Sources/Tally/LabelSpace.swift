package import Metrics
import Record
import Support

/// All labels' values: the open-ended ones by vocabulary, the closed ones by their own numbers.
package struct LabelSpace: Sendable {
  /// A value in the ledger's table of label values.
  package struct Value: Sendable, Equatable {
    package var dimension: Dimension
    package var id: UInt32
    package var text: String
    /// Days since the epoch.
    package var lastUsed: Int32

    /// One row of the table.
    package init(dimension: Dimension, id: UInt32, text: String, lastUsed: Int32) {
      self.dimension = dimension
      self.id = id
      self.text = text
      self.lastUsed = lastUsed
    }
  }

  /// A value unused for so many days makes room for others.
  package static let retireAfterDays: Int32 = 30

  private var vocabularies: [Vocabulary]
  private let cleaner: LabelText
  private let today: Int32

  /// `secret` keys the pseudonyms; `values` are what the ledger holds, of which those not used
  /// within 30 days of `today` are retired.
  package init(options: LabelOptions, secret: [UInt8], values: [Value], today: Int32) {
    cleaner = LabelText(secret: secret)
    self.today = today
    vocabularies = Dimension.allCases.map { dimension in
      Vocabulary(
        dimension: dimension,
        limit: options.limits[dimension.text] ?? LabelOptions.defaultLimit)
    }
    for value in values {
      vocabularies[value.dimension.rawValue].restore(
        value.text, id: value.id, lastUsed: value.lastUsed,
        isRetired: isStale(value))
    }
  }

  /// Takes over values that another process added to the ledger; known ones stay as they are.
  ///
  /// Values of the past, which an import adds, take no room from those in use.
  mutating func adopt(_ values: [Value]) {
    for value in values {
      vocabularies[value.dimension.rawValue].adopt(
        value.text, id: value.id, isRetired: isStale(value))
    }
  }

  private func isStale(_ value: Value) -> Bool {
    value.lastUsed < today - Self.retireAfterDays
  }

  /// The id of `raw` among the values of `dimension`, admitted if there is room.
  mutating func id(_ dimension: Dimension, _ raw: UnsafeRawBufferPointer, day: Int32) -> UInt32 {
    vocabularies[dimension.rawValue].id(raw, day: day, with: cleaner)
  }

  /// The id of `raw` if it was admitted before, else `other`.
  mutating func knownID(_ dimension: Dimension, _ raw: UnsafeRawBufferPointer, day: Int32) -> UInt32
  {
    vocabularies[dimension.rawValue].knownID(raw, day: day, with: cleaner)
  }

  /// What `raw` reads as in a row of its own, where nothing bounds the number of values.
  package func cleaned(_ dimension: Dimension, _ raw: UnsafeRawBufferPointer) -> String? {
    cleaner.clean(raw, for: dimension)
  }

  /// What a text reads as under a label, such as `h:` and digits for an address; for those who do
  /// not hold the values.
  package var reading: @Sendable (Dimension, String) -> String {
    let cleaner = cleaner
    return { dimension, text in
      var text = text
      return text.withUTF8 { cleaner.clean(UnsafeRawBufferPointer($0), for: dimension) } ?? "none"
    }
  }

  /// The text of a label's value.
  package func text(_ label: Label, _ id: UInt32) -> String {
    guard let dimension = Dimension(label) else { return ClosedLabel.text(label, id) }
    return text(dimension, id)
  }

  /// The text of a dimension's value.
  package func text(_ dimension: Dimension, _ id: UInt32) -> String {
    let texts = vocabularies[dimension.rawValue].texts
    return texts.indices.contains(Int(id)) ? texts[Int(id)] : "other"
  }

  /// The ids of a dimension's values, `none` and `other` among them, whose text fulfils `condition`.
  package func ids(
    _ dimension: Dimension, where condition: (String) -> Bool
  ) -> [UInt32] {
    vocabularies[dimension.rawValue].texts.enumerated().compactMap { id, text in
      condition(text) ? UInt32(id) : nil
    }
  }

  /// Whether there are values that the ledger does not hold yet.
  package var hasAdded: Bool { vocabularies.contains { !$0.added.isEmpty } }

  /// Values to write to the ledger: new ones, and those used for the first time today.
  package var changedValues: [Value] {
    vocabularies.flatMap { vocabulary in
      Set(vocabulary.added).union(vocabulary.used).sorted().map { id in
        Value(
          dimension: vocabulary.dimension, id: id, text: vocabulary.texts[Int(id)],
          lastUsed: vocabulary.lastUsed[Int(id)])
      }
    }
  }

  package mutating func markWritten() {
    for index in vocabularies.indices { vocabularies[index].markWritten() }
  }

  /// Calls `body` for each dimension with how often its values were folded since the last call.
  mutating func takeFolded(_ body: (Dimension, Int64) -> Void) {
    for index in vocabularies.indices where vocabularies[index].folded > 0 {
      body(vocabularies[index].dimension, vocabularies[index].takeFolded())
    }
  }

  /// Whether a value came back whose sums are only in the ledger.
  package var hasReturned: Bool { vocabularies.contains(where: \.hasReturned) }

  /// Whether a series with this key belongs to a retired value.
  package func isRetired(_ key: SeriesKey, labels: [Label]) -> Bool {
    labels.enumerated().contains { place, label in
      guard let dimension = Dimension(label), key[place] > Vocabulary.other else { return false }
      return vocabularies[dimension.rawValue].isRetired(key[place])
    }
  }
}

/// Labels whose values are lists in code; their ids begin at 2, after `none` and `other`.
enum ClosedLabel {
  static let success: UInt32 = 2
  static let cancelled: UInt32 = 3
  static let input: UInt32 = 2
  static let output: UInt32 = 3
  static let cacheRead: UInt32 = 4
  static let cacheWrite: UInt32 = 5
  static let reasoning: UInt32 = 6
  static let requests: UInt32 = 2
  static let tokens: UInt32 = 3

  static func status(_ outcome: Outcome) -> UInt32 { UInt32(outcome.rawValue) + 2 }
  static func reason(_ reason: Reason) -> UInt32 { UInt32(reason.rawValue) + 2 }
  static func result(_ reason: Reason) -> UInt32 { UInt32(reason.rawValue) + 4 }
  static func fault(_ reason: Reason) -> UInt32 {
    UInt32(Fault.allCases.firstIndex(of: reason.fault) ?? 0) + 2
  }
  /// Reasons for which a line was rejected share the label `reason`, far behind the others.
  static func rejection(_ rejection: Rejection) -> UInt32 { UInt32(rejection.index) + 1000 }

  /// Likewise what became of notifications, of the label `result`.
  static func notification(_ result: NotificationResult) -> UInt32 { UInt32(result.index) + 1000 }

  static func level(_ level: HealthLevel) -> UInt32 { UInt32(level.rawValue) + 2 }

  static func dimension(_ dimension: Dimension) -> UInt32 { UInt32(dimension.rawValue) + 2 }

  static func text(_ label: Label, _ id: UInt32) -> String {
    if id < 2 { return id == 0 ? "none" : "other" }
    if label == .reason, id >= 1000 { return Rejection.allCases[Int(id) - 1000].rawValue }
    if label == .result, id >= 1000 { return NotificationResult.allCases[Int(id) - 1000].rawValue }
    let values = values(of: label)
    return values.indices.contains(Int(id) - 2) ? values[Int(id) - 2] : "other"
  }

  private static func values(of label: Label) -> [String] {
    switch label {
    case .status: statuses
    case .type: types
    case .result: results
    case .reason: reasons
    case .fault: faults
    case .kind: kinds
    case .label: dimensions
    case .state, .to: levels
    default: []
    }
  }

  private static let statuses = Outcome.allCases.map(\.name)
  private static let types = ["input", "output", "cache_read", "cache_write", "reasoning"]
  private static let reasons = Reason.allCases.map(\.name)
  private static let results = ["success", "cancelled"] + reasons
  private static let faults = Fault.allCases.map(\.rawValue)
  private static let levels = HealthLevel.allCases.map(\.name)
  private static let kinds = ["requests", "tokens"]
  private static let dimensions = Dimension.allCases.map(\.text)
}
