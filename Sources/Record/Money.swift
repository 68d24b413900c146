/// An amount in nano-dollars (10⁻⁹ USD). Integers, because sums must be exact.
package struct Money: Hashable, Comparable, Sendable {
  /// The amount.
  package var nanodollars: Int64

  /// Wraps an amount in nano-dollars.
  package init(nanodollars: Int64) { self.nanodollars = nanodollars }

  /// Nothing.
  package static let zero = Money(nanodollars: 0)

  /// No request costs more than a million dollars; what claims to is a broken line.
  package static let largest = Money(nanodollars: 1_000_000 * 1_000_000_000)

  package static func < (left: Money, right: Money) -> Bool {
    left.nanodollars < right.nanodollars
  }

  package static func + (left: Money, right: Money) -> Money {
    Money(nanodollars: left.nanodollars + right.nanodollars)
  }
}
