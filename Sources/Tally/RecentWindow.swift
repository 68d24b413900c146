package import Support

/// The last hour by minute of event time, for gauges that must not jump when a backlog is read.
package struct RecentWindow: Sendable {
  /// Requests of a minute by provider and route, as a ledger keeps them.
  package struct StoredMinute: Sendable, Equatable {
    /// Any time within the minute.
    package var end: Timestamp
    /// By label id.
    package var provider: UInt32
    /// The route that was asked for, by label id.
    package var route: UInt32
    package var nanodollars: Int64 = 0
    /// Requests that reached the provider, and of those the failed and the fallen back.
    package var reached: Int64 = 0
    package var failed: Int64 = 0
    package var fallenBack: Int64 = 0

    /// A minute without requests.
    package init(end: Timestamp, provider: UInt32, route: UInt32) {
      self.end = end
      self.provider = provider
      self.route = route
    }
  }

  /// Requests that asked for a route and reached a provider, and those that a fallback served.
  private struct RouteCounts: Sendable {
    var reached: Int64 = 0
    var fallenBack: Int64 = 0
  }

  private struct Minute: Sendable {
    var number: Int64 = -1
    var reached: Int64 = 0
    var failed: Int64 = 0
    var fallenBack: Int64 = 0
    /// Nano-dollars by provider's label id.
    var cost: [UInt32: Int64] = [:]
    /// By route's label id.
    var routes: [UInt32: RouteCounts] = [:]
  }

  private var minutes = Array(repeating: Minute(), count: 64)
  /// Later ones would take the place of those of the last hour: a clock was set back.
  private var latest = Int64.max
  /// Minutes ahead of now that are still counted: clocks differ.
  private static let lead: Int64 = 60

  /// An hour without events.
  package init() {}

  /// Forgets what is further ahead of `now` than clocks differ, and takes no more of it.
  mutating func keep(to now: Timestamp) {
    latest = Self.minute(of: now) + Self.lead
    for slot in minutes.indices where minutes[slot].number > latest { minutes[slot] = Minute() }
  }

  /// Counts a request that reached a provider.
  mutating func addRequest(at end: Timestamp, route: UInt32, failed: Bool, fellBack: Bool) {
    with(end) { minute in
      minute.reached += 1
      minute.routes[route, default: RouteCounts()].reached += 1
      if fellBack { minute.routes[route, default: RouteCounts()].fallenBack += 1 }
      if failed { minute.failed += 1 }
      if fellBack { minute.fallenBack += 1 }
    }
  }

  /// Counts money spent with a provider, in nano-dollars.
  mutating func addCost(at end: Timestamp, provider: UInt32, nanodollars: Int64) {
    with(end) { $0.cost[provider, default: 0].addClamped(nanodollars) }
  }

  /// Takes over what a ledger knows of a provider's minute.
  mutating func add(_ stored: StoredMinute) {
    addCost(at: stored.end, provider: stored.provider, nanodollars: stored.nanodollars)
    with(stored.end) { minute in
      minute.reached += stored.reached
      minute.failed += stored.failed
      minute.fallenBack += stored.fallenBack
      guard stored.reached > 0 else { return }
      minute.routes[stored.route, default: RouteCounts()].reached += stored.reached
      minute.routes[stored.route, default: RouteCounts()].fallenBack += stored.fallenBack
    }
  }

  /// What was spent in the 60 minutes up to `now`, by provider's label id, in nano-dollars.
  package func costOfLastHour(now: Timestamp) -> [UInt32: Int64] {
    var sums: [UInt32: Int64] = [:]
    for minute in within(60, now: now) {
      for (provider, cost) in minute.cost { sums[provider, default: 0].addClamped(cost) }
    }
    return sums
  }

  /// Failed, and served by a fallback, of those that reached a provider in the last 10 minutes;
  /// nil without any.
  package func ratios(now: Timestamp) -> (errors: Double, fallbacks: Double)? {
    var reached: Int64 = 0
    var failed: Int64 = 0
    var fallenBack: Int64 = 0
    for minute in within(10, now: now) {
      reached += minute.reached
      failed += minute.failed
      fallenBack += minute.fallenBack
    }
    guard reached > 0 else { return nil }
    return (Double(failed) / Double(reached), Double(fallenBack) / Double(reached))
  }

  /// The share served by a fallback, of the same requests, by label id of the route asked for.
  package func fallbackRatioByRoute(now: Timestamp) -> [UInt32: Double] {
    var sums: [UInt32: RouteCounts] = [:]
    for minute in within(10, now: now) {
      for (route, counts) in minute.routes {
        sums[route, default: RouteCounts()].reached += counts.reached
        sums[route, default: RouteCounts()].fallenBack += counts.fallenBack
      }
    }
    return sums.mapValues { Double($0.fallenBack) / Double($0.reached) }
  }

  private func within(_ span: Int64, now: Timestamp) -> [Minute] {
    let current = Self.minute(of: now)
    return minutes.filter { $0.number > current - span && $0.number <= current + Self.lead }
  }

  private mutating func with(_ time: Timestamp, _ body: (inout Minute) -> Void) {
    let number = Self.minute(of: time)
    let slot = Int(number & 63)
    // An older event than what the slot holds belongs to an hour already forgotten.
    guard number >= minutes[slot].number, number <= latest else { return }
    if number > minutes[slot].number { minutes[slot] = Minute(number: number) }
    body(&minutes[slot])
  }

  private static func minute(of time: Timestamp) -> Int64 { time.microseconds / 60_000_000 }
}
