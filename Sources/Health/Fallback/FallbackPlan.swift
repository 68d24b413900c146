package import Record
import Support

/// The fallbacks that a proxy declares, resolved, and what is wrong with them; pure.
package struct FallbackPlan: Sendable {
  /// A mistake in a chain, as `llm_fallback_chain_problem` calls it.
  package enum Problem: String, Sendable, CaseIterable {
    case missingRoute = "missing_route"
    case sameProvider = "same_provider"
    case endsUnhealthy = "ends_unhealthy"
    case freeToPaid = "free_to_paid"
  }

  /// A mistake and where it is.
  package struct Finding: Sendable, Equatable {
    package var route: String
    package var problem: Problem
    /// For the operator.
    package var text: String
  }

  /// A route and where its requests go on, whatever the failure.
  package struct Declared: Sendable, Equatable {
    package var route: String
    package var targets: [String]
  }

  /// A chain with what it leads to.
  private struct Resolved: Sendable {
    var chain: ProxyDeclaration.Chain
    var own: [ProxyView.Deployment]
    var targets: [(name: String, deployments: [ProxyView.Deployment])]

    func finding(_ problem: Problem, _ text: String) -> Finding {
      let kind = chain.cause == .any ? "" : "\(chain.cause.rawValue) "
      return Finding(
        route: chain.route, problem: problem,
        text: "the \(kind)fallback of \(chain.route.quoted) \(text)")
    }
  }

  /// More than this many are not looked at.
  static let mostChains = 2000
  static let mostTargets = 20

  /// What holds for each route, its own chain or the default one, sorted.
  package let declared: [Declared]
  /// What is wrong whatever providers are like now.
  package let findings: [Finding]
  private let chains: [Resolved]

  /// Nothing is declared.
  package init() { self.init(ProxyDeclaration()) }

  /// Resolves the chains of `declaration`. `listed` is the running proxy's model list, if known;
  /// `prices` tells what models cost where neither does.
  package init(
    _ declaration: ProxyDeclaration, listed: [ProxyView.Deployment] = [], prices: PriceBook? = nil
  ) {
    let table = RouteTable(declaration, listed: listed)
    var findings: [Finding] = []
    var chains: [Resolved] = []
    for chain in Self.expanded(declaration.chains, table) {
      let (resolved, missing) = Self.resolve(chain, table)
      findings += missing
      findings += Self.staticFindings(resolved, prices)
      chains.append(resolved)
    }
    declared = chains.filter { $0.chain.cause == .any }
      .map { Declared(route: $0.chain.route, targets: $0.chain.targets) }
    self.chains = chains
    self.findings = findings
  }

  /// The chains whose last route has only providers that are unhealthy now.
  package func endings(isUnhealthy: (_ provider: String) -> Bool) -> [Finding] {
    chains.compactMap { chain in
      guard let last = chain.targets.last else { return nil }
      let providers = Self.providers(last.deployments)
      guard !providers.isEmpty, providers.allSatisfy(isUnhealthy) else { return nil }
      return chain.finding(
        .endsUnhealthy,
        "ends on \(last.name.quoted), where \(providers.sorted().joined(separator: ", "))"
          + " is unhealthy now")
    }
  }

  // MARK: - Chains

  /// One chain for each cause and route: the first that is declared; the default one for every
  /// route without.
  private static func expanded(
    _ chains: [ProxyDeclaration.Chain], _ table: RouteTable
  ) -> [ProxyDeclaration.Chain] {
    ProxyDeclaration.Chain.Cause.allCases.flatMap { cause in
      var own: [String: ProxyDeclaration.Chain] = [:]
      for chain in chains where chain.cause == cause && own[chain.route] == nil {
        own[chain.route] = chain
      }
      if let general = own.removeValue(forKey: "*") {
        for route in table.routes where own[route] == nil {
          own[route] = .init(cause, route, general.targets.filter { $0 != route })
        }
        // Without a list of routes it can only be shown as it stands there.
        if table.isEmpty { own["*"] = general }
      }
      return own.values.filter { !$0.targets.isEmpty }.sorted { $0.route < $1.route }
        .prefix(mostChains).map { chain in
          ProxyDeclaration.Chain(cause, chain.route, Array(chain.targets.prefix(mostTargets)))
        }
    }
  }

  private static func resolve(
    _ chain: ProxyDeclaration.Chain, _ table: RouteTable
  ) -> (Resolved, [Finding]) {
    var resolved = Resolved(
      chain: chain, own: table.deployments(of: chain.route) ?? [], targets: [])
    var missing: [Finding] = []
    guard !table.isEmpty else { return (resolved, []) }
    if !table.canBegin(at: chain.route) {
      missing.append(
        resolved.finding(.missingRoute, "never begins: \(chain.route.quoted) is no route"))
    }
    for target in chain.targets {
      if let deployments = table.deployments(of: target) {
        resolved.targets.append((target, deployments))
      } else {
        missing.append(
          resolved.finding(.missingRoute, "leads to \(target.quoted), which is no route"))
      }
    }
    return (resolved, missing)
  }

  // MARK: - Problems

  private static func staticFindings(_ chain: Resolved, _ prices: PriceBook?) -> [Finding] {
    var findings: [Finding] = []
    let own = providers(chain.own)
    // A larger context or another policy may well be had from the same provider.
    if chain.chain.cause == .any, own.count == 1, !chain.targets.isEmpty,
      chain.targets.allSatisfy({ providers($0.deployments) == own })
    {
      findings.append(
        chain.finding(
          .sameProvider, "stays with \(own.first ?? ""), so that it fails when the provider does"))
    }
    guard !chain.own.isEmpty, chain.own.allSatisfy({ isFree($0, prices) == true }) else {
      return findings
    }
    let paid = chain.targets.first { $0.deployments.contains { isFree($0, prices) == false } }
    if let paid {
      findings.append(
        chain.finding(.freeToPaid, "leads from a free model to \(paid.name.quoted), which is not"))
    }
    return findings
  }

  private static func providers(_ deployments: [ProxyView.Deployment]) -> Set<String> {
    Set(deployments.map(\.provider)).subtracting([""])
  }

  private static func isFree(_ deployment: ProxyView.Deployment, _ prices: PriceBook?) -> Bool? {
    if let isFree = deployment.isFree { return isFree }
    return prices?.price(provider: deployment.provider, model: deployment.model)
      .map { $0.input == 0 && $0.output == 0 }
  }
}
