package import HTTP
package import Support

/// `proxy:` in the configuration: where the proxy is and how much it is asked.
package struct ProxyOptions: Sendable, Equatable {
  /// How the proxy is probed.
  package enum Mode: String, Sendable, CaseIterable {
    /// Whether it is alive and ready; costs nothing.
    case basic
    /// Also what its own health check in the background found; costs nothing more.
    case cached
    /// Has it call every deployment, which bills tokens.
    case live
    /// Asks nothing.
    case off
  }

  /// Nothing is asked without one.
  package var url: ClientURL?
  /// Never shown.
  package var apiKey: String?
  /// LiteLLM's own configuration file.
  package var config: String?
  package var probe = Mode.basic
  package var interval = TimeSpan.seconds(15)
  /// Between two rounds of billed calls.
  package var liveInterval = TimeSpan.minutes(5)
  /// Of liveliness and readiness.
  package var timeout = TimeSpan.seconds(5)
  /// Takes it that the proxy checks health in the background, whatever `config` says.
  package var assumeCached = false
  /// Certificates to trust instead of the system's.
  package var caFile: String?

  /// Every default.
  package init() {}

  /// What is asked in fact: `cached` would bill tokens where the proxy does not check by itself.
  ///
  /// `checksInBackground` is what LiteLLM's file says, nil if it could not be read.
  package func appliedProbe(checksInBackground: Bool?) -> Mode {
    if url == nil { return .off }
    guard probe == .cached, !assumeCached, checksInBackground != true else { return probe }
    return .basic
  }
}
