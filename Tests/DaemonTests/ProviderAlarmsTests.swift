import Health
import Notify
import Record
import Support
import TestSupport
import Testing

@testable import Daemon

@Suite struct ProviderAlarmsTests {
  private let noon = ManualClock().now

  private func subject(
    _ level: HealthLevel, since: TimeSpan, provider: String = "openai"
  ) -> ProviderAlarms.Subject {
    ProviderAlarms.Subject(
      provider: provider, level: level, since: noon + since, errorRatio: 0.75, reason: .overloaded)
  }

  private func kinds(
    _ alarms: inout ProviderAlarms, _ subject: ProviderAlarms.Subject, at age: TimeSpan
  ) -> [Notification.Kind] {
    let isDue = alarms.isDue([subject], now: noon + age)
    let told = alarms.judge([subject], instance: "i", now: noon + age)
    #expect(isDue == !told.isEmpty)
    #expect(!alarms.isDue([subject], now: noon + age))
    return told.map(\.kind)
  }

  @Test("a level is told once it has held, and once")
  func holds() {
    var alarms = ProviderAlarms(told: [:], hold: .seconds(60))
    let down = subject(.unhealthy, since: .seconds(0))
    #expect(kinds(&alarms, down, at: .seconds(59)) == [])
    #expect(kinds(&alarms, down, at: .seconds(60)) == [.providerUnhealthy])
    #expect(kinds(&alarms, down, at: .hours(5)) == [])
    let up = subject(.healthy, since: .hours(6))
    #expect(kinds(&alarms, up, at: .hours(6)) == [])
    #expect(kinds(&alarms, up, at: .hours(6) + .seconds(60)) == [.providerRecovered])
    #expect(alarms.told.isEmpty)
    #expect(kinds(&alarms, up, at: .hours(9)) == [])
  }

  @Test("a level that comes and goes is not told")
  func flapping() {
    var alarms = ProviderAlarms(told: [:], hold: .seconds(60))
    for minute in 0..<100 {
      let start = TimeSpan.minutes(Int64(minute))
      let level: HealthLevel = minute % 2 == 0 ? .unhealthy : .healthy
      #expect(kinds(&alarms, subject(level, since: start), at: start + .seconds(59)) == [])
    }
  }

  @Test("what was told is known after a restart; without knowledge nothing has recovered")
  func restart() {
    var alarms = ProviderAlarms(told: ["openai": noon], hold: .seconds(0))
    #expect(kinds(&alarms, subject(.unhealthy, since: .seconds(0)), at: .seconds(1)) == [])
    #expect(kinds(&alarms, subject(.degraded, since: .seconds(2)), at: .hours(1)) == [])
    #expect(kinds(&alarms, subject(.unknown, since: .seconds(2)), at: .hours(1)) == [])
    #expect(alarms.told == ["openai": noon])
    #expect(
      kinds(&alarms, subject(.healthy, since: .hours(1)), at: .hours(1)) == [.providerRecovered])
  }

  @Test("ids differ by provider, level and time, and are the same for the same")
  func ids() {
    func id(_ level: HealthLevel, _ since: TimeSpan, _ provider: String) -> String? {
      let told: [String: Timestamp] = level == .healthy ? [provider: noon] : [:]
      var alarms = ProviderAlarms(told: told, hold: .seconds(0))
      return alarms.judge(
        [subject(level, since: since, provider: provider)], instance: "i", now: noon + .hours(1)
      ).first?.id
    }
    let ids = [
      id(.unhealthy, .seconds(0), "openai"), id(.unhealthy, .seconds(1), "openai"),
      id(.unhealthy, .seconds(0), "azure"), id(.healthy, .seconds(0), "openai"),
    ]
    #expect(Set(ids).count == 4 && !ids.contains(nil))
    #expect(id(.unhealthy, .seconds(0), "openai") == ids[0])
  }
}
