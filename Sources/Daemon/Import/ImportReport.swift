package import Record
import Support

/// What an import did, or would do.
package struct ImportReport: Sendable, Equatable {
  /// Lines that could not be used for one reason.
  package struct Rejected: Sendable, Equatable {
    package var count: Int64
    /// The first one's file and byte offset in its text; empty if no line stands for it.
    package var first: String
  }

  package var isRehearsal = false
  package var files = 0
  /// Of those, the ones that had nothing new.
  package var unchanged = 0
  /// What kept the others from being read.
  package var problems: [String] = []
  package var lines: Int64 = 0
  /// Requests that went into the ledger.
  package var requests: Int64 = 0
  /// Events that the ledger knew by their identities.
  package var duplicates: Int64 = 0
  /// Requests left out, by the UTC day that the ledger had already.
  package var skipped: [Int32: Int64] = [:]
  package var rejected: [Rejection: Rejected] = [:]

  /// Nothing yet.
  package init() {}

  mutating func add(problem: String) {
    if !problems.contains(problem) { problems.append(problem) }
  }

  /// Back to what was committed; files are told by themselves.
  mutating func restoreCounts(of other: ImportReport) {
    lines = other.lines
    requests = other.requests
    duplicates = other.duplicates
    skipped = other.skipped
    rejected = other.rejected
  }

  mutating func reject(
    _ rejection: Rejection, count: Int64 = 1, at place: @autoclosure () -> String
  ) {
    if rejected[rejection] == nil { rejected[rejection] = Rejected(count: 0, first: place()) }
    rejected[rejection]?.count += count
  }
}

extension ImportReport {
  /// Lines for a person.
  package var text: String {
    var rows: [(String, String)] = [("files", filesText), ("lines", Self.grouped(lines))]
    rows.append(
      ("requests", "\(Self.grouped(requests)) \(isRehearsal ? "would be added" : "added")"))
    if duplicates > 0 {
      rows.append(("duplicates", "\(Self.grouped(duplicates)) in the ledger already"))
    }
    if !skipped.isEmpty { rows.append(("skipped", skippedText)) }
    for rejection in Rejection.allCases {
      guard let lines = rejected[rejection] else { continue }
      let place = lines.first.isEmpty ? "" : ", first \(lines.first.printable)"
      rows.append(
        (
          "rejected",
          "\(Self.grouped(lines.count)) \(rejection.rawValue): "
            + "\(rejection.meaning)\(place)"
        ))
    }
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { name, value in
      name + String(repeating: " ", count: width - name.count + 2) + value + "\n"
    }.joined()
  }

  private var filesText: String {
    var parts = ["\(files) read"]
    if unchanged > 0 { parts[0] += ", \(unchanged) of them with nothing new" }
    if !problems.isEmpty { parts.append("\(problems.count) not readable to the end") }
    return parts.joined(separator: ", ")
  }

  private var skippedText: String {
    let days = skipped.keys.sorted()
    let names = days.count > 3 ? [days[0], days[days.count - 1]] : days
    let list = names.map(Self.date).joined(separator: days.count > 3 ? " … " : ", ")
    let noun = days.count == 1 ? "a day" : "\(days.count) days"
    return
      "\(Self.grouped(skipped.values.reduce(0, +))) of \(noun) already in the ledger (\(list));"
      + " --force adds them"
  }

  /// `1234567` → `1 234 567`.
  static func grouped(_ count: Int64) -> String {
    var digits = String(count)
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return ([digits] + groups).joined(separator: " ")
  }

  /// A day since the epoch as `2026-11-21`: Howard Hinnant's civil_from_days
  /// (https://howardhinnant.github.io/date_algorithms.html).
  static func date(_ day: Int32) -> String {
    let shifted = Int(day) + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let date = (dayOfYear - (153 * month + 2) / 5 + 1, month < 10 ? month + 3 : month - 9)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(yearOfEra + era * 400 + (date.1 <= 2 ? 1 : 0))-\(two(date.1))-\(two(date.0))"
  }
}
