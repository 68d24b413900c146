import Support

/// A YAML text read into a tree, with the problems that did not keep it from being read on.
struct YAMLDocument {
  /// More bytes than this are not read.
  static let maximumBytes = 1 << 20
  /// Lists and mappings within each other.
  static let maximumDepth = 32
  /// Scalars, lists and mappings in all.
  static let maximumNodes = 50_000

  /// Nil for an empty document.
  let root: YAMLNode?
  /// Refused anchors, aliases, tags and repeated keys.
  let problems: [YAMLProblem]

  /// Throws where the text is no single YAML document within the bounds.
  ///
  /// Read `leniently`, as others' files are, aliases stand for their anchors' values, tags for
  /// nothing, and of a repeated key the last one counts.
  init(_ text: [UInt8], leniently: Bool = false) throws(YAMLProblem) {
    let start = YAMLMark(line: 1, column: 1)
    guard text.count <= Self.maximumBytes else {
      throw YAMLProblem(
        mark: start,
        message: "larger than \(Quantity.text(bytes: Int64(Self.maximumBytes))), the most allowed")
    }
    guard let events = YAMLEvents(text) else {
      throw YAMLProblem(mark: start, message: "no memory left to read it")
    }
    var builder = TreeBuilder(events: events, isLenient: leniently)
    root = try builder.document()
    problems = builder.problems
  }
}

private struct TreeBuilder: ~Copyable {
  var events: YAMLEvents
  var problems: [YAMLProblem] = []
  private let isLenient: Bool
  private var count = 0
  /// Values by the name of their anchor, with how many there are within.
  private var anchors: [String: (node: YAMLNode, size: Int)] = [:]

  init(events: consuming YAMLEvents, isLenient: Bool) {
    self.events = events
    self.isLenient = isLenient
  }

  mutating func document() throws(YAMLProblem) -> YAMLNode? {
    _ = try events.next()  // the stream's start
    guard try events.next().kind == .documentStart else { return nil }
    let root = try node(events.next(), depth: 0)
    _ = try events.next()  // the document's end
    let after = try events.next()
    guard after.kind == .streamEnd else {
      throw YAMLProblem(
        mark: after.mark, message: "a second document begins here, only one is read")
    }
    return root
  }

  private mutating func node(_ event: YAMLEvent, depth: Int) throws(YAMLProblem) -> YAMLNode {
    let before = count
    try count(1, event.mark)
    guard depth <= YAMLDocument.maximumDepth else {
      throw YAMLProblem(
        mark: event.mark,
        message: "nested deeper than \(YAMLDocument.maximumDepth) levels, the most allowed")
    }
    if event.decorated, !isLenient {
      refuse(event.mark, "anchors (&name) and tags (!name) are not supported, write the value out")
    }
    let node = YAMLNode(content: try content(event, depth: depth), mark: event.mark)
    if isLenient, let anchor = event.anchor { anchors[anchor] = (node, count - before) }
    return node
  }

  private mutating func content(
    _ event: YAMLEvent, depth: Int
  ) throws(YAMLProblem) -> YAMLNode.Content {
    switch event.kind {
    case .scalar(let text, let quoted): return .scalar(text, quoted: quoted)
    case .sequenceStart: return try .sequence(sequence(depth: depth + 1))
    case .mappingStart: return try .mapping(mapping(depth: depth + 1))
    case .alias(let name) where isLenient:
      guard let anchor = anchors[name] else { return .unusable }
      // Counted each time, so that aliases of aliases do not multiply without end.
      try count(anchor.size, event.mark)
      return anchor.node.content
    default:
      refuse(event.mark, "aliases (*name) are not supported, write the value out")
      return .unusable
    }
  }

  private mutating func count(_ nodes: Int, _ mark: YAMLMark) throws(YAMLProblem) {
    count += nodes
    guard count <= YAMLDocument.maximumNodes else {
      throw YAMLProblem(
        mark: mark, message: "more than \(YAMLDocument.maximumNodes) values, the most allowed")
    }
  }

  private mutating func sequence(depth: Int) throws(YAMLProblem) -> [YAMLNode] {
    var elements: [YAMLNode] = []
    while true {
      let event = try events.next()
      if event.kind == .sequenceEnd { return elements }
      elements.append(try node(event, depth: depth))
    }
  }

  private mutating func mapping(depth: Int) throws(YAMLProblem) -> [YAMLNode.Entry] {
    var entries: [YAMLNode.Entry] = []
    var places: [String: YAMLMark] = [:]
    while true {
      let event = try events.next()
      if event.kind == .mappingEnd { return entries }
      let key = try node(event, depth: depth)
      let value = try node(events.next(), depth: depth)
      guard case .scalar(let name, _) = key.content else {
        if key.content != .unusable {
          refuse(key.mark, "a key must be a word, not a list or a mapping")
        }
        continue
      }
      if isLenient, places[name] != nil { entries.removeAll { $0.key == name } }
      if !isLenient, let first = places[name] {
        refuse(key.mark, "key \(name.quoted) is given twice, first at \(first)")
      } else {
        places[name] = key.mark
        entries.append(YAMLNode.Entry(key: name, mark: key.mark, value: value))
      }
    }
  }

  private mutating func refuse(_ mark: YAMLMark, _ message: String) {
    problems.append(YAMLProblem(mark: mark, message: message))
  }
}
