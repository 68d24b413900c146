/// Every label name there is, spelled as in the exposition.
package enum Label: String, CaseIterable, Sendable, Hashable {
  case provider
  case model
  case powerLevel = "power_level"
  case status
  case type
  case primaryProvider = "primary_provider"
  case fallbackProvider = "fallback_provider"
  case reason
  case fault
  case result
  case deployment
  case route
  case servedRoute = "served_route"
  case kind
  case key
  case team
  case user
  case endUser = "end_user"
  case tag
  case name
  case value
  case source
  case budget
  case scope
  case unit
  case threshold
  case receiver
  case state
  case to
  case format
  case attempts
  case family
  case label
  case version
  case probe
  case position
  case target
  case problem

  /// The label name in the exposition.
  package var text: String { rawValue }
}
