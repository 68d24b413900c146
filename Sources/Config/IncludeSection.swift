import Budget
import Glibc
import Support

/// `include:`: budgets in files of their own.
enum IncludedFiles {
  /// More files than this are refused.
  static let mostFiles = 1000

  static let kind = Kind<[String]>.list(
    .path("glob", expected: "a file such as budgets/*.yaml"),
    expected: "a list such as [budgets/*.yaml]")

  private struct Contents: Equatable, Sendable {
    var budgets: [BudgetRule] = []

    static let section = Section(
      blank: Contents(),
      keys: [Key("budgets", listOf: BudgetRule.section, \.budgets, mayBeEmpty: true, "")])
  }

  /// Reads the budgets of all files, and checks them beside those of the configuration itself.
  static func read(
    _ field: Field?, _ patterns: [String], _ checks: inout BudgetChecks,
    _ decoder: inout ConfigDecoder
  ) -> [BudgetRule] {
    guard let field, case .sequence(let nodes) = field.node.content else { return [] }
    var budgets: [BudgetRule] = []
    for (index, (pattern, node)) in zip(patterns, nodes).enumerated() {
      let item = Field(node: node, path: "\(field.path)[\(index)]")
      let paths = paths(pattern)
      guard paths.count <= mostFiles else {
        decoder.complain(item, "\(pattern.quoted) are more than \(mostFiles) files")
        continue
      }
      for path in paths { budgets += read(path, item, &checks, &decoder) }
    }
    return budgets
  }

  private static func read(
    _ path: String, _ field: Field, _ checks: inout BudgetChecks, _ decoder: inout ConfigDecoder
  ) -> [BudgetRule] {
    let document: YAMLDocument
    do {
      document = try YAMLDocument(BoundedFile.read(path, limit: YAMLDocument.maximumBytes))
    } catch let problem as YAMLProblem {
      var inner = ConfigDecoder(file: path, environment: decoder.environment)
      inner.complain(problem.mark, problem.message)
      decoder.adopt(inner)
      return []
    } catch let failure as BoundedFile.Failure {
      decoder.complain(field, "cannot read \(path.quoted): \(failure.reason)")
      return []
    } catch {
      return []
    }
    var inner = ConfigDecoder(file: path, environment: decoder.environment)
    for problem in document.problems { inner.complain(problem.mark, problem.message) }
    var contents = Contents()
    if let root = document.root {
      let field = Field(node: root, path: "")
      Contents.section.read(field, into: &contents, &inner)
      if case .mapping(let entries) = root.content {
        let budgets = entries.first { $0.key == "budgets" }
        checks.check(budgets.map { Field(node: $0.value, path: "budgets") }, &inner)
      }
    }
    decoder.adopt(inner)
    return contents.budgets
  }

  /// A pattern's files in order; a name without `*`, `?` or `[` is one, whether it is there or not.
  private static func paths(_ pattern: String) -> [String] {
    guard pattern.contains(where: { "*?[".contains($0) }) else { return [pattern] }
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(pattern, GLOB_ERR, nil, &found) == 0, let names = found.gl_pathv else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { names[$0].map { String(cString: $0) } }
  }
}
