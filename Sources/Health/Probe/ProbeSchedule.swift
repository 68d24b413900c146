import Support

/// When each probe is due; pure, by a clock that never steps back.
struct ProbeSchedule: Sendable {
  private struct Track: Sendable {
    let interval: TimeSpan
    /// The shortest and longest wait after a failure; each further one doubles it.
    let retry: ClosedRange<TimeSpan>
    var due: Timestamp
    var failures = 0
    var isUnderWay = false
  }

  private var tracks: [Probe: Track] = [:]
  private let bills: Bool
  /// Whether the last liveliness probe succeeded: the others are of no use without it.
  private var isAlive = false

  /// Or a sidecar that is started over and over would bill a round each time.
  private static let quietStart = TimeSpan.minutes(1)

  /// What `mode` asks: what is free at once.
  init(_ options: ProxyOptions, mode: ProxyOptions.Mode, now: Timestamp) {
    bills = mode == .live
    guard mode != .off else { return }
    for probe in Probe.allCases {
      let interval: TimeSpan
      switch probe {
      case .liveliness, .readiness: interval = options.interval
      case .details, .models: interval = max(options.interval, .minutes(5))
      case .health where mode == .cached: interval = options.interval
      case .health where mode == .live: interval = options.liveInterval
      case .health: continue
      }
      let isBilled = probe == .health && mode == .live
      let first = isBilled ? interval : options.interval
      let longest: TimeSpan = isBilled ? .hours(1) : .minutes(5)
      let retry = probe.isBasic ? interval...interval : first...max(first, longest)
      let due = isBilled ? now + min(interval, Self.quietStart) : now
      tracks[probe] = Track(interval: interval, retry: retry, due: due)
    }
  }

  /// Takes up what is due.
  mutating func begin(_ now: Timestamp) -> [Probe] {
    let probes = Probe.allCases.filter { isDue($0, now) }
    for probe in probes { tracks[probe]?.isUnderWay = true }
    return probes
  }

  /// Notes how a probe that was taken up has ended.
  mutating func end(_ probe: Probe, succeeded: Bool, _ now: Timestamp) {
    guard var track = tracks[probe] else { return }
    track.isUnderWay = false
    track.failures = succeeded ? 0 : track.failures + 1
    track.due = now + (succeeded ? track.interval : Self.wait(track.retry, track.failures))
    tracks[probe] = track
    if probe == .liveliness { isAlive = succeeded }
  }

  /// The proxy is back: it may be another release with other models, which is asked for at once.
  mutating func cameUp(_ now: Timestamp) {
    for probe in [Probe.details, .models, .health] where !(probe == .health && bills) {
      tracks[probe]?.due = now
    }
  }

  /// The next moment at which something is due; nil if that depends on answers that are awaited.
  var next: Timestamp? {
    tracks.filter { !$0.value.isUnderWay && mayAsk($0.key) }.map(\.value.due).min()
  }

  /// Whether answers are awaited.
  var isWaiting: Bool { tracks.values.contains(where: \.isUnderWay) }

  private func isDue(_ probe: Probe, _ now: Timestamp) -> Bool {
    guard let track = tracks[probe], !track.isUnderWay, mayAsk(probe) else { return false }
    return track.due <= now
  }

  private func mayAsk(_ probe: Probe) -> Bool { probe.isBasic || isAlive }

  private static func wait(_ retry: ClosedRange<TimeSpan>, _ failures: Int) -> TimeSpan {
    let factor = Int64(1) << min(max(0, failures - 1), 20)
    let (span, overflow) = retry.lowerBound.microseconds.multipliedReportingOverflow(by: factor)
    return overflow ? retry.upperBound : min(TimeSpan(microseconds: span), retry.upperBound)
  }
}
