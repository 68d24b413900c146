internal import CCrypto
import Support

extension BudgetWatch {
  /// The news of a threshold (0: the forecast) in one arm of a period.
  func crossing(
    _ scope: BudgetScope, _ threshold: Int32, arm: Int32, period: Int64, _ spent: Int64,
    in window: CalendarWindow, at now: Timestamp
  ) -> BudgetCrossing {
    let rule = rules[scope.rule]
    let length = rule.period.length
    let isSpent = rule.limit.isSpent(by: spent)
    let isForecast = threshold == BudgetState.forecast
    var crossing = BudgetCrossing(
      kind: isForecast ? .forecast : .threshold,
      id: id(of: scope, threshold, arm: arm, period: period), rule: scope.rule,
      budget: rule.name, scope: scope.name, per: rule.per,
      threshold: isForecast ? nil : threshold, limit: rule.limit, spent: spent,
      period: BudgetCrossing.Period(
        kind: rule.period.text, start: window.start, end: window.end,
        zone: rule.period.isRolling ? .utc : rule.zone),
      isLate: now >= window.end, forecast: nil, exhaustedAt: isSpent ? now : nil,
      notify: rule.notify, at: now)
    guard !rule.period.isRolling else { return crossing }
    crossing.forecast = scope.rate.forecast(
      spent: spent, at: now, end: window.end, period: length)
    if !isSpent {
      crossing.exhaustedAt = scope.rate.exhaustion(
        remaining: rule.limit.remaining(after: spent), at: now, end: window.end, period: length)
    }
    return crossing
  }

  /// 32 hex digits of a hash over what identifies a crossing. Clients choose scopes' names, so no
  /// text may end where another begins.
  private func id(
    of scope: BudgetScope, _ threshold: Int32, arm: Int32, period: Int64
  ) -> String {
    var bytes = secret
    let rule = rules[scope.rule]
    for text in [rule.identity, scope.text] {
      let utf8 = Array(text.utf8)
      withUnsafeBytes(of: UInt64(utf8.count).littleEndian) { bytes += $0 }
      bytes += utf8
    }
    for number in [period, Int64(threshold), rule.limit.amount, Int64(arm)] {
      withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }
    var digest = [UInt8](repeating: 0, count: 32)
    EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
    return digest.prefix(16).map { byte in
      String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }.joined()
  }
}
