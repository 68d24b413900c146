import Support

/// A notification for people: short lines, in which what somebody else named is marked as such.
///
/// Receivers render it each in its own way: they may dress the words, and must take care that names
/// do nothing but be read.
struct Message: Equatable {
  enum Span: Equatable {
    case plain(String)
    case strong(String)
    /// A name that a client, a provider or an operator chose.
    case name(String)
  }

  var lines: [[Span]] = []

  init(_ notification: Notification) {
    switch notification.content {
    case .thresholdCrossed(let notice, let percent):
      lines.append(Self.title(notice, " has reached \(percent) %"))
      lines += Self.details(notice)
    case .forecastExceeded(let notice):
      lines.append(Self.title(notice, " is going to exceed its limit"))
      lines += Self.details(notice)
    case .providerUnhealthy(let notice):
      lines.append([.strong("Provider "), .name(notice.provider), .strong(" is unhealthy")])
      lines.append(Self.evidence(notice))
    case .providerRecovered(let notice):
      let state = notice.state == "healthy" ? "healthy again" : "\(notice.state) now"
      lines.append([.strong("Provider "), .name(notice.provider), .strong(" is \(state)")])
      lines.append(Self.evidence(notice))
    case .test:
      lines.append([.strong("A test message from Sidelight")])
      lines.append([.plain("This receiver works: budgets and providers can be told of here.")])
    }
    lines.append([.plain("Sidelight "), .name(notification.instance)])
  }

  /// As plain text, for what has no markup.
  var text: String {
    lines.map { $0.map(\.text).joined() }.joined(separator: "\n")
  }

  /// The first line, for what has a summary.
  var title: String { lines.first.map { $0.map(\.text).joined() } ?? "" }
}

extension Notification {
  /// What it says in one line.
  package var title: String { Message(self).title }
}

extension Message.Span {
  /// Longer names are cut.
  static let longestName = 64

  /// What is shown; of a name nothing that moves the cursor or turns the reading direction.
  var text: String {
    switch self {
    case .plain(let text), .strong(let text): return text
    case .name(let name):
      let scalars = name.printable.unicodeScalars
      if scalars.allSatisfy(\.properties.isWhitespace) { return "(no name)" }
      guard scalars.count > Self.longestName else { return String(scalars) }
      return String(String.UnicodeScalarView(scalars.prefix(Self.longestName))) + "…"
    }
  }
}

extension Message {
  private static func title(_ notice: BudgetNotice, _ predicate: String) -> [Span] {
    var spans: [Span] = [.strong("Budget "), .name(notice.budget)]
    if let per = notice.per { spans += [.strong(" of \(per) "), .name(notice.scope)] }
    return spans + [.strong(predicate)]
  }

  private static func details(_ notice: BudgetNotice) -> [[Span]] {
    var lines = [[Span.plain(used(notice))]]
    if !notice.top.isEmpty {
      var spans = [Span.plain("Most by ")]
      for (index, share) in notice.top.prefix(3).enumerated() {
        if index > 0 { spans.append(.plain(", ")) }
        spans += [.name(share.provider), .plain(" "), .name(share.model)]
        spans.append(.plain(" (\(notice.unit.text(share.spent)))"))
      }
      lines.append(spans)
    }
    if let outlook = outlook(notice) { lines.append([.plain(outlook)]) }
    lines.append(period(notice))
    return lines
  }

  private static func used(_ notice: BudgetNotice) -> String {
    let spent = notice.unit.text(notice.spent)
    guard let percent = notice.usedPercent else { return "\(spent) spent where nothing may be" }
    let tenths = Int64(min(percent * 10, 1e15).rounded())
    let shown = JSONValue.decimal(tenths, decimals: 1)
    return "\(spent) of \(notice.unit.text(notice.limit)) (\(shown) %)"
  }

  private static func outlook(_ notice: BudgetNotice) -> String? {
    let end = notice.exhausted.map { time in
      let isOver = notice.spent >= notice.limit
      return (isOver ? "The limit was reached at " : "It runs out at ") + time.civil.minuteText
    }
    guard let forecast = notice.forecast else { return end }
    let text = "Forecast: \(notice.unit.text(forecast)) by the end of the period"
    return end.map { "\(text). \($0)" } ?? text
  }

  private static func period(_ notice: BudgetNotice) -> [Span] {
    let period = notice.period
    let zone = Span.name(period.timezone)
    let (start, end) = (period.start.civil.minuteText, period.end.civil.minuteText)
    if period.kind.hasPrefix("rolling") {
      return [.plain("Counted from \(start) to \(end) "), zone]
    }
    let verb = notice.isLate ? "ended" : "ends"
    let spans: [Span] = [.plain("The \(period.kind) \(verb) at \(end) "), zone]
    return spans + (notice.isLate ? [.plain("; this was found after its end")] : [])
  }

  private static func evidence(_ notice: ProviderNotice) -> [Span] {
    let since = CivilTime(notice.since).minuteText
    var spans: [Span] = [.plain("Since \(since) UTC; it was "), .name(notice.previous)]
    guard let ratio = notice.errorRatio else { return spans }
    let percent = Int((min(max(ratio, 0), 1) * 100).rounded())
    spans.append(.plain(". \(percent) % of its attempts fail"))
    if !notice.reason.isEmpty { spans += [.plain(", most with "), .name(notice.reason)] }
    return spans
  }
}

extension BudgetNotice.Unit {
  /// An amount for people, such as `8.13 USD` or `1,200 requests`; four decimals at most where
  /// they do not hide it all.
  func text(_ amount: Int64) -> String {
    guard self == .usd else { return "\(Self.grouped(amount)) \(rawValue)" }
    let (cents, rest) = amount.quotientAndRemainder(dividingBy: 100_000)
    let rounded = cents + (abs(rest) >= 50_000 ? amount.signum() : 0)
    let shown =
      rounded == 0
      ? JSONValue.decimal(amount, decimals: 9) : JSONValue.decimal(rounded, decimals: 4)
    return "\(shown) USD"
  }

  private static func grouped(_ number: Int64) -> String {
    var text = ""
    let digits = String(number.magnitude)
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return (number < 0 ? "-" : "") + text
  }
}
