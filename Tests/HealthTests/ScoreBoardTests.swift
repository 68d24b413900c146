import Record
import Support
import Testing

@testable import Health

@Suite struct ScoreBoardTests {
  private var options = HealthOptions()

  private func board(_ attempts: [HealthWatch.Attempt]) -> ScoreBoard {
    var board = ScoreBoard(options)
    for attempt in attempts {
      board.observe(attempt, now: noon, names: { ("p\($0)", "m\($1)") })
    }
    return board
  }

  private func success(
    _ model: UInt32, ago: Int64 = 5, seconds: Int64, nanodollars: Int64?, tokens: Int64 = 1000
  ) -> HealthWatch.Attempt {
    var attempt = HealthWatch.Attempt(
      provider: 2, model: model, end: noon - .seconds(ago), kind: .success)
    attempt.latency = .seconds(seconds)
    attempt.cost = nanodollars.map(Money.init(nanodollars:))
    attempt.tokens = tokens
    return attempt
  }

  /// Scores in thousandths by model and power level.
  private func scores(_ board: ScoreBoard, at now: Timestamp = noon) -> [String: Int] {
    var scores: [String: Int] = [:]
    board.scores(at: now) {
      scores["m\($0.model) \(board.powerLevels[$0.powerLevel])"] = Int(($0.value * 1000).rounded())
    }
    return scores
  }

  @Test func theFormula() {
    // A tenth of a cent and 2 s for 1000 tokens; half a cent and 4 s for two times 1000.
    let board = board([
      success(2, seconds: 2, nanodollars: 1_000_000),
      success(3, seconds: 3, nanodollars: 4_000_000),
      success(3, seconds: 5, nanodollars: 6_000_000),
    ])
    #expect(
      scores(board) == [
        // .7·0 + .2·.8 + .1·.5; .4·.9 + .4·.8 + .2·.5; .1·.99 + .3·.8 + .6·.5
        "m2 eco": 210, "m2 balanced": 780, "m2 precision": 639,
        // .7·0 + .2·.6 + .1·.5; .4·.5 + .4·.6 + .2·.5; .1·.95 + .3·.6 + .6·.5
        "m3 eco": 170, "m3 balanced": 540, "m3 precision": 575,
      ])
  }

  @Test func faultsHalveAtMost() {
    var failed = HealthWatch.Attempt(provider: 2, model: 2, end: noon, kind: .failure)
    let good = success(2, seconds: 0, nanodollars: 0)
    #expect(scores(board([good]))["m2 balanced"] == 900)
    #expect(scores(board([good, failed]))["m2 balanced"] == 675)
    failed.kind = .callerFault
    #expect(scores(board([good, failed]))["m2 balanced"] == 900)
    failed.kind = .rateLimited
    // A third of 1.5.
    #expect(scores(board([good, failed]))["m2 balanced"] == 750)
  }

  @Test func anUnknownPriceIsNotFree() {
    #expect(scores(board([success(2, seconds: 0, nanodollars: nil)]))["m2 eco"] == 250)
    #expect(scores(board([success(2, seconds: 0, nanodollars: 0)]))["m2 eco"] == 950)
  }

  @Test mutating func qualityIsConfigured() {
    options.score.quality = ["m2": 1, "p2/m3": 0, "other/m3": 0.9]
    let both = [2, 3].map { success($0, seconds: 0, nanodollars: 0) }
    #expect(scores(board(both))["m2 precision"] == 1000)
    #expect(scores(board(both))["m3 precision"] == 400)
  }

  @Test mutating func powerLevelsAreConfigured() {
    options.score.powerLevels = ["cheap": .init(cost: 1, latency: 0, quality: 0, ceiling: 0.004)]
    options.score.maxLatency = .seconds(4)
    #expect(
      scores(board([success(2, seconds: 1, nanodollars: 1_000_000)])) == ["m2 cheap": 750])
  }

  @Test func onlyModelsThatServedInTheWindowAreRanked() {
    let board = board([
      success(2, ago: 0, seconds: 1, nanodollars: 1),
      success(3, ago: 54, seconds: 1, nanodollars: 1),
      success(4, ago: 66, seconds: 1, nanodollars: 1),
      HealthWatch.Attempt(provider: 2, model: 5, end: noon, kind: .failure),
    ])
    #expect(Set(scores(board).keys.map { $0.prefix(2) }) == ["m2", "m3"])
    #expect(scores(board, at: noon + .seconds(60)).isEmpty)
  }

  @Test func extremesStayBetweenNoughtAndOne() {
    for attempt in [
      success(2, seconds: 1_000_000, nanodollars: .max / 8, tokens: 1),
      success(2, seconds: -5, nanodollars: -5, tokens: 0),
      success(2, seconds: 0, nanodollars: 0, tokens: .max / 8),
    ] {
      for score in scores(board([attempt])).values { #expect((0...1000).contains(score)) }
    }
  }
}
