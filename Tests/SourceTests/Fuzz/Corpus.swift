import TestSupport

@testable import Source

/// Inputs made from what the real proxy wrote, for fuzzers to start from.
enum Corpus {
  static func seeds(for target: FuzzTarget) -> [[UInt8]] {
    switch target {
    case .framing: framing
    case .native: native + joined(native, 4)
    case .payload:
      joined(payloads, 1) + joined(payloads, 2) + joined(payloads, 4) + joined(native, 3)
    case .ingest: bodies
    }
  }

  private static let samples = [
    "badkey", "cache", "disconnect", "embed", "fail_all", "fb_claude_gemini", "fb_stream",
    "messages", "midcut", "nofb500", "nomodel", "ok", "retry_ok", "stream", "timeout", "up429",
  ]

  /// Those of the same request follow each other.
  private static let payloads =
    samples.flatMap { lines(of: "samples/\($0).jsonl") }
    + lines(of: "captured/cooldown_fallbacks.jsonl").prefix(6)
    + lines(of: "captured/cooldown_standard.jsonl").prefix(4)

  private static let native = Array(lines(of: "lab/native.jsonl.gz").prefix(60))

  private static func lines(of name: String) -> [[UInt8]] {
    guard var file = try? HistoryFile(path: TestData.path(name), maxLine: 1 << 20) else {
      return []
    }
    var lines: [[UInt8]] = []
    while let result = try? file.read(budget: 1 << 20, { line, _ in lines.append(Array(line)) }),
      result.hasMore
    {}
    return lines
  }

  private static func joined(_ lines: [[UInt8]], _ count: Int, by separator: String = "\n")
    -> [[UInt8]]
  {
    stride(from: 0, to: lines.count, by: count).map {
      Array(lines[$0..<min($0 + count, lines.count)].joined(separator: separator.utf8))
    }
  }

  /// Plain lines, and the same as container runtimes write them: both streams, cut in parts.
  private static let framing: [[UInt8]] = {
    let short = native.map { Array($0.prefix(400)) }
    var seeds = joined(short, 3).map { $0 + [0x0A] }
    for runtime in Runtime.allCases {
      for size in [7, 90, 1000] {
        let parts = short.prefix(12).enumerated().flatMap { index, line in
          frames(text(line), by: runtime, stream: index % 3 == 1 ? "stderr" : "stdout", size: size)
        }
        seeds.append(Array(parts.joined().utf8))
        // The streams' parts among each other.
        let (even, odd) = (
          parts.indices.filter { $0 % 2 == 0 }, parts.indices.filter { $0 % 2 == 1 }
        )
        seeds.append(Array((even + odd).map { parts[$0] }.joined().utf8))
      }
    }
    return seeds
  }()

  private static let bodies: [[UInt8]] = {
    let lines = native + payloads
    let arrays = joined(lines, 2, by: ",") + joined(lines, 5, by: " ,\n")
    let wrapped = arrays.map { Array("[".utf8) + $0 + Array("]\n".utf8) }
    let plain = wrapped + joined(lines, 3) + joined(lines, 1)
    return plain + plain.prefix(10).map(Packed.gzip)
  }()
}
