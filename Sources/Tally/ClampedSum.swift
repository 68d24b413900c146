extension Int64 {
  /// Adds, and stays at the largest number instead of overflowing: a log may say anything, and a
  /// sum that ended the process would end it at each start anew.
  package mutating func addClamped(_ amount: Int64) {
    let (sum, overflow) = addingReportingOverflow(amount)
    self = overflow ? (amount > 0 ? .max : .min) : sum
  }
}
