import Support
import Testing

@testable import Metrics

@Suite struct OpenMetricsTests {
  @Test func countersLoseTotalInCommentsAndUnitsAreNamed() {
    let registry = Registry()
    registry.publish { series in
      series.add(.cost, ["openai", "gpt-4o", "eco"], value: 500_000_000)
      series.add(.sourceBytes, ["log"], value: 42)
      series.add(.sourceLastEvent, ["log"], value: 1_000_001)
    }
    registry.addCollector { $0.add(.buildInfo, labels: ["1.0.0"], 1) }
    #expect(
      registry.text(.openMetrics) == """
        # HELP llm_cost \(Family.cost.descriptor.help)
        # TYPE llm_cost counter
        llm_cost_total{provider="openai",model="gpt-4o",power_level="eco"} 0.5
        # HELP sidelight_build_info \(Family.buildInfo.descriptor.help)
        # TYPE sidelight_build_info gauge
        sidelight_build_info{version="1.0.0"} 1
        # HELP sidelight_source_bytes \(Family.sourceBytes.descriptor.help)
        # TYPE sidelight_source_bytes counter
        # UNIT sidelight_source_bytes bytes
        sidelight_source_bytes_total{source="log"} 42
        # HELP sidelight_source_last_event_timestamp_seconds \
        \(Family.sourceLastEvent.descriptor.help)
        # TYPE sidelight_source_last_event_timestamp_seconds gauge
        # UNIT sidelight_source_last_event_timestamp_seconds seconds
        sidelight_source_last_event_timestamp_seconds{source="log"} 1.000001
        # EOF

        """)
  }

  @Test func exemplarsStandOnTheirBucketAndInOpenMetricsOnly() throws {
    let registry = Registry()
    let exemplar = try #require(
      Exemplar(traceID: "4bf92f35", value: 15_500, time: noon + .milliseconds(250)))
    let other = try #require(Exemplar(traceID: "1-x:Y_z.0", value: 700_000_000, time: noon))
    registry.publish { series in
      for model in ["other", "gpt-4o"] {
        let row = series.add(.requestDuration, labels: ["openai", model])
        var counts = [Int64](repeating: 0, count: Buckets.duration.count)
        counts[1] = 1
        counts[17] = 1
        series.setHistogram(.requestDuration, row: row, counts: counts.span, sum: 700_015_500)
      }
      series.setExemplar(.requestDuration, row: 1, bucket: 17, exemplar)
      series.setExemplar(.requestDuration, row: 1, bucket: 17, other)
      series.setExemplar(.requestDuration, row: 1, bucket: 1, exemplar)
    }
    let lines = samples(registry.text(.openMetrics)).filter { $0.contains(" # ") }
    let bucket = #"llm_request_duration_seconds_bucket{provider="openai",model="gpt-4o","#
    #expect(
      lines == [
        bucket + #"le="0.02"} 1 # {trace_id="4bf92f35"} 0.0155 1795262400.25"#,
        bucket + #"le="+Inf"} 2 # {trace_id="1-x:Y_z.0"} 700 1795262400"#,
      ])
    #expect(!registry.text().contains(" # {"))
  }

  @Test(arguments: [
    "", String(repeating: "a", count: 65), "a\"b", "a\\", "a\nb", "a b", "é", "me@example.org",
    "a/b", "a;b", "a\0",
  ])
  func anExemplarIsNotMadeOfAnyText(_ traceID: String) {
    #expect(Exemplar(traceID: traceID, value: 1, time: noon) == nil)
  }

  @Test func anExemplarMayHave64Characters() {
    #expect(Exemplar(traceID: String(repeating: "a", count: 64), value: 1, time: noon) != nil)
  }

  @Test func createdLinesAreWrittenOnlyIfAskedFor() {
    let since = Timestamp(microseconds: 1_500_000)
    func fill(_ registry: Registry) -> Registry {
      registry.publish { series in
        _ = series.add(.cost, labels: ["openai", "gpt-4o", "eco"], created: since)
        _ = series.add(.cost, labels: ["openai", "gpt-4o", "none"])
        _ = series.add(.settledLate, labels: [], created: since)
        _ = series.add(.keyLastUsed, labels: ["svc-1"], created: since)
        _ = series.add(.attemptDuration, labels: ["openai", "gpt-4o"], created: since)
      }
      return registry
    }
    let lines = samples(fill(Registry(created: true)).text(.openMetrics))
    #expect(
      lines.filter { $0.contains("_created") } == [
        #"llm_cost_created{provider="openai",model="gpt-4o",power_level="eco"} 1.5"#,
        #"llm_attempt_duration_seconds_created{provider="openai",model="gpt-4o"} 1.5"#,
        "sidelight_settled_late_created 1.5",
      ])
    #expect(
      lines.prefix(3) == [
        #"llm_cost_total{provider="openai",model="gpt-4o",power_level="eco"} 0"#,
        #"llm_cost_created{provider="openai",model="gpt-4o",power_level="eco"} 1.5"#,
        #"llm_cost_total{provider="openai",model="gpt-4o",power_level="none"} 0"#,
      ])
    #expect(!fill(Registry(created: true)).text().contains("_created"))
    #expect(!fill(Registry()).text(.openMetrics).contains("_created"))
  }
}
