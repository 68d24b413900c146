import HTTP
import Support

/// One question to the proxy.
enum Probe: String, CaseIterable, Sendable {
  /// Does the process answer?
  case liveliness
  /// Does it want traffic?
  case readiness
  /// Which version is it? Needs a key.
  case details
  /// Which deployments has it? Needs a key.
  case models
  /// How are its deployments? Needs a key.
  case health

  var path: String {
    switch self {
    case .liveliness: "/health/liveliness"
    case .readiness: "/health/readiness"
    case .details: "/health/readiness/details"
    case .models: "/v1/model/info"
    case .health: "/health"
    }
  }

  /// Asked at every interval, whatever came of it: they show that the proxy is back.
  var isBasic: Bool { self == .liveliness || self == .readiness }

  /// LiteLLM lists some 11 kB a deployment.
  func limits(_ options: ProxyOptions, _ mode: ProxyOptions.Mode) -> ClientLimits {
    var limits = ClientLimits(total: options.timeout)
    limits.connect = options.timeout
    switch self {
    case .liveliness, .readiness, .details: limits.body = 256 << 10
    case .models, .health:
      limits.body = 16 << 20
      // A busy proxy takes its time, and with `live` it waits for the slowest deployment.
      limits.total = max(
        options.timeout, self == .health && mode == .live ? .seconds(90) : .seconds(30))
    }
    return limits
  }
}
