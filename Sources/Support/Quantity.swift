/// Durations, sizes and counts as people write them; all arithmetic is exact.
package enum Quantity {
  /// Reads `2m`, `1h30m`, `1.5h`, `400d`, `50ms` or `0`; units y (365 days) w d h m s ms us.
  ///
  /// Units must descend; a fraction is only allowed in the last term, and only down to whole
  /// microseconds. Anything else is nil.
  package static func duration(_ text: String) -> TimeSpan? {
    if text == "0" { return TimeSpan(microseconds: 0) }
    guard let terms = terms(of: text) else { return nil }
    var total: Int64 = 0
    var lastUnit = Int64.max
    for (index, term) in terms.enumerated() {
      guard let unit = timeUnits.first(where: { $0.names.contains(term.unit) })?.size,
        unit < lastUnit, term.decimals == 0 || index == terms.count - 1,
        let amount = term.times(unit)
      else { return nil }
      let (sum, overflow) = total.addingReportingOverflow(amount)
      if overflow { return nil }
      total = sum
      lastUnit = unit
    }
    return TimeSpan(microseconds: total)
  }

  /// Reads `256MiB`, `1.5GiB`, `10kB` or a plain number of bytes; `256M` is nil, since some take it
  /// for 10⁶ and others for 2²⁰.
  package static func bytes(_ text: String) -> Int64? { single(text, sizeUnits) }

  /// Reads `500`, `10k`, `2M` or `1.5G` as a whole number.
  package static func count(_ text: String) -> Int64? { single(text, countUnits) }

  /// The shortest text that `duration` reads back as `span`, such as `2m`, `90m` or `400d`.
  package static func text(_ span: TimeSpan) -> String {
    if span.microseconds == 0 { return "0s" }
    let written = timeUnits.filter { !["y", "w"].contains($0.names[0]) }
    return largest(of: written, for: span.microseconds)
  }

  /// The shortest text that `bytes` reads back as `count`, such as `256MiB` or `1000B`.
  package static func text(bytes count: Int64) -> String {
    largest(of: sizeUnits.filter { $0.size % 1000 != 0 }, for: count)
  }

  private struct Unit: Sendable {
    let names: [String]
    let size: Int64
  }

  private static let timeUnits = [
    Unit(names: ["y"], size: 365 * 86_400_000_000),
    Unit(names: ["w"], size: 7 * 86_400_000_000),
    Unit(names: ["d"], size: 86_400_000_000),
    Unit(names: ["h"], size: 3_600_000_000),
    Unit(names: ["m"], size: 60_000_000),
    Unit(names: ["s"], size: 1_000_000),
    Unit(names: ["ms"], size: 1000),
    Unit(names: ["us", "µs"], size: 1),
  ]

  private static let sizeUnits = [
    Unit(names: ["TiB"], size: 1 << 40),
    Unit(names: ["TB"], size: 1_000_000_000_000),
    Unit(names: ["GiB"], size: 1 << 30),
    Unit(names: ["GB"], size: 1_000_000_000),
    Unit(names: ["MiB"], size: 1 << 20),
    Unit(names: ["MB"], size: 1_000_000),
    Unit(names: ["KiB"], size: 1 << 10),
    Unit(names: ["kB", "KB"], size: 1000),
    Unit(names: ["B", ""], size: 1),
  ]

  private static let countUnits = [
    Unit(names: ["G"], size: 1_000_000_000),
    Unit(names: ["M"], size: 1_000_000),
    Unit(names: ["k", "K"], size: 1000),
    Unit(names: [""], size: 1),
  ]

  private static func single(_ text: String, _ units: [Unit]) -> Int64? {
    guard let terms = terms(of: text), terms.count == 1 else { return nil }
    return units.first { $0.names.contains(terms[0].unit) }.flatMap { terms[0].times($0.size) }
  }

  private static func largest(of units: [Unit], for amount: Int64) -> String {
    let fitting = units.first { amount != 0 && amount % $0.size == 0 } ?? units[units.count - 1]
    return "\(amount / fitting.size)\(fitting.names[0])"
  }
}

extension Quantity {
  /// A decimal number and the unit behind it: `1.5h` is digits 15, decimals 1, unit `h`.
  private struct Term {
    var digits: Int64 = 0
    var decimals = 0
    var unit = ""

    /// Nil where the product is no whole number or does not fit.
    func times(_ size: Int64) -> Int64? {
      var (product, overflow) = digits.multipliedReportingOverflow(by: size)
      if overflow { return nil }
      for _ in 0..<decimals {
        guard product % 10 == 0 else { return nil }
        product /= 10
      }
      return product
    }
  }

  private static func terms(of text: String) -> [Term]? {
    var rest = Substring(text)
    var terms: [Term] = []
    repeat {
      guard let term = nextTerm(in: &rest) else { return nil }
      terms.append(term)
    } while !rest.isEmpty
    return terms
  }

  /// Takes a number without a leading zero, at most one space, and the letters that follow.
  private static func nextTerm(in rest: inout Substring) -> Term? {
    let isDigit = { (character: Character) in ("0"..."9").contains(character) }
    let whole = rest.prefix(while: isDigit)
    guard !whole.isEmpty, whole == "0" || whole.first != "0" else { return nil }
    rest = rest.dropFirst(whole.count)
    var fraction = Substring()
    if rest.first == "." {
      fraction = rest.dropFirst().prefix(while: isDigit)
      guard !fraction.isEmpty else { return nil }
      rest = rest.dropFirst(fraction.count + 1)
    }
    if rest.first == " " { rest = rest.dropFirst() }
    let unit = rest.prefix { !isDigit($0) }
    rest = rest.dropFirst(unit.count)
    guard let digits = Int64(whole + fraction) else { return nil }
    return Term(digits: digits, decimals: fraction.count, unit: String(unit))
  }
}
