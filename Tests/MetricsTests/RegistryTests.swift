import CZlib
import Support
import Testing

@testable import Metrics

@Suite struct RegistryTests {
  /// How often a collector ran, which is how often a text was made.
  private func counting(_ registry: Registry) -> Locked<Int> {
    let runs = Locked(0)
    registry.addCollector { samples in
      samples.add(
        .openFDs,
        Double(
          runs.withLock {
            $0 += 1
            return $0
          }))
    }
    return runs
  }

  @Test func scrapesOfOneSecondShareOneText() {
    let registry = Registry()
    let runs = counting(registry)
    let first = registry.text()
    #expect(registry.text(now: noon + TimeSpan(microseconds: 999_999)) == first)
    #expect(runs.withLock { $0 } == 1)
    let plain = registry.response(accept: nil, acceptEncoding: nil, now: noon)
    let packed = registry.response(accept: nil, acceptEncoding: "gzip", now: noon)
    #expect(plain.body == Array(first.utf8))
    #expect(gunzip(packed.body) == plain.body)
    #expect(registry.response(accept: nil, acceptEncoding: "gzip", now: noon) == packed)
    #expect(runs.withLock { $0 } == 1)
  }

  @Test func aNewSecondACommitAFormatAndACollectorEachMakeANewText() {
    let registry = Registry()
    let runs = counting(registry)
    _ = registry.text()
    _ = registry.text(now: noon + .seconds(1))
    #expect(runs.withLock { $0 } == 2)
    registry.publish { $0.add(.settledLate, [], value: 1) }
    #expect(registry.text(now: noon + .seconds(1)).contains("sidelight_settled_late_total 1\n"))
    #expect(runs.withLock { $0 } == 3)
    _ = registry.text(.openMetrics, now: noon + .seconds(1))
    #expect(runs.withLock { $0 } == 4)
    registry.addCollector { $0.add(.maxFDs, 1024) }
    #expect(registry.text(now: noon + .seconds(1)).contains("process_max_fds 1024\n"))
    #expect(runs.withLock { $0 } == 5)
  }

  @Test func aTextHandedOutIsNotChangedByTheNext() {
    let registry = Registry()
    registry.publish { $0.add(.settledLate, [], value: 1) }
    let first = registry.render(.text, now: noon)
    let copy = first.map { $0 }
    registry.publish { $0.set(.settledLate, row: 0, 2) }
    let second = registry.render(.text, now: noon)
    #expect(first == copy)
    #expect(second != first)
  }

  @Test func aResponseSaysWhatItIs() {
    let registry = Registry()
    registry.publish { $0.add(.settledLate, [], value: 1) }
    let response = registry.response(
      accept: "application/openmetrics-text;version=1.0.0", acceptEncoding: "gzip", now: noon)
    #expect(
      response.contentType == "application/openmetrics-text; version=1.0.0; charset=utf-8")
    #expect(response.contentEncoding == "gzip")
    #expect(gunzip(response.body) == Array(registry.text(.openMetrics).utf8))
    let plain = registry.response(accept: nil, acceptEncoding: "gzip;q=0", now: noon)
    #expect(plain.contentType == "text/plain; version=0.0.4; charset=utf-8")
    #expect(plain.contentEncoding == nil)
  }

  @Test func collectorsKnowTheTimeAndTheSeries() {
    let registry = Registry()
    registry.publish { series in
      for team in ["a", "b"] { series.add(.teamCost, [team], value: 0) }
      _ = series.add(.requestDuration, labels: ["openai", "gpt-4o"])
    }
    registry.addCollector { samples in
      samples.addSeriesCounts()
      samples.add(.reloadTime, samples.now.seconds)
      samples.add(.errorRatio, .nan)
    }
    let lines = samples(registry.text())
    #expect(lines.first { $0.hasPrefix("llm_error") } == "llm_error_ratio NaN")
    #expect(
      lines.filter { $0.hasPrefix("sidelight_") } == [
        #"sidelight_series{family="llm_request_duration_seconds"} 20"#,
        #"sidelight_series{family="llm_team_cost_total"} 2"#,
        "sidelight_config_last_reload_success_timestamp_seconds 1795262400",
      ])
    #expect(lines.count { $0.hasPrefix("llm_request_duration") } == 20)
  }

  @Test func publishPassesOnWhatItsBodyReturnsOrThrows() {
    struct Refused: Error {}
    let registry = Registry()
    #expect(registry.publish { _ in 7 } == 7)
    #expect(throws: Refused.self) { try registry.publish { _ in throw Refused() } }
  }

  /// One writer, several scrapers: each text must be of one commit.
  @Test func scrapesNeverSeeHalfACommit() async {
    let registry = Registry()
    registry.publish { series in
      for team in 0..<50 { series.add(.teamCost, ["\(team)"], value: 0) }
    }
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for value in 1...300 as ClosedRange<Int64> {
          registry.publish { series in
            for row in 0..<50 { series.set(.teamCost, row: row, value * 1_000_000_000) }
            if value % 50 == 0 { series.add(.userCost, ["\(value)"], value: value) }
          }
        }
      }
      for scraper in 0..<3 {
        group.addTask {
          for _ in 0..<100 {
            let lines = samples(registry.text(scraper == 0 ? .openMetrics : .text))
            let values = Set(
              lines.filter { $0.contains("team") }.map { $0.split(separator: " ")[1] })
            #expect(values.count == 1)
          }
        }
      }
    }
    #expect(samples(registry.text()).count == 56)
  }
}

@Suite struct GzipTests {
  @Test(arguments: [0, 1, 65_535, 65_536, 1_000_000])
  func whatIsCompressedComesBack(_ size: Int) throws {
    var random = SystemRandomNumberGenerator()
    let noise = (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
    let packed = try #require(Gzip.compress(noise))
    #expect(packed.prefix(3) == [0x1f, 0x8b, 8])
    #expect(gunzip(packed) == noise)
    let zeros = [UInt8](repeating: 0, count: size)
    #expect(gunzip(try #require(Gzip.compress(zeros))) == zeros)
  }
}

/// The content of one gzip member, empty if it is damaged.
func gunzip(_ bytes: [UInt8]) -> [UInt8] {
  var stream = z_stream()
  guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
  else { return [] }
  defer { inflateEnd(&stream) }
  var input = bytes
  var output: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  return input.withUnsafeMutableBufferPointer { input in
    stream.next_in = input.baseAddress
    stream.avail_in = UInt32(input.count)
    while true {
      let status = chunk.withUnsafeMutableBufferPointer { chunk in
        stream.next_out = chunk.baseAddress
        stream.avail_out = UInt32(chunk.count)
        return inflate(&stream, Z_NO_FLUSH)
      }
      output += chunk.prefix(chunk.count - Int(stream.avail_out))
      if status == Z_STREAM_END { return stream.avail_in == 0 ? output : [] }
      if status != Z_OK { return [] }
    }
  }
}
