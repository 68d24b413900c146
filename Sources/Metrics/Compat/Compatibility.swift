/// Another exporter's families, for dashboards that people have already.
package enum Compatibility: String, CaseIterable, Sendable {
  /// The `litellm_*` families of LiteLLM's own `/metrics`.
  case litellm

  var families: [ProjectedFamily] {
    switch self {
    case .litellm: ProjectedFamily.litellm
    }
  }
}
