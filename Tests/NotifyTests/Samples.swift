import HTTP
import Support

@testable import Notify

/// 2026-11-21T12:00:00Z.
let noon = Timestamp(microseconds: 1_795_262_400_000_000)

/// Names that try to be more than names.
let hostileNames = [
  "", " ", "@channel", "<!channel>", "<@U024BE7LH>", "&amp;<b>", "*bold* _it_ ~no~ `code`",
  "```", "/start@bot #tag https://evil.example", "[x](tg://user?id=1)", "a\nb\r\n\u{2028}c",
  "\u{202E}evil\u{202C}", "\u{1F469}\u{200D}\u{1F469}\u{200D}\u{1F466}", "\u{0}\u{7}\u{1B}[31m",
  String(repeating: "\u{1F600}", count: 5000), String(repeating: "&", count: 100_000),
  String(repeating: "`", count: 300), "Zalgo" + String(repeating: "\u{0301}", count: 3000),
  "\"}],\"chat_id\":1", "{{.}}", "x: ` *",
]

func budgetNotice(
  budget: String = "daily", scope: String = "svc-2", per: String? = "key", model: String = "gpt-4o",
  unit: BudgetNotice.Unit = .usd, limit: Int64 = 10_000_000_000, spent: Int64 = 8_130_000_000
) -> BudgetNotice {
  let hour = TimeSpan.hours(1)
  var notice = BudgetNotice(
    budget: budget, scope: scope, per: per, unit: unit, limit: limit, spent: spent,
    period: BudgetNotice.Period(
      kind: "day", start: ZonedTime(noon - .hours(13), offset: hour),
      end: ZonedTime(noon + .hours(11), offset: hour), timezone: "Europe/Berlin"))
  notice.top = [
    .init(provider: "openai", model: model, spent: spent / 2),
    .init(provider: "anthropic", model: "claude-sonnet-4-5-20250929", spent: spent / 4),
  ]
  notice.forecast = 12_400_000_000
  notice.exhausted = ZonedTime(noon + .hours(3), offset: hour)
  return notice
}

func notification(_ content: Notification.Content, id: String = "ntf_1") -> Notification {
  Notification(id: id, time: noon, instance: "proxy-1", content: content)
}

let threshold = notification(.thresholdCrossed(budgetNotice(), percent: 80))
let unhealthy = notification(
  .providerUnhealthy(
    ProviderNotice(
      provider: "openai", state: "unhealthy", previous: "degraded", since: noon - .minutes(2),
      errorRatio: 0.625, reason: "overloaded")))
let recovered = notification(
  .providerRecovered(
    ProviderNotice(
      provider: "openai", state: "healthy", previous: "unhealthy", since: noon)))

/// Every kind, with `name` wherever somebody else chooses one.
func everything(named name: String) -> [Notification] {
  var notice = budgetNotice(budget: name, scope: name, per: "user", model: name)
  notice.top = Array(repeating: .init(provider: name, model: name, spent: .max), count: 10)
  notice.period.timezone = name
  let provider = ProviderNotice(
    provider: name, state: "unhealthy", previous: name, since: noon, errorRatio: 1, reason: name)
  var all = [
    notification(.thresholdCrossed(notice, percent: 100)), notification(.forecastExceeded(notice)),
    notification(.providerUnhealthy(provider)), notification(.providerRecovered(provider)),
    notification(.test),
  ]
  for index in all.indices { all[index].instance = name }
  return all
}

extension ClientRequest {
  var text: String { String(decoding: body, as: UTF8.self) }
}

extension ClientResponse {
  init(_ status: Int, _ body: String, headers: HTTPHeaders = [:]) {
    self.init(status: status, headers: headers, body: Array(body.utf8))
  }
}

extension String {
  /// Whether something in it could move a terminal's cursor or turn the reading direction.
  var disturbs: Bool { unicodeScalars.contains { $0.disturbsTerminals } }
}
