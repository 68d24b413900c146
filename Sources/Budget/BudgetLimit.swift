import Record
import Support

/// What a budget is counted in. Never summed with another.
package enum BudgetUnit: String, Sendable, CaseIterable {
  /// Amounts are nano-dollars.
  case usd
  case requests
  case tokens

  /// An amount as a number of dollars, requests or tokens.
  package func value(_ amount: Int64) -> Double {
    self == .usd ? Double(amount) / 1e9 : Double(amount)
  }
}

/// How much may be spent.
package struct BudgetLimit: Sendable, Hashable {
  /// In the unit's smallest: nano-dollars, requests, tokens.
  package var amount: Int64
  package var unit: BudgetUnit

  /// So much of a unit.
  package init(_ amount: Int64, _ unit: BudgetUnit) {
    self.amount = amount
    self.unit = unit
  }

  /// A billion dollars, and as many nano-requests, leave room for sums of them.
  package static let largest: Int64 = 1_000_000_000_000_000_000

  /// What keeps a text from being a limit.
  package enum Problem: Error, Equatable {
    case noUnit
    case unknownUnit(String)
    case noAmount
    case tooLarge
  }

  /// Reads `10 USD`, `0.05 USD`, `500 requests` or `2M tokens`.
  package init(_ text: String) throws(Problem) {
    let words = text.split(separator: " ", omittingEmptySubsequences: true)
    guard words.count == 2 else { throw words.count == 1 ? .noUnit : .noAmount }
    guard let unit = Self.unit(words[1]) else { throw .unknownUnit(String(words[1])) }
    let number = String(words[0])
    let amount = unit == .usd ? Decimal.scaled(number, digits: 9) : Quantity.count(number)
    guard let amount, amount >= 0 else {
      throw number.allSatisfy(\.isNumber) ? .tooLarge : .noAmount
    }
    guard amount <= Self.largest else { throw .tooLarge }
    self.init(amount, unit)
  }

  private static func unit(_ word: Substring) -> BudgetUnit? {
    switch word {
    case "USD", "usd": .usd
    case "requests", "request": .requests
    case "tokens", "token": .tokens
    default: nil
    }
  }

  /// Reads back as what it is.
  package var text: String { unit.text(amount) }

  /// Whether `spent` is `percent` of the limit. Of nothing, anything is.
  package func isReached(by spent: Int64, percent: Int32) -> Bool {
    guard amount > 0 else { return spent > 0 }
    return Int128(spent) * 100 >= Int128(amount) * Int128(percent)
  }

  /// The least spend that is `percent` of the limit.
  func level(of percent: Int32) -> Int64 {
    guard amount > 0 else { return 1 }
    return Int64(clamping: (Int128(amount) * Int128(percent) + 99) / 100)
  }

  /// Whether `spent` is so far below `percent` that the threshold may be crossed anew: by 5 points,
  /// or by half of a threshold under 10.
  func isFarBelow(_ percent: Int32, spent: Int64) -> Bool {
    guard amount > 0 else { return spent <= 0 }
    return Int128(spent) * 200 < Int128(amount) * Int128(max(2 * percent - 10, percent))
  }

  /// Whether nothing is left.
  package func isSpent(by spent: Int64) -> Bool { isReached(by: spent, percent: 100) }

  /// What is left, not below nothing.
  package func remaining(after spent: Int64) -> Int64 {
    spent < amount ? amount - max(0, spent) : 0
  }
}

extension BudgetUnit {
  /// An amount exactly, with its unit: `12.5 USD`, `500 requests`.
  package func text(_ amount: Int64) -> String { "\(number(amount)) \(word)" }

  /// `USD`, `requests`, `tokens`.
  package var word: String { self == .usd ? "USD" : rawValue }

  /// An amount exactly, as a decimal number: `12.5`, `500`.
  package func number(_ amount: Int64) -> String {
    guard self == .usd else { return "\(amount)" }
    let magnitude = amount.magnitude
    var text = "\(amount < 0 ? "-" : "")\(magnitude / 1_000_000_000)"
    var fraction = magnitude % 1_000_000_000
    guard fraction > 0 else { return text }
    var digits = 9
    while fraction % 10 == 0 {
      fraction /= 10
      digits -= 1
    }
    let shown = String(fraction)
    text += "." + String(repeating: "0", count: digits - shown.count) + shown
    return text
  }
}
