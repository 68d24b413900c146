import TestSupport
import Testing

/// Style that can be checked is checked here; the rest is the formatter's.
struct StyleTests {
  private static let sources = try? Repository.files(below: "Sources", ending: ".swift")
  private static let tests = try? Repository.files(below: "Tests", ending: ".swift")

  @Test("files hold one idea", arguments: (sources ?? []) + (tests ?? []))
  func fileLength(_ file: String) throws {
    let lines = try Repository.text(file).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count <= 301, "\(file) has \(lines.count) lines")
  }

  @Test("functions fit on a screen", arguments: sources ?? [])
  func functionLength(_ file: String) throws {
    var begun: (line: Int, indent: Int, name: Substring)?
    let lines = try Repository.text(file).split(separator: "\n", omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated() {
      let indent = line.prefix { $0 == " " }.count
      if let function = begun {
        if line == String(repeating: " ", count: function.indent) + "}" {
          let length = number - function.line
          #expect(length <= 60, "\(file):\(function.line + 1): \(length) lines")
          begun = nil
        }
      } else if line.contains("func ") || line.contains(" init("), line.hasSuffix("{") {
        begun = (number, indent, line)
      }
    }
  }

  private static let banned = [
    ("import Foundation\n", "full Foundation brings ICU: import FoundationEssentials"),
    ("try!", "errors are thrown, not fatal"),
    ("as!", "casts are checked"),
    ("fatalError(", "bad input is no reason to die"),
    ("TO" + "DO", "what is put off is an issue, not a comment"),
    ("FIX" + "ME", "what is put off is an issue, not a comment"),
  ]

  @Test("shipped code has nothing that is banned", arguments: sources ?? [])
  func bannedWords(_ file: String) throws {
    let text = try Repository.text(file)
    for (word, why) in Self.banned where text.contains(word) {
      Issue.record("\(file) has \(word): \(why)")
    }
  }

  @Test("unchecked sendability is proved in a comment", arguments: sources ?? [])
  func uncheckedSendable(_ file: String) throws {
    let lines = try Repository.text(file).split(separator: "\n", omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated()
    where line.contains("@unchecked Sendable") && !line.contains("///") {
      let comment = lines[..<number].reversed().prefix { $0.contains("///") }
      #expect(
        comment.contains { $0.contains("@unchecked Sendable") }, "\(file):\(number + 1): why?")
    }
  }

  @Test("each C library is imported by one module")
  func importersOfLibraries() throws {
    var importers: [Substring: Set<String>] = [:]
    for file in try Repository.files(below: "Sources", ending: ".swift") {
      let module = file.split(separator: "/")[1]
      for line in try Repository.text(file).split(separator: "\n") {
        let words = line.split(separator: " ")
        guard let place = words.firstIndex(of: "import"), place <= 1, words.count > place + 1,
          words[place + 1].hasPrefix("C"), words[place + 1] != "Config"
        else { continue }
        #expect(words.first != "package" && words.first != "public", "\(file) shows \(line)")
        importers[words[place + 1], default: []].insert(String(module))
      }
    }
    // Two lines of libcrypto serve the token check, two the pseudonyms; zlib packs here and unpacks
    // there.
    importers["CCrypto"] = nil
    importers["CZlib"] = nil
    #expect(importers.count >= 5)
    for (library, modules) in importers { #expect(modules.count == 1, "\(library): \(modules)") }
  }

  @Test("tests wait for nothing", arguments: tests ?? [])
  func sleeps(_ file: String) throws {
    guard !file.contains("/EndToEnd/"), !file.contains("/TidyTests/") else { return }
    #expect(try !Repository.text(file).contains("Thread.sleep"), "\(file) sleeps")
  }
}
