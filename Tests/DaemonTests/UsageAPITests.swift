import FoundationEssentials
import Support
import Tally
import TestSupport
import Testing

@testable import Daemon
@testable import Ledger

/// `/api/v1/usage` over a real socket: periods, steps, pages, notes and mistakes. It is noon.
@Suite struct UsageAPITests {
  private let rig = Rig()

  /// Writes a request of a quarter dollar that ended `hours` ago.
  private func request(_ id: Int, hours: Double, _ rest: String = "") -> String {
    let end = rig.clock.now.seconds - hours * 3600
    return """
      {"kind":"request","id":"r\(id)","start":\(end - 1),"end":\(end),"outcome":"success",\
      "route":"gpt-4o","provider":"openai","model":"gpt-4o","attempts":1,\
      "tokens":{"input":10,"output":5},"cost_usd":0.25\(rest)}

      """
  }

  private func read(_ lines: [String]) throws {
    rig.scratch.write(lines.joined(), to: "a.jsonl")
    try rig.run()
    // Made two days ago.
    let created = Int64(rig.clock.now.seconds) - 172_800
    try rig.ledger?.database.execute("UPDATE meta SET value = \(created) WHERE key = 'created'")
  }

  private func text(_ query: String) throws -> String {
    let response = try #require(try rig.get("/api/v1/usage\(query)").first)
    #expect(response.headers["content-type"] == "application/json")
    return response.text
  }

  @Test func anAnswerIsAsDocumented() throws {
    try read([request(1, hours: 1), request(2, hours: 2, ",\"tags\":[\"ci\"]")])
    let sums = """
      "errors":0,"cancelled":0,"fallbacks":0,"retried":0,"cached":0,"unpriced":0
      """
    #expect(
      try text("?by=model&from=3h") == """
        {"from":1795251600,"to":1795262400,"by":["model"],"step":null,"timezone":"UTC",\
        "source":"rollups","rows":[{"labels":{"model":"gpt-4o"},"requests":2,\(sums),\
        "tokens":{"input":20,"output":10,"cache_read":0,"cache_write":0,"reasoning":0},\
        "cost":0.5,"saved":0,"latency":{"success":1,"all":1,"first_token":null}}],\
        "totals":{"requests":2,\(sums),\
        "tokens":{"input":20,"output":10,"cache_read":0,"cache_write":0,"reasoning":0},\
        "cost":0.5,"saved":0,"latency":{"success":1,"all":1,"first_token":null}},\
        "total_rows":1,"next_offset":null,"complete":true,"notes":[]}

        """)
  }

  @Test func noRequestsAreNoRows() throws {
    try rig.start()
    let report = try rig.usage("step=1h&by=provider")
    #expect(report.rows.isEmpty && report.totals == UsageSums() && report.nextOffset == nil)
    #expect(report.request.query.windows.count == 24)
  }

  @Test func aPeriodIsRoundedOutwardToQuarters() throws {
    try read([request(1, hours: 1), request(2, hours: 1.2), request(3, hours: 1.3)])
    // 11:00, 10:48 and 10:42.
    let report = try rig.usage("from=2026-11-21T10:50:00Z&to=2026-11-21T10:59:59Z")
    #expect(report.request.period.start.rfc3339 == "2026-11-21T10:45:00Z")
    #expect(report.request.period.end.rfc3339 == "2026-11-21T11:00:00Z")
    #expect(report.totals.requests == 1)
    // Single requests are told apart to the microsecond.
    let exact = "from=2026-11-21T10:42:00.000001Z&to=2026-11-21T11:00:00Z&source=requests"
    #expect(try rig.usage(exact).totals.requests == 1)
    #expect(try rig.usage("from=1795257719.5&source=requests").totals.requests == 3)
  }

  @Test(arguments: [
    ("from=now-2h&to=now", 7200), ("from=2h", 7200), ("from=now/d", 43_200),
    ("from=now-1d/d&to=now/d", 129_600), ("from=2026-11-21", 43_200),
    ("from=2026-11-21&tz=Europe/Berlin", 46_800), ("from=now/w", 475_200),
    ("from=now/mo&tz=America/New_York", 1_756_800), ("to=now-1h", 90_000),
  ])
  func timesAreRelativeAndAbsolute(_ period: String, _ ago: Int64) throws {
    try rig.start()
    #expect(try rig.usage(period).request.period.start == rig.clock.now - .seconds(ago))
  }

  @Test func stepsAreTheCalendarsOfAZone() throws {
    // Two days around the 25 October 2026, when clocks in Berlin are turned back.
    try rig.start()
    let period = "from=2026-10-24&to=2026-10-27&tz=Europe/Berlin"
    func hours(_ step: String) throws -> [Double] {
      try rig.usage("\(period)&step=\(step)").request.query.windows.map {
        $0.length.seconds / 3600
      }
    }
    #expect(try hours("1d") == [24, 25, 24])
    #expect(try hours("12h") == [12, 12, 12, 12, 1, 12, 12])
    #expect(try hours("15m").count == 73 * 4)
    #expect(try hours("1mo") == [73])
    #expect(try hours("1w") == [49, 24])
  }

  @Test func everyStepIsTold() throws {
    try read([request(1, hours: 0.5), request(2, hours: 2.5), request(3, hours: 2.6)])
    let report = try rig.usage("from=3h&step=1h")
    #expect(report.rows.map(\.start.rfc3339) == ["2026-11-21T09:00:00Z", "2026-11-21T11:00:00Z"])
    #expect(report.rows.map(\.sums.requests) == [2, 1])
    #expect(
      try text("?from=3h&step=1h").contains(
        #""step":"1h","timezone":"UTC","source":"rollups","starts":[1795251600,1795255200,"#
          + #"1795258800],"rows":[{"start":1795251600,"labels":{},"requests":2,"#))
  }

  @Test func pagesAreStableAndComplete() throws {
    try read(
      (0..<40).map { index in
        request(index, hours: 1, ",\"team\":{\"id\":\"t\(index % 20)\"}")
      })
    for sort in ["cost", "requests", "team", "latency&order=asc"] {
      var seen: [[String]] = []
      var offset: Int? = 0
      while let next = offset {
        let page = try rig.usage("by=team&limit=7&offset=\(next)&sort=\(sort)")
        #expect(page.totalRows == 20 && page.totals.requests == 40)
        seen += page.rows.map(\.labels)
        offset = page.nextOffset
      }
      #expect(seen == (0..<20).map { ["t\($0)"] }.sorted { $0[0] < $1[0] }, "\(sort)")
    }
    #expect(try rig.usage("by=team&offset=20").rows.isEmpty)
    #expect(try rig.usage("by=team&sort=team&order=desc&limit=1").rows.first?.labels == ["t9"])
  }

  @Test func whatIsMissingIsSaid() throws {
    try read([request(1, hours: 1), request(2, hours: 30, ",\"tags\":[\"a\",\"b\"]")])
    func codes(_ query: String) throws -> [String] {
      try rig.usage(query).notes.map(\.code.rawValue)
    }
    #expect(try codes("from=2d") == [])
    #expect(try codes("from=3d") == ["begins_later"])
    #expect(try !rig.usage("from=3d").isComplete)
    // Two days of single requests, one of which is dropped.
    #expect(try codes("from=2d&source=requests") == [])
    try rig.ledger?.database.execute("DELETE FROM request WHERE \"end\" < 1795200000000000")
    #expect(try codes("from=2d&source=requests") == ["not_kept"])
    #expect(try codes("from=1d&source=requests") == [])
    try rig.ledger?.database.execute("DELETE FROM request")
    #expect(try codes("from=2d&source=requests") == ["not_kept"])
    #expect(try codes("by=tag&from=30h") == ["overlapping"])
    #expect(try rig.usage("by=tag&from=30h").totals.requests == 2)
    #expect(try rig.usage("tag=a&from=30h").totals.requests == 1)
  }

  @Test(arguments: [
    ("by=modle", #"by: expected labels of provider, model,"#),
    ("by=user,model", "by: expected user alone or with status: the ledger keeps it apart"),
    ("user=x&by=tag", "by: expected tag alone or with status"),
    ("by=deployment&source=rollups", "source: expected requests, which alone know deployment"),
    ("by=user&source=requests", "source: expected rollups, which alone know user"),
    ("step=10m", #"step: expected 15m or a multiple of it that divides a day, 1d, 1w or 1mo"#),
    ("step=7h", "step: expected 15m"), ("step=0", "step: expected 15m"),
    ("step=15m&from=200d", "step: expected at most 10000 steps between from and to"),
    ("from=1h&to=2h", "from: expected a time before to (2026-11-21T10:00:00Z)"),
    ("from=20y", "at most 3660d"), ("from=now/x", "from: expected a time such as"),
    ("from=now-", "from: expected"), ("from=/d", "from: expected"), ("tz=Mars", "a time zone such"),
    ("sort=start", "sort: expected one of cost, requests, errors, tokens, latency, got"),
    ("order=up", "order: expected asc or desc"), ("limit=0", "limit: expected a number from 1 to"),
    ("limit=10001", "limit"), ("offset=-1", "offset"),
    ("providr=x", #"did you mean \"provider\"?"#),
    ("source=x", "source: expected one of rollups, requests"),
    ("source=", "source: expected one of"), ("by=", "by: expected labels of"),
    ("by=model,", "by: expected labels of"), ("sort=", "sort: expected one of"),
    ("order=", "order: expected asc or desc"),
  ])
  func mistakesNameTheParameter(_ query: String, _ message: String) throws {
    try rig.start()
    let response = try #require(try rig.get("/api/v1/usage?\(query)").first)
    #expect(response.status == 400)
    #expect(response.text.hasPrefix(#"{"error":{"code":"bad_parameter","message":""#))
    #expect(response.text.contains(message), "\(response.text)")
  }

  @Test func csvIsOfAllRowsInTheOrderOfTime() throws {
    try read([
      request(1, hours: 1, ",\"team\":{\"id\":\"=1+1\"}"),
      request(2, hours: 1, ",\"team\":{\"id\":\"a,\\\"b\\\"c\"}"),
      request(3, hours: 30, ",\"team\":{\"id\":\"-x\"}"),
    ])
    let path = "/api/v1/usage.csv?by=team&step=1d&from=2026-11-20&tz=Europe/Berlin&sort=team"
    let response = try #require(try rig.get(path).first)
    #expect(response.status == 200)
    #expect(response.headers["content-type"] == "text/csv; charset=utf-8; header=present")
    #expect(response.headers["content-disposition"] == "attachment; filename=\"usage.csv\"")
    #expect(response.headers["sidelight-notes"] == nil)
    #expect(
      response.text
        == """
        start,team,requests,errors,cancelled,fallbacks,retried,cached,unpriced,input_tokens,\
        output_tokens,cache_read_tokens,cache_write_tokens,reasoning_tokens,cost_usd,saved_usd,\
        latency_success_seconds,latency_all_seconds,first_token_seconds
        2026-11-20T00:00:00+01:00,'-x,1,0,0,0,0,0,0,10,5,0,0,0,0.25,0,1,1,
        2026-11-21T00:00:00+01:00,'=1+1,1,0,0,0,0,0,0,10,5,0,0,0,0.25,0,1,1,
        2026-11-21T00:00:00+01:00,"a,""b""c",1,0,0,0,0,0,0,10,5,0,0,0,0.25,0,1,1,

        """.replacing("\n", with: "\r\n"))
    #expect(try rig.get("/api/v1/usage.csv?limit=1").first?.status == 400)
    #expect(try rig.get("/api/v1/usage.csv?from=9d").first?.headers["sidelight-notes"] != nil)
  }

  @Test func fieldsAreNoFormulas() {
    for (text, field) in [
      ("=1", "'=1"), ("+1", "'+1"), ("@x", "'@x"), ("\tx", "'\tx"), ("\rx", "\"'\rx\""),
      ("a\nb", "\"a\nb\""), ("\"", "\"\"\"\""), ("", ""), ("a b", "a b"), ("x=1", "x=1"),
    ] {
      #expect(UsageCSV.field(text) == field)
    }
  }

  @Test func longAnswersAreSentFromAFile() throws {
    try read((0..<400).map { request($0, hours: Double($0) / 9) })
    try rig.ledger?.database.execute(
      """
      WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < 20000)
      INSERT INTO rollup SELECT 1994730, 2, i, 0, 0, 0, 0, 0, 0,
        1, 0, 0, 0, 0, 0, i, 0, 0, 0, 0, 0, 0 FROM n WHERE i > 10
      """)
    let path = "/api/v1/usage.csv?by=provider,status&step=15m&from=2d&sort=cost"
    let response = try #require(try rig.get(path).first)
    #expect(response.headers["content-length"] == "\(response.body.count)")
    #expect(response.body.count > 300_000)
    // One for each quarter, one for the values that nothing is known of, the names, the end.
    let report = try rig.usage("by=provider,status&step=15m&from=2d&limit=1")
    #expect(response.text.split(separator: "\r\n").count == report.totalRows + 1)
  }

  @Test func asManyLabelsAsThereAre() throws {
    for index in 0..<20 {
      rig.settings.labels.extra.append(.init(name: "x\(index)", selector: .meta("x\(index)")))
    }
    try read([request(1, hours: 1, ",\"meta\":{\"x3\":\"a,x4=b\"}")])
    func by(_ count: Int) -> String { (0..<count).map { "x\($0)" }.joined(separator: ",") }
    #expect(try rig.usage("by=\(by(12))").rows.first?.labels.count == 12)
    #expect(throws: QueryProblem.badParameter("by", expected: "at most 12 labels", got: "13")) {
      try rig.usage("by=\(by(13))")
    }
    let all = try rig.usage(
      "by=provider,model,route,power_level,key,team,status,deployment,served_route,reason,x1,x2")
    #expect(all.rows.map(\.sums.requests) == [1])
  }

  @Test func theConfigurationIsShownRedacted() throws {
    try rig.start()
    let responses = try rig.get("/api/v1/config", "/api/v1/config?x=1")
    #expect(responses.map(\.status) == [200, 400])
    struct Shown: Decodable { var instance: String }
    let shown = try JSONDecoder().decode(Shown.self, from: Data(responses[0].body))
    #expect(shown.instance == "x")
  }
}
