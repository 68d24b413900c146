/// `labels:` in the configuration: which attributes become labels, and how many values each may have.
package struct LabelOptions: Sendable, Equatable {
  /// Where a label's value is taken from.
  package enum Selector: Sendable, Equatable, Hashable {
    /// `meta.NAME`: a key of the request's metadata.
    case meta(String)
    /// `tag:PREFIX*`: the rest of the first tag that begins with the prefix.
    case tag(prefix: String)
  }

  /// An attribute that spend can be attributed to.
  package enum Attribution: String, Sendable, CaseIterable {
    case key
    case team
    case user
    case endUser = "end_user"
    case tag
  }

  /// A label of the user's own, in `llm_extra_*`.
  package struct Extra: Sendable, Equatable {
    package var name: String
    package var selector: Selector

    /// The label value `name` and where its values come from.
    package init(name: String, selector: Selector) {
      self.name = name
      self.selector = selector
    }
  }

  /// Tried in order; the first that gives a value wins.
  package var powerLevel: [Selector] = [.meta("power_level"), .tag(prefix: "power_level=")]
  package var attribution: [Attribution] = [.key, .team]
  package var extra: [Extra] = []
  /// Values admitted for each label before the rest reads `other`; labels that are not named here
  /// have `defaultLimit`.
  package var limits: [String: Int] = ["power_level": 20, "model": 500, "key": 1000]
  /// For labels that `limits` does not name.
  package static let defaultLimit = 500

  /// Every default.
  package init() {}
}
