import Metrics
import Notify
import Support
import Tally

/// Gauges that are computed when somebody looks.
enum Collectors {
  /// What the last requests say about now.
  static func collectRecent(_ live: Publisher.Live, into samples: inout CollectedSamples) {
    guard let labels = live.labels else { return }
    if let ratios = live.recent.ratios(now: samples.now) {
      samples.add(.errorRatio, ratios.errors)
      samples.add(.fallbackRatio, ratios.fallbacks)
    }
    for (route, ratio) in live.recent.fallbackRatioByRoute(now: samples.now) where route != 0 {
      samples.add(.routeFallbackRatio, labels: [labels.text(Dimension.route, route)], ratio)
    }
    for (provider, nanodollars) in live.recent.costOfLastHour(now: samples.now) {
      samples.add(
        .costLastHour, labels: [labels.text(Dimension.provider, provider)],
        Double(nanodollars) / 1e9)
    }
  }

  /// What providers said lately of their rate limits.
  static func collectRateLimits(_ live: Publisher.Live, into samples: inout CollectedSamples) {
    guard let labels = live.labels else { return }
    for entry in live.rateLimits where samples.now - entry.seen <= RateLimitBoard.freshFor {
      let names = [
        labels.text(Dimension.provider, entry.provider), labels.text(Dimension.model, entry.model),
      ]
      func add(_ family: Family, _ kind: String, _ value: Int64?) {
        guard let value else { return }
        samples.add(family, labels: names + [kind], Double(value))
      }
      add(.rateLimitRemaining, "requests", entry.limit.remainingRequests)
      add(.rateLimitRemaining, "tokens", entry.limit.remainingTokens)
      add(.rateLimitLimit, "requests", entry.limit.limitRequests)
      add(.rateLimitLimit, "tokens", entry.limit.limitTokens)
    }
  }

  /// How the sources do.
  static func collectSources(_ live: Publisher.Live, into samples: inout CollectedSamples) {
    for (name, status) in live.sources {
      samples.add(.sourceUp, labels: [name], status.isUp ? 1 : 0)
      samples.add(.sourceLagBytes, labels: [name], Double(status.lagBytes))
      for (format, attempts) in status.formats {
        samples.add(.sourceInfo, labels: [name, format, attempts], 1)
      }
      if let lag = status.lag(now: samples.now) {
        samples.add(.sourceLagSeconds, labels: [name], lag.seconds)
      }
    }
  }

  /// What waits to be delivered.
  static func collectPending(
    _ pending: [String: Outbox.Pending], into samples: inout CollectedSamples
  ) {
    for (receiver, waiting) in pending {
      samples.add(.notificationsPending, labels: [receiver], Double(waiting.count))
    }
    if let oldest = pending.values.compactMap(\.oldest).min() {
      samples.add(.oldestPendingNotification, oldest.seconds)
    }
  }
}
