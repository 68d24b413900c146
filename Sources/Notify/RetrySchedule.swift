package import Support

/// When a message that was not delivered is tried again.
///
/// Pure: what came of the attempts so far and the time decide.
package struct RetrySchedule: Sendable {
  /// What a receiver's answer means for the message.
  package enum Verdict: Sendable, Equatable {
    /// It was accepted.
    case delivered
    /// It will never be accepted.
    case refused
    /// The receiver does not let us in (yet): somebody has to change something there or here.
    case barred
    /// It may go better later; at the earliest after `wait`, if the receiver said so.
    case failed(wait: TimeSpan?)
  }

  package enum Step: Sendable, Equatable {
    case done
    case retry(at: Timestamp)
    case giveUp
  }

  /// After each failure; the last one again and again.
  private static let delays: [TimeSpan] = [
    .seconds(5), .seconds(30), .minutes(2), .minutes(10), .minutes(30), .hours(1),
  ]
  /// How long a message is tried.
  package static let patience = TimeSpan.hours(72)
  /// What a receiver may ask for.
  private static let allowedWait = TimeSpan.seconds(1) ... .hours(1)
  /// The part of a delay by which it may be longer, so that many do not come back at once.
  private static let jitter = 0.1
  /// No delay is longer: what is due later was planned by a clock that has been set back.
  package static let longestDelay = TimeSpan.minutes(66)

  package init() {}

  /// What follows an attempt that was answered at `now` with `verdict`, the `attempts`-th for a
  /// message of `created`.
  ///
  /// A message is given up when it is 72 h old, but never before it was tried six times: it may
  /// have waited all the while behind another, or for a machine that slept.
  package func step(
    after verdict: Verdict, attempts: Int, created: Timestamp, now: Timestamp,
    using generator: inout some RandomNumberGenerator
  ) -> Step {
    let delay: TimeSpan
    switch verdict {
    case .delivered: return .done
    case .refused: return .giveUp
    case .barred: delay = lengthened(.hours(1), using: &generator)
    case .failed(let wait?):
      delay = min(max(wait, Self.allowedWait.lowerBound), Self.allowedWait.upperBound)
    case .failed(nil):
      let index = min(max(attempts, 1), Self.delays.count) - 1
      delay = lengthened(Self.delays[index], using: &generator)
    }
    if now - created >= Self.patience, attempts >= Self.delays.count { return .giveUp }
    return .retry(at: now + delay)
  }

  private func lengthened(
    _ delay: TimeSpan, using generator: inout some RandomNumberGenerator
  ) -> TimeSpan {
    let most = Int64(Double(delay.microseconds) * Self.jitter)
    return TimeSpan(microseconds: delay.microseconds + .random(in: 0...most, using: &generator))
  }
}
