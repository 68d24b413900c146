import Glibc
import Support
import TestSupport
import Testing

@testable import Metrics

/// Prometheus' own judgement of names, types and syntax, where it is installed.
@Suite struct PromtoolTests {
  private static let path: String? = {
    guard let directories = getenv("PATH").map({ String(cString: $0) }) else { return nil }
    return directories.split(separator: ":").map { "\($0)/promtool" }
      .first { (path: String) in access(path, X_OK) == 0 }
  }()

  @Test(.enabled(if: path != nil, "promtool is not installed"))
  func everyFamilyPassesTheLinter() throws {
    let promtool = try #require(PromtoolTests.path)
    let registry = Registry()
    let hostile = "quote \" backslash \\ line\nend \u{202E}"
    registry.publish { series in
      for family in Family.allCases where family.descriptor.origin == .tallied {
        _ = series.add(family, labels: family.descriptor.labels.map { _ in hostile })
      }
    }
    registry.addCollector { samples in
      for family in Family.allCases where family.descriptor.origin == .collected {
        let labels = family.descriptor.labels.map { _ in hostile }
        if let buckets = family.descriptor.buckets {
          let counts = [Int64](repeating: 1, count: buckets.count)
          samples.addHistogram(family, labels: labels, counts: counts.span, sum: 5)
        } else {
          samples.add(family, labels: labels, 0.1)
        }
      }
    }
    let scratch = Scratch()
    let exposition = scratch.write(registry.text(), to: "exposition")
    let findings = scratch.file("findings")
    let status = system("\(promtool) check metrics <\(exposition) >\(findings) 2>&1")
    #expect(status == 0, "\(contents(of: findings))")
  }

  private func contents(of path: String) -> String {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(descriptor, &buffer, buffer.count)
    return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
  }
}
