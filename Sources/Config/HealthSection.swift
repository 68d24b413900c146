import Health
import Support

extension HealthOptions {
  static let section = Section(
    blank: HealthOptions(),
    keys: [
      Key(inline: HealthBounds.section, \.bounds),
      Key(
        "providers", mapOf: HealthBounds.section, \.providers, base: \.bounds,
        type: "mapping of providers to bounds",
        "Other bounds for some providers, such as `{openai: {min_attempts: 20}}`."),
      Key(
        "notify_after", .duration(.seconds(0) ... .hours(24), "a change should be told some day"),
        \.notifyAfter,
        "How long a provider must be unhealthy, or healthy again, before receivers are told."),
      Key("score", section: ScoreOptions.section, \.score),
    ])
}

extension HealthBounds {
  fileprivate static let section = Section(
    blank: HealthBounds(),
    keys: [
      Key(
        "window", .duration(.seconds(1) ... .minutes(15), "it is kept second by second"), \.window,
        "Attempts of this time are the evidence, if there are `min_attempts`."),
      Key(
        "lookback", .duration(.seconds(1) ... .hours(1), "it is kept second by second"),
        \.lookback, "Otherwise the last `min_attempts` of this time are the evidence."),
      Key(
        "min_attempts", .count(1...10_000, "fewer say nothing"), \.minAttempts,
        "Over fewer attempts, no ratio decides."),
      Key(
        "unhealthy_ratio", .fraction(0.001...1, "it is a share of attempts"), \.unhealthyRatio,
        "Share of provider faults that makes a provider unhealthy."),
      Key(
        "degraded_ratio", .fraction(0.001...1, "it is a share of attempts"), \.degradedRatio,
        "Share of provider faults, rate limits weighing fully, that makes it degraded."),
      Key(
        "rate_limited_weight", .fraction(0...1, "it is a share of a fault"), \.rateLimitedWeight,
        "What a rate limit weighs in `unhealthy_ratio`."),
      Key(
        "down_faults", .count(1...1000, "more would never be reached at a trickle"), \.downFaults,
        "So many provider faults in a row make it unhealthy, whatever the ratio."),
      Key(
        "down_after", .duration(.seconds(0) ... .minutes(15), "an outage has to be seen"),
        \.downAfter, "How long it must not have answered for that."),
      Key(
        "hysteresis", .fraction(0...0.9, "a ratio must be able to fall so far"), \.hysteresis,
        "By what part of its bound a ratio must fall below it for the way back."),
      Key(
        "recover_attempts", .count(1...10_000, "fewer prove nothing"), \.recoverAttempts,
        "So many successes in a row make it healthy, whatever the ratio."),
      Key(
        "recover_after", .duration(.seconds(0) ... .minutes(15), "a recovery has to be seen"),
        \.recoverAfter, "How long those must have gone on for that."),
      Key(
        "forget_after",
        .duration(.seconds(1) ... .days(7), "what was that long ago says nothing of now"),
        \.forgetAfter, "Without news for so long, its state is unknown."),
    ],
    check: checkOrder)

  private static func checkOrder(
    _ bounds: HealthBounds, _ mapping: Mapping, _ decoder: inout ConfigDecoder
  ) {
    func check(_ name: String, _ value: TimeSpan, atMost other: String, _ limit: TimeSpan) {
      let areSound = decoder.isSound(mapping[name]) && decoder.isSound(mapping[other])
      guard areSound, value > limit else { return }
      let place = (mapping[name] ?? mapping[other])?.node.mark ?? mapping.mark
      decoder.complain(
        place,
        "\(mapping.path): \(name) (\(Quantity.text(value))) is longer than"
          + " \(other) (\(Quantity.text(limit)))")
    }
    check("window", bounds.window, atMost: "lookback", bounds.lookback)
    check("down_after", bounds.downAfter, atMost: "lookback", bounds.lookback)
    check("recover_after", bounds.recoverAfter, atMost: "lookback", bounds.lookback)
    check("lookback", bounds.lookback, atMost: "forget_after", bounds.forgetAfter)
    let (degraded, unhealthy) = (mapping["degraded_ratio"], mapping["unhealthy_ratio"])
    guard decoder.isSound(degraded), decoder.isSound(unhealthy),
      bounds.degradedRatio > bounds.unhealthyRatio
    else { return }
    decoder.complain(
      (degraded ?? unhealthy)?.node.mark ?? mapping.mark,
      "\(mapping.path): degraded_ratio (\(bounds.degradedRatio)) is above"
        + " unhealthy_ratio (\(bounds.unhealthyRatio))")
  }
}

extension ScoreOptions {
  fileprivate static let section = Section(
    blank: ScoreOptions(),
    keys: [
      Key(
        "power_levels", mapOf: Weights.section, \.powerLevels, base: \.blankWeights,
        type: "mapping of power levels to weights",
        "What counts how much for `llm_provider_score`: `cost`, `latency`, `quality`, and the"
          + " `ceiling` in dollars per 1000 tokens at which cost scores nothing."),
      Key(
        "quality", qualityKind, \.quality,
        "How good a model's answers are, from 0 to 1, by `model` or `provider/model`."),
      Key(
        "default_quality", .fraction(0...1, "1 is the best"), \.defaultQuality,
        "The quality of models that are not named."),
      Key(
        "max_latency",
        .duration(.milliseconds(1) ... .hours(1), "latency is compared with it"), \.maxLatency,
        "The average latency at which latency scores nothing."),
    ])

  /// Where a power level of the user's own starts from.
  private var blankWeights: Weights {
    Weights(cost: 0.4, latency: 0.4, quality: 0.2, ceiling: 0.01)
  }

  private static let qualityKind = Kind<[String: Double]>(
    name: "mapping of models to numbers",
    read: { field, decoder in
      guard let mapping = Mapping(field, &decoder) else { return nil }
      let kind = Kind<Double>.fraction(0...1, "1 is the best")
      var qualities: [String: Double] = [:]
      for entry in mapping.entries {
        qualities[entry.key] = kind.read(mapping.field(entry), &decoder)
      }
      return qualities
    },
    show: { qualities in
      let sorted = qualities.sorted { $0.key < $1.key }
      return .mapping(sorted.map { .init(key: $0.key, value: .fraction($0.value)) })
    })
}

extension ScoreOptions.Weights {
  fileprivate static let section = Section(
    blank: ScoreOptions.Weights(cost: 0.4, latency: 0.4, quality: 0.2, ceiling: 0.01),
    keys: [
      Key("cost", .fraction(0...1, "it is a weight"), \.cost, "The weight of cost."),
      Key("latency", .fraction(0...1, "it is a weight"), \.latency, "The weight of latency."),
      Key("quality", .fraction(0...1, "it is a weight"), \.quality, "The weight of quality."),
      Key(
        "ceiling", .fraction(1e-9...1000, "cost is compared with it"), \.ceiling,
        "Dollars per 1000 tokens."),
    ])
}
