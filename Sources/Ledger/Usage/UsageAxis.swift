import Record
import Tally

/// A label's ids, as rows hold them, and what they stand for.
struct UsageAxis {
  let label: UsageLabel
  /// By id, in the answer.
  private var texts: [String]
  /// From ids of rows to those of the answer, where several share one.
  private var numbers: [UInt32]?

  init(_ label: UsageLabel, of extras: ExtraLabels, in database: Database) throws(LedgerError) {
    self.label = label
    switch label {
    case .status: texts = ["none", "other"] + Outcome.allCases.map(\.name)
    case .reason: texts = ["none", "other"] + Reason.allCases.map(\.name)
    default: texts = try label.dimension.map(database.texts) ?? []
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

extension Database {
  /// A vocabulary's values by id.
  fileprivate func texts(_ dimension: Dimension) throws(LedgerError) -> [String] {
    var texts = ["none", "other"]
    let rows = try prepare("SELECT id, value FROM label_value WHERE label = ? ORDER BY id")
    rows.bind(dimension.text)
    while try rows.step() {
      let id = Int(rows.integer(0))
      guard (2...1 << 24).contains(id) else { continue }
      texts.append(contentsOf: repeatElement("other", count: max(0, id + 1 - texts.count)))
      texts[id] = rows.text(1)
    }
    return texts
  }
}
