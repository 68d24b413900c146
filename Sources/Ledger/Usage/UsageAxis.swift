import Record
import Tally

/// A label's ids, as rows hold them, and what they stand for.
struct UsageAxis {
  let label: UsageLabel
  /// By id, in the answer.
  private var texts: [String]
  /// From ids of rows to those of the answer, where several share one.
  private var numbers: [UInt32]?

  init(
    _ label: UsageLabel, of extras: ExtraLabels, in store: some UsageStore
  ) throws(LedgerError) {
    self.label = label
    switch label {
    case .status: texts = ["none", "other"] + Outcome.allCases.map(\.name)
    case .reason: texts = ["none", "other"] + Reason.allCases.map(\.name)
    default: texts = try label.dimension.map(Self.texts(store)) ?? []
    }
    if case .extra(let name) = label { split(name, of: extras) }
  }

  /// Takes one label's values out of those of all extra labels.
  private mutating func split(_ name: String, of extras: ExtraLabels) {
    var values: [String] = []
    var places: [String: UInt32] = [:]
    numbers = texts.map { text in
      let value = extras.value(of: name, in: text)
      if let place = places[value] { return place }
      places[value] = UInt32(values.count)
      values.append(value)
      return UInt32(values.count - 1)
    }
    texts = values
  }

  /// The answer's id of a row's.
  func number(_ id: UInt32) -> UInt32 {
    guard let numbers else { return id }
    return numbers.indices.contains(Int(id)) ? numbers[Int(id)] : .max
  }

  func text(_ number: UInt32) -> String {
    texts.indices.contains(Int(number)) ? texts[Int(number)] : "other"
  }

  /// The ids in rows that stand for one of `values`.
  func ids(of values: Set<String>) -> [UInt32] {
    let ids = numbers?.indices ?? texts.indices
    return ids.map(UInt32.init).filter { values.contains(text(number($0))) }
  }
}

extension UsageAxis {
  /// More values of a label than the ledger's ids may tell apart are not asked for.
  private static let mostIDs = 1 << 24

  /// A vocabulary's values by id.
  private static func texts(
    _ store: some UsageStore
  ) -> (Dimension) throws(LedgerError) -> [String] {
    { dimension throws(LedgerError) in
      var texts = ["none", "other"]
      for (id, text) in try store.values(of: dimension) {
        guard id > 1, id < mostIDs else { continue }
        texts.append(contentsOf: repeatElement("other", count: max(0, id + 1 - texts.count)))
        texts[id] = text
      }
      return texts
    }
  }
}
