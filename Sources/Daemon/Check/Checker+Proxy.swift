import Config
import HTTP
import Health
import Record
import Support

extension Checker {
  /// Whether the proxy answers, what is asked of it and what that costs, and what its file declares.
  static func proxy(_ options: ProxyOptions, prices: PriceBook?) async -> [Finding] {
    guard options != ProxyOptions() else { return [] }
    var findings: [Finding] = []
    var declaration: ProxyDeclaration?
    if let path = options.config {
      do throws(LiteLLMFile.Problem) {
        let read = try LiteLLMFile.read(path)
        findings.append(Finding(.ok, "proxy configuration", "\(path), \(contents(read))"))
        declaration = read
      } catch {
        findings.append(Finding(.failed, "proxy configuration", "\(error)"))
      }
    }
    let mode = options.appliedProbe(checksInBackground: declaration?.checksInBackground)
    var view = ProxyView()
    if mode != .off, let url = options.url {
      let problems: [String]
      (view, problems) = await ask(options, mode)
      findings.append(answering(view, problems, url))
    }
    findings.append(probing(options, mode, deployments: view.deployments.count))
    let plan = FallbackPlan(
      declaration ?? ProxyDeclaration(), listed: view.deployments, prices: prices)
    let endings = plan.endings { view.verdict(on: $0)?.verdict == .allDown }
    return findings + (plan.findings + endings).map { Finding(.warning, "fallbacks", $0.text) }
  }

  private static func contents(_ declaration: ProxyDeclaration) -> String {
    let checks = declaration.checksInBackground ? "on" : "off"
    return "\(counted(declaration.deployments.count, "deployment")),"
      + " \(counted(declaration.chains.count, "fallback chain")),"
      + " health checks in the background \(checks)"
  }

  /// Asks everything once but what is billed.
  private static func ask(
    _ options: ProxyOptions, _ mode: ProxyOptions.Mode
  ) async -> (ProxyView, [String]) {
    var clientOptions = ClientOptions()
    clientOptions.caFile = options.caFile
    guard let client = HTTPClient(clientOptions) else {
      return (ProxyView(), ["no thread or descriptor is left"])
    }
    let probe = ProxyProbe(
      options, mode: mode == .live ? .basic : mode, client: client, clock: .system)
    let problems = await probe.askOnce()
    client.stop()
    return (probe.view, problems)
  }

  private static func answering(
    _ view: ProxyView, _ problems: [String], _ url: ClientURL
  ) -> Finding {
    let subject = "proxy \(url.origin)"
    guard view.isUp == true else {
      return Finding(.failed, subject, problems.first ?? "does not answer")
    }
    let version = view.version.map { "LiteLLM \($0)" } ?? "up"
    let deployments = counted(view.deployments.count, "deployment")
    let providers = counted(view.providers.count, "provider")
    guard problems.isEmpty else {
      return Finding(.warning, subject, "\(version), but \(problems.joined(separator: "; "))")
    }
    return Finding(.ok, subject, "\(version), \(deployments) of \(providers)")
  }

  private static func probing(
    _ options: ProxyOptions, _ mode: ProxyOptions.Mode, deployments: Int
  ) -> Finding {
    let interval = Quantity.text(options.interval)
    switch mode {
    case .off:
      let why = options.url == nil ? "without proxy.url nothing is asked" : "nothing is asked"
      return Finding(.ok, "probe", "off: \(why)")
    case .basic where options.probe == .cached:
      return Finding(
        .warning, "probe",
        "basic, every \(interval), costs nothing; not cached, for proxy.config does not show"
          + " background_health_checks: true")
    case .basic: return Finding(.ok, "probe", "basic, every \(interval), costs nothing")
    case .cached:
      return Finding(
        .ok, "probe",
        "cached, every \(interval), costs nothing beyond the proxy's own checks")
    case .live:
      let rounds = TimeSpan.days(1).microseconds / options.liveInterval.microseconds
      let calls = deployments > 0 ? "some \(Int(rounds) * deployments) calls" : "\(rounds) rounds"
      return Finding(
        .warning, "probe",
        "live, every \(Quantity.text(options.liveInterval)): \(calls) a day that are billed")
    }
  }

  private static func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }
}
