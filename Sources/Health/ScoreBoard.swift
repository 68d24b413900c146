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

    mutating func add(_ attempt: HealthWatch.Attempt) {
      attempts.add(attempt.kind)
      guard attempt.kind == .success else { return }
      latency &+= max(0, attempt.latency.microseconds)
      guard let price = attempt.cost else { return }
      cost &+= price.nanodollars
      pricedTokens &+= attempt.tokens
    }

    static func += (left: inout Sums, right: Sums) {
      left.attempts += right.attempts
      left.latency &+= right.latency
      left.cost &+= right.cost
      left.pricedTokens &+= right.pricedTokens
    }
  }

  private struct Slot: Sendable {
    var number: UInt32 = 0
    var sums = Sums()
  }

  private struct Row: Sendable {
    let provider: UInt32
    let model: UInt32
    let quality: Double
    /// The next row of the same model's name, which several providers may have.
    let next: Int32
    var slots = InlineArray<16, Slot>(repeating: Slot())

    mutating func add(_ attempt: HealthWatch.Attempt, number: UInt32) {
      let place = Int(number & 15)
      // An older one than what the slot holds is forgotten already.
      guard number >= slots[place].number else { return }
      if slots[place].number < number { slots[place] = Slot(number: number) }
      slots[place].sums.add(attempt)
    }

    /// Of the window that ends with the step `current`.
    func sums(until current: UInt32) -> Sums {
      var sums = Sums()
      for place in slots.indices
      where slots[place].number + ScoreBoard.steps > current && slots[place].number <= current {
        sums += slots[place].sums
      }
      return sums
    }
  }

  /// The window is seen in so many steps.
  private static let steps: UInt32 = 12

  package let powerLevels: [String]
  private let weights: [ScoreOptions.Weights]
  private let options: ScoreOptions
  private let rateLimitedWeight: Double
  /// In seconds.
  private let step: UInt32
  private var rows: [Row] = []
  /// The latest row of each model, by label id.
  private var latest: [Int32] = []
  /// Rows by name, as an exposition has them: sorting its series is most of what they cost there.
  private var order: [(name: String, row: Int)] = []

  /// A board of nobody.
  package init(_ options: HealthOptions) {
    self.options = options.score
    let levels = options.score.powerLevels.sorted { $0.key < $1.key }
    powerLevels = levels.map(\.key)
    weights = levels.map(\.value)
    rateLimitedWeight = options.bounds.rateLimitedWeight
    step = max(1, UInt32(clamping: options.bounds.window.wholeSeconds) / Self.steps)
  }

  /// Counts an attempt. `names` tells provider and model by id.
  package mutating func observe(
    _ attempt: HealthWatch.Attempt, now: Timestamp,
    names: (_ provider: UInt32, _ model: UInt32) -> (provider: String, model: String)
  ) {
    guard attempt.provider > HealthWatch.nobody, attempt.model > HealthWatch.nobody else { return }
    rows[row(attempt.provider, attempt.model, names: names)].add(
      attempt, number: number(of: min(attempt.end, now)))
  }

  /// Calls `body` with the score of each model that served in the window before `now`, for each
  /// power level, in the order of names.
  package func scores(at now: Timestamp, _ body: (Score) -> Void) {
    let current = number(of: now)
    for (_, row) in order {
      let sums = rows[row].sums(until: current)
      guard sums.attempts.successes > 0 else { continue }
      for (place, weights) in weights.enumerated() {
        body(
          Score(
            provider: rows[row].provider, model: rows[row].model, powerLevel: place,
            value: score(sums, weights, quality: rows[row].quality)))
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
    while latest.count <= Int(model) { latest.append(-1) }
    var place = latest[Int(model)]
    while place >= 0 {
      let row = Int(place)
      if rows[row].provider == provider { return row }
      place = rows[row].next
    }
    let (providerName, modelName) = names(provider, model)
    let quality =
      options.quality["\(providerName)/\(modelName)"] ?? options.quality[modelName]
      ?? options.defaultQuality
    rows.append(
      Row(provider: provider, model: model, quality: quality, next: latest[Int(model)]))
    latest[Int(model)] = Int32(rows.count - 1)
    let name = "\(providerName)\"\(modelName)"
    let rank = order.firstIndex { $0.name > name } ?? order.count
    order.insert((name, rows.count - 1), at: rank)
    return rows.count - 1
  }

  private func number(of time: Timestamp) -> UInt32 { UInt32(clamping: time.second) / step }
}
