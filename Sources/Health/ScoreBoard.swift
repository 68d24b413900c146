import Record
package import Support

/// What each model cost and took lately, and what that is worth at each power level.
package struct ScoreBoard: Sendable {
  /// A model's worth.
  package struct Score: Sendable, Equatable {
    /// By label id.
    package var provider: UInt32
    package var model: UInt32
    /// An index into `powerLevels`.
    package var powerLevel: Int
    /// From 0 to 1.
    package var value: Double
  }

  private struct Sums: Sendable {
    var attempts = AttemptCounts()
    /// Microseconds, of the successes.
    var latency: Int64 = 0
    /// Nano-dollars and tokens of successes whose price is known.
    var cost: Int64 = 0
    var pricedTokens: Int64 = 0

    static func += (left: inout Sums, right: Sums) {
      left.attempts += right.attempts
      left.latency &+= right.latency
      left.cost &+= right.cost
      left.pricedTokens &+= right.pricedTokens
    }
  }

  private struct Slot: Sendable {
    var number: Int64 = -1
    var sums = Sums()
  }

  private struct Row: Sendable {
    let provider: UInt32
    let model: UInt32
    let quality: Double
    var slots = InlineArray<16, Slot>(repeating: Slot())
  }

  /// The window is seen in so many steps.
  private static let steps: Int64 = 12

  package let powerLevels: [String]
  private let weights: [ScoreOptions.Weights]
  private let options: ScoreOptions
  private let rateLimitedWeight: Double
  private let step: Int64
  private var rows: [Row] = []
  private var places: [UInt64: Int] = [:]

  /// A board of nobody.
  package init(_ options: HealthOptions) {
    self.options = options.score
    let levels = options.score.powerLevels.sorted { $0.key < $1.key }
    powerLevels = levels.map(\.key)
    weights = levels.map(\.value)
    rateLimitedWeight = options.bounds.rateLimitedWeight
    step = max(1, options.bounds.window.microseconds / Self.steps)
  }

  /// Counts an attempt. `names` tells provider and model by id.
  package mutating func observe(
    _ attempt: HealthWatch.Attempt, now: Timestamp,
    names: (_ provider: UInt32, _ model: UInt32) -> (provider: String, model: String)
  ) {
    guard attempt.provider > HealthWatch.nobody, attempt.model > HealthWatch.nobody else { return }
    let row = row(attempt.provider, attempt.model, names: names)
    let number = min(attempt.end, now).microseconds / step
    let slot = Int(number & 15)
    // An older one than what the slot holds is forgotten already.
    guard number >= rows[row].slots[slot].number else { return }
    if rows[row].slots[slot].number < number { rows[row].slots[slot] = Slot(number: number) }
    rows[row].slots[slot].sums.attempts.add(attempt.kind)
    guard attempt.kind == .success else { return }
    rows[row].slots[slot].sums.latency &+= max(0, attempt.latency.microseconds)
    if let cost = attempt.cost {
      rows[row].slots[slot].sums.cost &+= cost.nanodollars
      rows[row].slots[slot].sums.pricedTokens &+= attempt.tokens
    }
  }

  /// Calls `body` with the score of each model that served in the window before `now`, for each
  /// power level.
  package func scores(at now: Timestamp, _ body: (Score) -> Void) {
    let current = now.microseconds / step
    for row in rows {
      var sums = Sums()
      for index in row.slots.indices {
        let number = row.slots[index].number
        if number > current - Self.steps, number <= current { sums += row.slots[index].sums }
      }
      guard sums.attempts.successes > 0 else { continue }
      for (place, weights) in weights.enumerated() {
        body(
          Score(
            provider: row.provider, model: row.model, powerLevel: place,
            value: score(sums, weights, quality: row.quality)))
      }
    }
  }

  private func score(
    _ sums: Sums, _ weights: ScoreOptions.Weights, quality: Double
  ) -> Double {
    // Without a known price it may cost anything.
    var cost = 1.0
    if sums.pricedTokens > 0 {
      let perThousand = Double(sums.cost) / 1e6 / Double(sums.pricedTokens)
      cost = min(1, max(0, perThousand / weights.ceiling))
    }
    let average = Double(sums.latency) / Double(sums.attempts.successes)
    let latency = min(1, average / Double(options.maxLatency.microseconds))
    let worth =
      weights.cost * (1 - cost) + weights.latency * (1 - latency) + weights.quality * quality
    var evidence = Evidence()
    evidence.counts = sums.attempts
    let errors = evidence.errorRatio(rateLimitedWeight: rateLimitedWeight) ?? 0
    return min(1, max(0, worth)) * (1 - 0.5 * errors)
  }

  private mutating func row(
    _ provider: UInt32, _ model: UInt32,
    names: (UInt32, UInt32) -> (provider: String, model: String)
  ) -> Int {
    let key = UInt64(provider) << 32 | UInt64(model)
    if let row = places[key] { return row }
    let (providerName, modelName) = names(provider, model)
    let quality =
      options.quality["\(providerName)/\(modelName)"] ?? options.quality[modelName]
      ?? options.defaultQuality
    rows.append(Row(provider: provider, model: model, quality: quality))
    places[key] = rows.count - 1
    return rows.count - 1
  }
}
