import Testing

@testable import Metrics

@Suite struct TextExpositionTests {
  @Test func nothingPublishedIsAnEmptyText() {
    #expect(Registry().text() == "")
    #expect(Registry().text(.openMetrics) == "# EOF\n")
  }

  @Test func familiesComeInTheCataloguesOrderAndSeriesSorted() {
    let registry = Registry()
    registry.publish { series in
      series.add(.settledLate, [], value: 0)
      series.add(.cost, ["openai", "gpt-4o", "eco"], value: 1_234_567_890)
      series.add(.tokens, ["openai", "gpt-4o", "output"], value: 7)
      series.add(.tokens, ["azure", "gpt-4o", "input"], value: 9_007_199_254_740_993)
      series.add(.tokens, ["openai", "gpt-4o", "input"], value: 5)
      series.add(.keyLastUsed, ["svc-1"], value: 1_795_262_400_500_000)
    }
    #expect(
      registry.text() == """
        # HELP llm_tokens_total \(Family.tokens.descriptor.help)
        # TYPE llm_tokens_total counter
        llm_tokens_total{provider="azure",model="gpt-4o",type="input"} 9007199254740993
        llm_tokens_total{provider="openai",model="gpt-4o",type="input"} 5
        llm_tokens_total{provider="openai",model="gpt-4o",type="output"} 7
        # HELP llm_cost_total \(Family.cost.descriptor.help)
        # TYPE llm_cost_total counter
        llm_cost_total{provider="openai",model="gpt-4o",power_level="eco"} 1.23456789
        # HELP llm_key_last_used_timestamp_seconds \(Family.keyLastUsed.descriptor.help)
        # TYPE llm_key_last_used_timestamp_seconds gauge
        llm_key_last_used_timestamp_seconds{key="svc-1"} 1795262400.5
        # HELP sidelight_settled_late_total \(Family.settledLate.descriptor.help)
        # TYPE sidelight_settled_late_total counter
        sidelight_settled_late_total 0

        """)
  }

  @Test func hostileLabelValuesStayInsideTheirQuotes() {
    let registry = Registry()
    let long = String(repeating: "é", count: 64)
    registry.publish { series in
      series.add(.teamCost, [#"a"} 1"#], value: 1_000_000_000)
      series.add(.teamCost, [#"back\slash\n"#], value: 2_000_000_000)
      series.add(.teamCost, ["line\nend\r\ttab\0nul"], value: 3_000_000_000)
      series.add(.teamCost, ["\u{202E}right-to-left \u{1F600}"], value: 4_000_000_000)
      series.add(.teamCost, [long], value: 5_000_000_000)
      series.add(.teamCost, [""], value: 6_000_000_000)
    }
    let expected = [
      #"llm_team_cost_total{team=""} 6"#,
      #"llm_team_cost_total{team="a\"} 1"} 1"#,
      #"llm_team_cost_total{team="back\\slash\\n"} 2"#,
      "llm_team_cost_total{team=\"line\\nend\r\ttab\0nul\"} 3",
      "llm_team_cost_total{team=\"\(long)\"} 5",
      "llm_team_cost_total{team=\"\u{202E}right-to-left \u{1F600}\"} 4",
    ]
    #expect(samples(registry.text()).map { Array($0.utf8) } == expected.map { Array($0.utf8) })
    #expect(samples(registry.text(.openMetrics)) == samples(registry.text()))
  }

  @Test func histogramsAreCumulativeAndEndInTheirCount() {
    let registry = Registry()
    registry.publish { series in
      let row = series.add(.timePerOutputToken, labels: ["openai", "gpt-4o"])
      let counts: [Int64] = [1, 0, 2, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 4]
      series.setHistogram(.timePerOutputToken, row: row, counts: counts.span, sum: 12_345_678)
    }
    func bucket(_ bound: String, _ count: Int) -> String {
      "llm_time_per_output_token_seconds_bucket"
        + "{provider=\"openai\",model=\"gpt-4o\",le=\"\(bound)\"} \(count)"
    }
    let expected =
      [("0.01", 1), ("0.025", 1), ("0.05", 3), ("0.075", 3), ("0.1", 3), ("0.15", 6), ("0.2", 6)]
      .map(bucket)
      + [("0.3", 6), ("0.4", 6), ("0.5", 6), ("0.75", 6), ("1.0", 6), ("2.5", 6), ("+Inf", 10)]
      .map(bucket)
      + [
        #"llm_time_per_output_token_seconds_sum{provider="openai",model="gpt-4o"} 12.345678"#,
        #"llm_time_per_output_token_seconds_count{provider="openai",model="gpt-4o"} 10"#,
      ]
    #expect(samples(registry.text()) == expected)
    #expect(samples(registry.text(.openMetrics)) == expected)
    #expect(
      registry.text().hasPrefix(
        """
        # HELP llm_time_per_output_token_seconds \(Family.timePerOutputToken.descriptor.help)
        # TYPE llm_time_per_output_token_seconds histogram

        """))
  }

  @Test func aHistogramWithoutLabelsHasOnlyItsBounds() {
    let registry = Registry()
    registry.addCollector { samples in
      var counts = [Int64](repeating: 0, count: Buckets.commit.count)
      counts[1] = 5
      samples.addHistogram(.ledgerCommitDuration, counts: counts.span, sum: 10_000)
    }
    let lines = samples(registry.text())
    #expect(lines.first == #"sidelight_ledger_commit_duration_seconds_bucket{le="0.001"} 0"#)
    #expect(
      lines.suffix(3) == [
        #"sidelight_ledger_commit_duration_seconds_bucket{le="+Inf"} 5"#,
        "sidelight_ledger_commit_duration_seconds_sum 0.01",
        "sidelight_ledger_commit_duration_seconds_count 5",
      ])
    #expect(lines.count == Buckets.commit.count + 2)
  }
}
