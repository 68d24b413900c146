import Support

/// What programs read: the body of a webhook.
extension Notification {
  /// One JSON object; the same for as long as the notification is.
  var json: JSONValue {
    .object([
      "type": .text(kind.rawValue), "timestamp": .text(CivilTime(time).rfc3339), "data": data,
    ])
  }

  private var data: JSONValue {
    switch content {
    case .thresholdCrossed(let notice, let percent):
      notice.json(threshold: percent, instance: instance)
    case .forecastExceeded(let notice): notice.json(threshold: nil, instance: instance)
    case .providerUnhealthy(let notice), .providerRecovered(let notice):
      .object([
        "provider": .text(notice.provider), "state": .text(notice.state),
        "previous": .text(notice.previous), "since": .text(CivilTime(notice.since).rfc3339),
        "error_ratio": notice.errorRatio.map(JSONValue.number) ?? .null,
        "reason": notice.reason.isEmpty ? .null : .text(notice.reason),
        "sidelight": .text(instance),
      ])
    case .test: .object(["sidelight": .text(instance)])
    }
  }
}

extension BudgetNotice {
  fileprivate func json(threshold: Int?, instance: String) -> JSONValue {
    .object([
      "budget": .text(budget), "scope": .text(scope),
      "threshold_percent": threshold.map { .integer(Int64($0)) },
      "limit": amount(limit), "spent": amount(spent), "unit": .text(unit.rawValue),
      "used_percent": usedPercent.map { .number(($0 * 100).rounded() / 100) } ?? .null,
      "period": .object([
        "kind": .text(period.kind), "start": .text(period.start.civil.rfc3339),
        "end": .text(period.end.civil.rfc3339), "timezone": .text(period.timezone),
      ]),
      "late": .flag(isLate), "forecast": forecast.map(amount) ?? .null,
      "exhausted_at": .optional(exhausted?.civil.rfc3339),
      "top": .list(
        top.map { share in
          .object([
            "provider": .text(share.provider), "model": .text(share.model),
            "spent": amount(share.spent),
          ])
        }),
      "sidelight": .text(instance),
    ])
  }

  private func amount(_ value: Int64) -> JSONValue {
    .fixed(digits: value, decimals: unit.decimals)
  }
}
