/// Which deployments a name leads to, by all that is known of the proxy's routes.
struct RouteTable: Sendable {
  private let deployments: [String: [ProxyView.Deployment]]
  /// Routes such as `openai/*`, which stand for many.
  private let patterns: [(route: String, deployments: [ProxyView.Deployment])]
  private let aliases: [String: String]
  /// Names that LiteLLM takes for one deployment: its id, or its model with the provider.
  private let single: [String: [ProxyView.Deployment]]

  /// `listed`, what the running proxy says of a route, is believed before the file.
  init(_ declaration: ProxyDeclaration, listed: [ProxyView.Deployment]) {
    let declared = Dictionary(grouping: declaration.deployments, by: \.route)
    let all = declared.merging(Dictionary(grouping: listed, by: \.route)) { _, live in live }
    deployments = all.filter { !$0.key.contains("*") }
    patterns = all.filter { $0.key.contains("*") }.sorted { $0.key < $1.key }
      .map { (route: $0.key, deployments: $0.value) }
    aliases = declaration.aliases
    var single: [String: [ProxyView.Deployment]] = [:]
    for deployment in all.values.joined() {
      if !deployment.id.isEmpty { single[deployment.id, default: []].append(deployment) }
      single["\(deployment.provider)/\(deployment.model)", default: []].append(deployment)
    }
    self.single = single
  }

  /// Whether nothing at all is known, so that nothing can be missing either.
  var isEmpty: Bool { deployments.isEmpty && patterns.isEmpty }

  /// Every route that a client can ask for, aliases included, sorted.
  var routes: [String] { Set(deployments.keys).union(aliases.keys).sorted() }

  /// The deployments that a chain's target leads to; nil if the proxy would not find it.
  func deployments(of target: String) -> [ProxyView.Deployment]? {
    let route = aliases[target] ?? target
    return deployments[route] ?? single[route]
      ?? patterns.first { Self.matches(route, $0.route) }?.deployments
  }

  /// Whether requests can come to have a chain for this route. LiteLLM also finds the chain of
  /// `gpt-4o` for a request to `openai/gpt-4o`.
  func canBegin(at route: String) -> Bool {
    if route == "*" || deployments(of: route) != nil { return true }
    return deployments.keys.contains { $0.hasSuffix("/\(route)") }
      || patterns.contains { $0.route.hasSuffix("/*") }
  }

  /// Whether `name` is one of those that `pattern`, with stars for any text, stands for.
  static func matches(_ name: String, _ pattern: String) -> Bool {
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
    guard let first = parts.first, let last = parts.last, parts.count > 1 else {
      return name == pattern
    }
    guard name.hasPrefix(first) else { return false }
    var rest = name.dropFirst(first.count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard let found = rest.firstRange(of: part) else { return false }
      rest = rest[found.upperBound...]
    }
    return rest.hasSuffix(last)
  }
}
