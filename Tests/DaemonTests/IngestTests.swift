import Config
import Ledger
import Source
import Support
import TestSupport
import Testing

@testable import Daemon

/// `POST /ingest/litellm` over HTTP, against the whole sidecar.
@Suite struct IngestTests {
  private let scratch = Scratch()

  private func makeApp(token: String? = "secret-token-of-tests") throws -> App {
    var configuration = Configuration(instance: "test")
    configuration.web.port = 0
    configuration.web.token = token
    configuration.sources = [SourceOptions(input: .files(glob: scratch.file("*.jsonl")))]
    configuration.ledger.path = scratch.file("ledger.db")
    let loaded = configuration
    return try App(configuration: configuration, version: "test") { () throws(ConfigError) in loaded
    }
  }

  private func post(
    _ app: App, _ body: [UInt8], token: String? = "secret-token-of-tests", headers: [String] = []
  ) throws -> RawHTTP.Response {
    let client = try RawHTTP(port: app.port)
    var lines = ["POST /ingest/litellm HTTP/1.1", "Host: localhost"] + headers
    if let token { lines.append("Authorization: Bearer \(token)") }
    lines.append("Content-Length: \(body.count)")
    client.send(lines.joined(separator: "\r\n") + "\r\n\r\n")
    client.send(body)
    return try client.response()
  }

  private func payload(_ id: String) -> String {
    let now = WallClock.system.now().microseconds / 1_000_000
    return """
      {"litellm_call_id":"\(id)","status":"success","startTime":\(now - 2),"endTime":\(now - 1),\
      "model":"openai/gpt-4o","custom_llm_provider":"openai","model_group":"r",\
      "response_cost":0.25,"prompt_tokens":3,"completion_tokens":4}
      """
  }

  private func series(_ app: App) throws -> Series {
    let lines = try RawHTTP(port: app.port).get("/metrics").text.split(separator: "\n")
    // Without the process's own: bytes of memory are too large for billionths.
    return Series(lines.filter { !$0.hasPrefix("process_") }.joined(separator: "\n"))
  }

  @Test func countsWhatIsPosted() throws {
    let app = try makeApp()
    defer { app.stop() }
    let batch = Array("[\(payload("a")),\(payload("b"))]".utf8)
    let first = try post(app, batch, headers: ["Content-Type: application/json"])
    #expect(first.status == 200)
    #expect(first.headers["content-type"] == "application/json")
    #expect(first.text == "{\"accepted\":2,\"duplicates\":0,\"rejected\":0}\n")
    let again = try post(app, Packed.gzip(batch), headers: ["Content-Encoding: gzip"])
    #expect(again.text == "{\"accepted\":0,\"duplicates\":2,\"rejected\":0}\n")
    let series = try series(app)
    #expect(series.counts("llm_requests_total", by: "status") == ["success": 2])
    #expect(series.sums("llm_cost_total", by: "provider") == ["openai": 500_000_000])
    #expect(series.counts("sidelight_source_info", by: "source", "format") == ["push|litellm": 1])
  }

  @Test func survivesARestart() throws {
    let body = Array(payload("a").utf8)
    do {
      let app = try makeApp()
      #expect(try post(app, body).text == "{\"accepted\":1,\"duplicates\":0,\"rejected\":0}\n")
      app.stop()
    }
    let next = try makeApp()
    defer { next.stop() }
    #expect(try post(next, body).text == "{\"accepted\":0,\"duplicates\":1,\"rejected\":0}\n")
    #expect(try series(next).counts("llm_requests_total", by: "status") == ["success": 1])
  }

  @Test func needsTheToken() throws {
    let app = try makeApp()
    defer { app.stop() }
    #expect(try post(app, [], token: nil).status == 401)
    #expect(try post(app, [], token: "wrong").status == 401)
    #expect(try RawHTTP(port: app.port).get("/ingest/litellm").status == 401)
  }

  @Test func isNotThereWithoutAToken() throws {
    let app = try makeApp(token: nil)
    defer { app.stop() }
    let response = try post(app, Array(payload("a").utf8))
    #expect(response.status == 404)
    #expect(try !series(app).samples.keys.contains { $0.contains("push") })
  }

  @Test func refusesWhatIsNoBatch() throws {
    let app = try makeApp()
    defer { app.stop() }
    let bad = try post(app, Array("<html>".utf8))
    #expect(bad.status == 400)
    #expect(
      bad.text
        == "{\"error\":{\"code\":\"bad_body\",\"message\":\"the body is neither a JSON array nor JSON "
        + "objects\"}}\n")
    let coding = try post(app, Array("{}".utf8), headers: ["Content-Encoding: br"])
    #expect(coding.status == 415)
    #expect(coding.headers["accept-encoding"] == "gzip")
    let bomb = Packed.gzip(Array("[\"".utf8)) + Packed.zeros(mebibytes: 8)
    #expect(try post(app, bomb, headers: ["Content-Encoding: gzip"]).status == 413)
    let client = try RawHTTP(port: app.port)
    client.send(
      "POST /ingest/litellm HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16777217\r\n"
        + "Authorization: Bearer secret-token-of-tests\r\n\r\n")
    #expect(try client.response().status == 413)
    #expect(try series(app).counts("sidelight_source_lines_total", by: "source") == [:])
  }

  @Test func aFullQueueSaysWhenToComeBack() {
    let queue = PushQueue()
    let route = PushRoute(queue: queue)
    let answers = Locked<[Int: Int]>([:])
    func post() -> [Int: Int] {
      route.take(.init(.post, "/ingest/litellm", body: [1])) { response in
        answers.withLock { $0[response.status, default: 0] += 1 }
        if response.status == 429 { #expect(response.headers["Retry-After"] == "1") }
        if response.status == 503 { #expect(response.headers["Retry-After"] == "5") }
      }
      return answers.withLock { $0 }
    }
    for _ in 0..<PushQueue.mostDeliveries { #expect(post() == [:]) }
    #expect(post() == [429: 1])
    queue.close()
    #expect(answers.withLock { $0 } == [429: 1, 503: PushQueue.mostDeliveries])
    #expect(post() == [429: 1, 503: PushQueue.mostDeliveries + 1])
  }
}
