import CYAML

/// What libyaml says about a text, one event after the other.
struct YAMLEvent {
  enum Kind: Equatable {
    case streamStart
    case streamEnd
    case documentStart
    case documentEnd
    case alias(String)
    case scalar(String, quoted: Bool)
    case sequenceStart
    case sequenceEnd
    case mappingStart
    case mappingEnd
  }

  let kind: Kind
  let mark: YAMLMark
  /// The name of `&name` before the value.
  let anchor: String?
  /// `&name` or a `!tag` stands before the value.
  let decorated: Bool
}

/// Owns a libyaml parser and the bytes that it reads.
struct YAMLEvents: ~Copyable {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let input: UnsafeMutableBufferPointer<UInt8>

  /// Copies the text; nil when there is no memory.
  init?(_ text: [UInt8]) {
    parser = .allocate(capacity: 1)
    guard yaml_parser_initialize(parser) == 1 else {
      parser.deallocate()
      return nil
    }
    input = .allocate(capacity: text.count)
    _ = input.initialize(from: text)
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, input.baseAddress, input.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
    input.deallocate()
  }

  /// The next event; throws libyaml's reason where the text is no YAML.
  mutating func next() throws(YAMLProblem) -> YAMLEvent {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw failure() }
    defer { yaml_event_delete(&event) }
    return YAMLEvent(event)
  }

  private func failure() -> YAMLProblem {
    let state = parser.pointee
    let problem = text(state.problem) ?? "it cannot be read"
    if state.error == YAML_READER_ERROR {
      return YAMLProblem(
        mark: mark(ofByte: state.problem_offset), message: "not valid YAML: \(problem)")
    }
    // libyaml reports what is missing at the end one line behind the last.
    let mark = min(YAMLMark(state.problem_mark), mark(ofByte: input.count))
    var context = text(state.context).map { ", \($0)" } ?? ""
    let start = YAMLMark(state.context_mark)
    if !context.isEmpty, start < mark { context += " that begins at \(start)" }
    return YAMLProblem(
      mark: mark, message: "not valid YAML: \(problem)\(context)\(hint(at: mark.line))")
  }

  private func text(_ pointer: UnsafePointer<CChar>?) -> String? {
    pointer.map { String(cString: $0) }
  }

  /// libyaml's reader knows only how many bytes lie before what it refuses.
  private func mark(ofByte offset: Int) -> YAMLMark {
    let before = input.prefix(offset)
    let lines = before.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let column = lines.last.map { String(decoding: $0, as: UTF8.self).unicodeScalars.count } ?? 0
    return YAMLMark(line: max(1, lines.count), column: column + 1)
  }

  /// The mistakes that libyaml's words do not lead to.
  private func hint(at line: Int) -> String {
    let lines = input.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard lines.indices.contains(line - 1) else { return "" }
    let text = String(decoding: lines[line - 1], as: UTF8.self)
    if text.prefix(while: { $0 == " " || $0 == "\t" }).contains("\t") {
      return " (indent with spaces, not with tabs)"
    }
    if text.contains("${") { return " (inside { } and [ ], write \"${NAME}\" in quotes)" }
    return text.contains("[::") ? " (write an address with [ ] in quotes)" : ""
  }
}

extension YAMLEvent {
  /// `event` is still owned by the caller; texts are copied.
  fileprivate init(_ event: yaml_event_t) {
    mark = YAMLMark(event.start_mark)
    switch event.type {
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      kind = .scalar(
        String(decoding: bytes, as: UTF8.self),
        quoted: scalar.style != YAML_PLAIN_SCALAR_STYLE)
      (anchor, decorated) = Self.decoration(scalar.anchor, scalar.tag)
    case YAML_SEQUENCE_START_EVENT:
      let start = event.data.sequence_start
      kind = .sequenceStart
      (anchor, decorated) = Self.decoration(start.anchor, start.tag)
    case YAML_MAPPING_START_EVENT:
      let start = event.data.mapping_start
      kind = .mappingStart
      (anchor, decorated) = Self.decoration(start.anchor, start.tag)
    case YAML_ALIAS_EVENT:
      kind = .alias(Self.text(event.data.alias.anchor) ?? "")
      (anchor, decorated) = (nil, false)
    case let other:
      kind = Self.plainKinds[other.rawValue] ?? .streamEnd
      (anchor, decorated) = (nil, false)
    }
  }

  private typealias Text = UnsafeMutablePointer<yaml_char_t>

  private static func decoration(_ anchor: Text?, _ tag: Text?) -> (String?, Bool) {
    (text(anchor), anchor != nil || tag != nil)
  }

  private static func text(_ text: Text?) -> String? {
    text.map { String(cString: $0) }
  }

  private static let plainKinds: [UInt32: Kind] = [
    YAML_STREAM_START_EVENT.rawValue: .streamStart,
    YAML_STREAM_END_EVENT.rawValue: .streamEnd,
    YAML_DOCUMENT_START_EVENT.rawValue: .documentStart,
    YAML_DOCUMENT_END_EVENT.rawValue: .documentEnd,
    YAML_SEQUENCE_END_EVENT.rawValue: .sequenceEnd,
    YAML_MAPPING_END_EVENT.rawValue: .mappingEnd,
  ]
}

extension YAMLMark {
  fileprivate init(_ mark: yaml_mark_t) {
    self.init(line: Int(clamping: mark.line) + 1, column: Int(clamping: mark.column) + 1)
  }
}
