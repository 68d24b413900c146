import Testing

@testable import Metrics

@Suite struct SeriesOrderTests {
  @Test func lateSeriesAreMergedIntoTheOrder() {
    let registry = Registry()
    var added: [String] = []
    for batch in [["m", "c"], [], ["a", "z", "n"], ["b"], ["ab", "a\"", "é", "~"]] {
      registry.publish { series in
        for team in batch { series.add(.teamCost, [team], value: 0) }
      }
      added += batch
      let expected = added.map { team in
        "llm_team_cost_total{team=\"\(team == "a\"" ? "a\\\"" : team)\"} 0"
      }
      #expect(
        samples(registry.text()).map { Array($0.utf8) }
          == expected.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) })
    }
  }

  @Test func valuesFollowTheirRowsThroughAnyOrder() {
    let registry = Registry()
    var teams: [String] = []
    for _ in 0..<20 {
      let newcomers = (0..<Int.random(in: 0..<30)).map { _ in String(UInt64.random(in: 0 ... .max))
      }
      registry.publish { series in
        for team in newcomers {
          series.set(.teamRequests, row: series.add(.teamRequests, labels: [team, "success"]), -1)
        }
      }
      teams += newcomers
      registry.publish { series in
        for row in teams.indices { series.set(.teamRequests, row: row, Int64(row)) }
      }
      let expected = teams.enumerated().map { row, team in
        "llm_team_requests_total{team=\"\(team)\",status=\"success\"} \(row)"
      }
      #expect(samples(registry.text()) == expected.sorted())
    }
  }

  @Test func rowsAreDensePerFamilyInCallOrder() {
    let registry = Registry()
    let rows = registry.publish { series in
      [
        series.add(.teamCost, labels: ["z"]), series.add(.userCost, labels: ["z"]),
        series.add(.teamCost, labels: ["a"]), series.add(.teamCost, labels: ["m"]),
      ]
    }
    #expect(rows == [0, 0, 1, 2])
    registry.publish { series in
      for (row, value) in [(2, 20), (0, 0), (1, 10)] as [(Int, Int64)] {
        series.set(.teamCost, row: row, value * 1_000_000_000)
      }
    }
    #expect(
      samples(registry.text()).prefix(3) == [
        #"llm_team_cost_total{team="a"} 10"#, #"llm_team_cost_total{team="m"} 20"#,
        #"llm_team_cost_total{team="z"} 0"#,
      ])
  }

  @Test func resetForgetsSeriesAndTheirOrder() {
    let registry = Registry()
    registry.publish { series in
      for team in ["c", "b", "a"] { series.add(.teamCost, [team], value: 1) }
    }
    #expect(samples(registry.text()).count == 3)
    registry.publish { series in
      series.reset()
      #expect(series.add(.teamCost, labels: ["y"]) == 0)
      #expect(series.add(.teamCost, labels: ["x"]) == 1)
      #expect(series.add(.teamCost, labels: ["z"]) == 2)
      #expect(series.count(of: .teamCost) == 3)
    }
    #expect(
      samples(registry.text()) == [
        #"llm_team_cost_total{team="x"} 0"#, #"llm_team_cost_total{team="y"} 0"#,
        #"llm_team_cost_total{team="z"} 0"#,
      ])
  }
}
