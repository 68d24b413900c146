package import Health
import Support

/// Reads LiteLLM's own configuration, as LiteLLM does: what it does not know it passes over.
package enum LiteLLMFile {
  /// Why nothing could be read.
  package struct Problem: Error, Equatable, CustomStringConvertible {
    /// With the file's name.
    package var description: String
  }

  /// Files that one may include in all.
  static let mostFiles = 20

  /// What the file at `path` and those that it includes declare.
  package static func read(_ path: String) throws(Problem) -> ProxyDeclaration {
    ProxyDeclaration(litellm: try merged(path))
  }

  /// The top level of the file, its includes merged into it in LiteLLM's way: lists are joined,
  /// of all else the last one counts.
  private static func merged(_ path: String) throws(Problem) -> LiteLLMNode {
    var pending = [path]
    var read: Set<String> = []
    var entries: [String: YAMLNode] = [:]
    while !pending.isEmpty {
      let file = pending.removeFirst()
      guard read.insert(file).inserted else { continue }
      guard read.count <= mostFiles else {
        throw Problem(description: "\(path) includes more than \(mostFiles) files")
      }
      let root = try document(file)
      for (key, value) in root.entries {
        if case .sequence(let more) = value.content,
          case .sequence(let old)? = entries[key]?.content
        {
          entries[key] = YAMLNode(content: .sequence(old + more), mark: value.mark)
        } else {
          entries[key] = value
        }
      }
      pending += root["include"].elements.compactMap(\.text).map { name in
        guard !name.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return name }
        return file[...slash] + name
      }
    }
    return LiteLLMNode(entries)
  }

  private static func document(_ path: String) throws(Problem) -> LiteLLMNode {
    let bytes: [UInt8]
    do { bytes = try BoundedFile.read(path, limit: YAMLDocument.maximumBytes) } catch {
      throw Problem(description: "cannot read \(path): \(error.reason)")
    }
    do {
      let document = try YAMLDocument(bytes, leniently: true)
      guard let root = document.root, case .mapping = root.content else {
        throw Problem(description: "\(path) is no configuration of LiteLLM: expected a mapping")
      }
      return LiteLLMNode(root)
    } catch let problem as YAMLProblem {
      throw Problem(description: "\(path):\(problem.mark): \(problem.message)")
    } catch {
      throw error as? Problem ?? Problem(description: "cannot read \(path): \(error)")
    }
  }
}

/// A value of the file, or nothing: whatever is asked of it, it answers.
struct LiteLLMNode {
  private let node: YAMLNode?

  init(_ node: YAMLNode?) { self.node = node }

  init(_ entries: [String: YAMLNode]) {
    let mark = YAMLMark(line: 1, column: 1)
    node = YAMLNode(
      content: .mapping(entries.map { .init(key: $0.key, mark: $0.value.mark, value: $0.value) }),
      mark: mark)
  }

  /// The entries of a mapping, those merged into it with `<<` included.
  var entries: [(key: String, value: YAMLNode)] {
    guard case .mapping(let own)? = node?.content else { return [] }
    let names = Set(own.map(\.key))
    var merged: [(key: String, value: YAMLNode)] = []
    for entry in own where entry.key == "<<" {
      let sources = LiteLLMNode(entry.value)
      let all = sources.elements.isEmpty ? [sources] : sources.elements
      for source in all.prefix(8) {
        guard case .mapping(let inherited)? = source.node?.content else { continue }
        merged += inherited.filter { !names.contains($0.key) }.map { ($0.key, $0.value) }
      }
    }
    return own.filter { $0.key != "<<" }.map { ($0.key, $0.value) } + merged
  }

  subscript(key: String) -> LiteLLMNode {
    LiteLLMNode(entries.first { $0.key == key }?.value)
  }

  var elements: [LiteLLMNode] {
    guard case .sequence(let elements)? = node?.content else { return [] }
    return elements.map(LiteLLMNode.init)
  }

  /// A text of at most 512 bytes that does not stand for a variable of LiteLLM's environment.
  var text: String? {
    guard case .scalar(let text, _)? = node?.content, node?.isNull == false, !text.isEmpty,
      text.utf8.count <= 512, !text.hasPrefix("os.environ/")
    else { return nil }
    return text
  }

  var number: Double? { text.flatMap { Double($0) } }

  var isTrue: Bool {
    guard case .scalar(let text, quoted: false)? = node?.content else { return false }
    return ["true", "yes", "on"].contains(text.lowercased())
  }
}
