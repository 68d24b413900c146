import Health
import Support
import Testing

@testable import Config

@Suite struct HealthSectionTests {
  @Test func aProviderHasWhatItDoesNotSayFromTheOthers() throws {
    let health = try decode(
      """
      health:
        providers: {openai: {min_attempts: 20}, "a:b": {}}
        window: 30s
        unhealthy_ratio: 0.4
      """
    ).health
    #expect(health.bounds.window == .seconds(30))
    #expect(health.bounds.minAttempts == 5)
    #expect(health.bounds(of: "openai").minAttempts == 20)
    #expect(health.bounds(of: "openai").window == .seconds(30))
    #expect(health.bounds(of: "openai").unhealthyRatio == 0.4)
    #expect(health.bounds(of: "a:b") == health.bounds)
    #expect(health.bounds(of: "azure") == health.bounds)
  }

  @Test func aPowerLevelChangesOnlyWhatItSays() throws {
    let score = try decode(
      "health: {score: {power_levels: {eco: {cost: 1}, turbo: {latency: 1}}}}"
    ).health.score
    #expect(
      score.powerLevels["eco"] == .init(cost: 1, latency: 0.2, quality: 0.1, ceiling: 0.001))
    #expect(
      score.powerLevels["turbo"] == .init(cost: 0.4, latency: 1, quality: 0.2, ceiling: 0.01))
    #expect(score.powerLevels.count == 4)
  }

  @Test(arguments: [
    (
      "health: {window: 10m}",
      "1:18: health: window (10m) is longer than lookback (5m)"
    ),
    (
      "health: {lookback: 20m}",
      "1:20: health: lookback (20m) is longer than forget_after (15m)"
    ),
    (
      "health: {down_after: 6m, recover_after: 7m}",
      """
      1:22: health: down_after (6m) is longer than lookback (5m)
      1:41: health: recover_after (7m) is longer than lookback (5m)
      """
    ),
    (
      "health: {degraded_ratio: 0.6}",
      "1:26: health: degraded_ratio (0.6) is above unhealthy_ratio (0.5)"
    ),
    (
      "health: {providers: {openai: {window: 10m}}}",
      "1:39: health.providers.openai: window (10m) is longer than lookback (5m)"
    ),
    (
      "health: {unhealthy_ratio: 50%}",
      #"1:27: health.unhealthy_ratio: expected a number such as 0.5, got "50%""#
    ),
    (
      "health: {unhealthy_ratio: 1.5}",
      "1:27: health.unhealthy_ratio: 1.5 is not within 0.001 to 1: it is a share of attempts"
    ),
    (
      "health: {unhealthy_ratio: 1e-1}",
      #"1:27: health.unhealthy_ratio: expected a number such as 0.5, got "1e-1""#
    ),
    (
      "health: {providers: {openai: {windw: 1m}}}",
      #"1:31: unknown key "windw" in health.providers.openai, did you mean "window"?"#
    ),
    (
      "health: {providers: [openai]}",
      "1:21: health.providers: expected a mapping of keys to values, got a list"
    ),
    (
      "health: {score: {quality: {gpt-4o: 2}}}",
      "1:36: health.score.quality.gpt-4o: 2 is not within 0 to 1: 1 is the best"
    ),
  ])
  func mistakes(_ text: String, _ expected: String) {
    #expect(problems(text) == expected)
  }
}
