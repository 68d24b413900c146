import Glibc
import TestSupport
import Testing

/// The fuzzer's properties, on its corpus and on every input that has broken one before.
@Suite struct PropertyTests {
  @Test(arguments: FuzzTarget.allCases)
  func corpus(target: FuzzTarget) {
    let seeds = Corpus.seeds(for: target)
    #expect(seeds.count >= 10)
    for seed in seeds { expectNoViolation(seed, target) }
  }

  /// Every seed, damaged.
  @Test(arguments: FuzzTarget.allCases, 1...2 as ClosedRange<UInt64>)
  func damagedCorpus(target: FuzzTarget, seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let seeds = Corpus.seeds(for: target)
    for (index, input) in seeds.enumerated() where index % 3 == Int(seed) {
      let other = seeds.randomElement(using: &random) ?? []
      expectNoViolation(Damage.damaged(input, with: other, &random), target)
    }
  }

  @Test(arguments: Regression.all)
  func regression(_ regression: Regression) {
    expectNoViolation(TestData.bytes(at: regression.path), regression.target)
  }

  @Test func propertiesAreViolatedByWhatIsWrong() {
    let lines = Array("a\nb\n".utf8)
    #expect(FuzzTarget.framing.violation(lines) == nil)
    do throws(Violation) {
      try hold(1, is: 2, "one")
      Issue.record("1 is not 2")
    } catch {
      #expect(error.description == "one:\n  1\nis not\n  2")
    }
  }

  private func expectNoViolation(_ input: [UInt8], _ target: FuzzTarget) {
    let violation = target.violation(input)
    #expect(violation == nil, "\(violation.map { "\($0)" } ?? ""): \(input)")
  }
}

/// An input in `Tests/Data/fuzz` that has violated a property once; its name says which.
struct Regression: CustomTestStringConvertible, Sendable {
  var target: FuzzTarget
  var name: String

  var path: String { TestData.path("fuzz/\(target.rawValue)/\(name)") }
  var testDescription: String { "\(target.rawValue)/\(name)" }

  static let all: [Regression] = FuzzTarget.allCases.flatMap { target in
    names(in: TestData.path("fuzz/\(target.rawValue)")).map { Regression(target: target, name: $0) }
  }

  private static func names(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }
}
