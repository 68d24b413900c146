import Budget
import Support

extension BudgetRule {
  static let section = Section(
    blank: BudgetRule(),
    keys: [
      Key(
        "name", budgetName, \.name, fallback: "required",
        "What metrics, messages and the gate call it; letters, digits, `-`, `_` and `.`."),
      Key(
        "limit", limitKind, \.limit, fallback: "required",
        "How much may be spent: `10 USD`, `500 requests` or `2M tokens`; `0 USD` allows nothing"
          + " that costs."),
      Key(
        "period", periodKind, \.period,
        "One `minute`, `hour`, `day`, `week` (from Monday), `month`, or `{rolling: 24h}` (1h to 30d)."
      ),
      Key(
        "timezone", zoneKind, \.zone,
        "Whose calendar it is, by its IANA name such as `Europe/Berlin`."),
      Key(
        "thresholds", thresholdsKind, \.thresholds,
        "Percentages of the limit that are told when spend first reaches them; 100 is not the"
          + " highest."),
      Key(
        "match", matchKind, \.match,
        "What it holds for: labels, also those of `labels.extra`, and the values that they may"
          + " have, with `*` and `?`; nothing is all spend."),
      Key(
        optional: "per", perKind, \.per,
        "One budget for each value: `key`, `team`, `user`, `end_user`, `provider`, `model`,"
          + " `route`, `tag`."),
      Key(
        "notify", .list(receiver, expected: "a list such as [ops-telegram]"), \.notify,
        "The receivers that are told."),
      Key(
        "forecast", .flag, \.forecast,
        "Also tell when the projected spend of the period first exceeds the limit."),
      Key(
        "gate_on_error", .choice(), \.gateOnError,
        "What the gate answers while the ledger cannot be written."),
    ],
    check: check)

  private static func check(
    _ rule: BudgetRule, _ mapping: Mapping, _ decoder: inout ConfigDecoder
  ) {
    for name in ["name", "limit"] where mapping[name] == nil {
      decoder.complain(mapping.mark, "\(mapping.path): \(name) is missing")
    }
    guard rule.period.isRolling else { return }
    if rule.zone != .utc, let field = mapping["timezone"] {
      decoder.complain(field, "given for a rolling window, which has no calendar")
    }
    if rule.forecast, let field = mapping["forecast"] {
      decoder.complain(field, "given for a rolling window, which has no end to look ahead to")
    }
  }

  private static let budgetName = Kind<String>.scalar(
    "name", expected: "a name such as daily", show: { .text($0) }
  ) { text, _ throws(Complaint) in
    guard text.isPlainName else {
      throw Complaint("\(text.quoted) is no name (letters, digits, -, _ and ., 64 at most)")
    }
    return text
  }

  private static let limitKind = Kind<BudgetLimit>.scalar(
    "limit", expected: "a limit such as 10 USD, 500 requests or 2M tokens",
    show: { .text($0.text) }
  ) { text, _ throws(Complaint) in
    do throws(BudgetLimit.Problem) { return try BudgetLimit(text) } catch {
      switch error {
      case .noUnit:
        throw Complaint(
          "\(text.quoted) has no unit, expected USD, requests or tokens, such as \"10 USD\"")
      case .unknownUnit(let unit):
        let hint = Suggestion.hint(for: unit, in: ["USD", "requests", "tokens"])
        throw Complaint(
          "the unit \(unit.quoted) is not known, expected USD, requests or tokens\(hint)")
      case .tooLarge: throw Complaint("\(text) is too large, at most 10^9 USD, or 10^18 of others")
      case .noAmount: return nil
      }
    }
  }

  private static let zoneKind = Kind<ZoneInfo>.scalar(
    "time zone", expected: "a time zone such as Europe/Berlin", show: { .text($0.name) }
  ) { text, _ throws(Complaint) in
    do throws(ZoneInfo.Problem) { return try ZoneInfo(text) } catch {
      switch error {
      case .unknown:
        throw Complaint(
          "the time zone \(text.quoted) is not known, expected a name such as Europe/Berlin or UTC")
      case .noDatabase:
        throw Complaint("there is no time zone database, install tzdata or use UTC")
      }
    }
  }

  private static let periodKind = Kind<BudgetPeriod>(
    name: "period",
    read: { field, decoder in
      if case .mapping = field.node.content {
        var window = RollingWindow()
        RollingWindow.section.read(field, into: &window, &decoder)
        return window.rolling.map(BudgetPeriod.rolling)
      }
      let words = CalendarUnit.allCases.map(\.rawValue)
      let expected = "one of \(words.joined(separator: ", ")), or {rolling: 24h}"
      guard let text = decoder.text(field, expected: expected) else { return nil }
      if let unit = CalendarUnit(rawValue: text) { return .calendar(unit) }
      let hint = Suggestion.hint(for: text, in: words)
      decoder.complain(field, "expected \(expected), got \(text.quoted)\(hint)")
      return nil
    },
    show: { period in
      switch period {
      case .calendar(let unit): .text(unit.rawValue)
      case .rolling(let length):
        .mapping([.init(key: "rolling", value: .text(Quantity.text(length)))])
      }
    })

  private struct RollingWindow: Equatable, Sendable {
    var rolling: TimeSpan?

    static let section = Section(
      blank: RollingWindow(),
      keys: [
        Key(
          optional: "rolling",
          .duration(
            BudgetPeriod.rollingLengths, "it slides in steps of a sixtieth, a minute at least"),
          \.rolling, "")
      ],
      check: { window, mapping, decoder in
        if mapping["rolling"] == nil {
          decoder.complain(mapping.mark, "\(mapping.path): rolling is missing")
        }
      })
  }

  private static let thresholdsKind = Kind<[Int32]>(
    name: "list of percentages",
    read: { field, decoder in
      guard case .sequence(let nodes) = field.node.content else {
        decoder.mismatch(field, expected: "a list such as [50, 80, 100]")
        return nil
      }
      let percent = Kind<Int32>.count(
        1...BudgetRule.largestThreshold, "it is a percentage of the limit")
      var thresholds: [Int32] = []
      for (index, node) in nodes.enumerated() {
        let item = Field(node: node, path: "\(field.path)[\(index)]")
        guard let value = percent.read(item, &decoder) else { continue }
        if let last = thresholds.last, value <= last {
          decoder.complain(item, "\(value) comes after \(last), thresholds have to ascend")
        }
        thresholds.append(value)
      }
      return thresholds
    },
    show: { .list($0.map { .number(Int64($0)) }) })

  private static let perKind = Kind<BudgetAttribute>.scalar(
    "label", expected: "one of \(BudgetAttribute.scopes.map(\.text).joined(separator: ", "))",
    show: { .text($0.text) }
  ) { text, _ throws(Complaint) in
    if let known = BudgetAttribute.scopes.first(where: { $0.text == text }) { return known }
    let names = BudgetAttribute.scopes.map(\.text)
    throw Complaint(
      "expected one of \(names.joined(separator: ", ")), got \(text.quoted)"
        + Suggestion.hint(for: text, in: names))
  }

  private static let receiver = Kind<String>.text(
    "name", expected: "the name of a receiver", limit: 64)
}

extension String {
  /// Letters, digits and a few signs that need no quotes or escapes anywhere; 64 at most.
  var isPlainName: Bool {
    let isPlain = utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
      case UInt8(ascii: "0")...UInt8(ascii: "9"): true
      default: "-_.".utf8.contains($0)
      }
    }
    return isPlain && !isEmpty && utf8.count <= 64
  }
}
