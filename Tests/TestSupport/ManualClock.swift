package import Support

/// A clock that stands still until the test moves it.
package final class ManualClock: Sendable {
  private let time: Locked<Timestamp>

  /// Starts at 2026-11-21T12:00:00Z unless told otherwise.
  package init(_ start: Timestamp = Timestamp(microseconds: 1_795_262_400_000_000)) {
    time = Locked(start)
  }

  /// The clock to hand to what is tested.
  package var clock: WallClock { WallClock { self.now } }

  /// The time it shows.
  package var now: Timestamp { time.withLock { $0 } }

  /// Moves it on (or back).
  package func advance(_ span: TimeSpan) { time.withLock { $0 = $0 + span } }
}
