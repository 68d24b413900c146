import Support

/// What is wrong with a value, to be told after the name of its key.
struct Complaint: Error, Equatable {
  let text: String

  init(_ text: String) { self.text = text }
}

/// A value and how the user names it, such as `sources[0].format`.
struct Field {
  let node: YAMLNode
  let path: String
}

/// Where values are read from and problems are gathered.
struct ConfigDecoder {
  /// As it was named; stands before every problem.
  let file: String
  /// What `${NAME}` stands for.
  let environment: [String: String]
  /// Whether dollars are dollars, as in files of others' formats.
  private let isVerbatim: Bool
  private(set) var problems: [ConfigProblem] = []
  /// Files that hold a secret: named ones, and the configuration itself if one stands in it.
  var secretFiles: [String] = []
  private var omitted = 0

  init(file: String, environment: [String: String]) {
    self.file = file
    self.environment = environment
    isVerbatim = false
  }

  /// For a file in which nothing is expanded.
  init(verbatim file: String) {
    self.file = file
    environment = [:]
    isVerbatim = true
  }

  /// All problems in the order of the file, nil if there is none.
  var error: ConfigError? {
    if problems.isEmpty { return nil }
    let start = YAMLMark(line: 0, column: 0)
    // Included files after this one, in their order.
    var files = [file]
    for problem in problems where !files.contains(problem.file) { files.append(problem.file) }
    let sorted = files.flatMap { file in
      problems.filter { $0.file == file }.sorted { ($0.mark ?? start) < ($1.mark ?? start) }
    }
    return ConfigError(problems: sorted, omitted: omitted)
  }

  /// Whether nothing is wrong with the value itself, if it is given at all.
  func isSound(_ field: Field?) -> Bool {
    field.map { field in !problems.contains { $0.mark == field.node.mark } } ?? true
  }

  mutating func complain(_ mark: YAMLMark?, _ message: String) {
    if problems.count < ConfigError.maximumProblems {
      problems.append(ConfigProblem(file: file, mark: mark, message: message))
    } else {
      omitted += 1
    }
  }

  /// Takes over what was told of an included file.
  mutating func adopt(_ other: ConfigDecoder) {
    let room = max(0, ConfigError.maximumProblems - problems.count)
    problems += other.problems.prefix(room)
    omitted += other.omitted + max(0, other.problems.count - room)
    secretFiles += other.secretFiles
  }

  mutating func complain(_ field: Field, _ message: String) {
    let name = field.path.isEmpty ? "" : "\(field.path): "
    complain(field.node.mark, name + message)
  }

  /// Tells that `field` is of the wrong type; silent where a problem was told already.
  mutating func mismatch(_ field: Field, expected: String) {
    let got: String
    switch field.node.content {
    case .unusable: return
    case .sequence: got = "a list"
    case .mapping: got = "a mapping"
    case .scalar where field.node.isNull: got = "nothing"
    case .scalar(let text, _): got = text.quoted
    }
    complain(field, "expected \(expected), got \(got)")
  }

  /// The expanded text of a scalar on one line; nil if there is none, which has then been told.
  mutating func text(_ field: Field, expected: String) -> String? {
    guard case .scalar(let raw, _) = field.node.content, !field.node.isNull else {
      mismatch(field, expected: expected)
      return nil
    }
    do throws(Complaint) {
      let text = isVerbatim ? raw : try Expansion(environment: environment).expand(raw)
      if text.unicodeScalars.contains(where: \.disturbsTerminals) {
        throw Complaint("holds a control character or a line break")
      }
      return text
    } catch {
      complain(field, error.text)
      return nil
    }
  }

  /// `path` as seen from the configuration file's directory.
  func resolve(_ path: String) -> String {
    guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
    return file[...slash] + path
  }
}

/// The entries of a mapping and how the user names it; the file's top level has an empty name.
struct Mapping {
  let entries: [YAMLNode.Entry]
  let mark: YAMLMark
  let path: String

  /// Nil if `field` is no mapping, which has then been told; nothing at all is an empty mapping.
  init?(_ field: Field, _ decoder: inout ConfigDecoder) {
    if case .mapping(let entries) = field.node.content {
      self.entries = entries
    } else if field.node.isNull {
      entries = []
    } else {
      decoder.mismatch(field, expected: "a mapping of keys to values")
      return nil
    }
    mark = field.node.mark
    path = field.path
  }

  subscript(key: String) -> Field? {
    entries.first { $0.key == key }.map(field)
  }

  func field(_ entry: YAMLNode.Entry) -> Field {
    Field(node: entry.value, path: path.isEmpty ? entry.key : "\(path).\(entry.key)")
  }

  /// Tells of every key that is not in `names`.
  func refuseKeys(otherThan names: [String], _ decoder: inout ConfigDecoder) {
    let place = path.isEmpty ? "" : " in \(path)"
    for entry in entries where !names.contains(entry.key) {
      let hint = Suggestion.hint(for: entry.key, in: names)
      let known = hint.isEmpty ? " (known: \(names.joined(separator: ", ")))" : hint
      decoder.complain(entry.mark, "unknown key \(entry.key.quoted)\(place)\(known)")
    }
  }
}
