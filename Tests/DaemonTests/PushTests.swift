import Source
import Support
import TestSupport
import Testing

@testable import Daemon
@testable import Ledger

/// Bodies through the pipeline: what is counted, what is answered.
@Suite struct PushTests {
  private let rig: Rig
  private let push: Pushing

  init() {
    rig = Rig()
    rig.settings.sources.append(SourceOptions(input: .push))
    push = Pushing(rig)
  }

  /// A request that ended so many seconds ago.
  private func native(_ id: String, ago seconds: Int64 = 1) -> String {
    let end = rig.clock.now.microseconds / 1_000_000 - seconds
    return """
      {"v":1,"kind":"request","id":"\(id)","start":\(end - 1).5,"end":\(end),"outcome":"success",\
      "route":"r","provider":"openai","model":"gpt-4o","attempts":1,"cost_usd":0.5}
      """
  }

  private func payload(_ id: String, ago seconds: Int64 = 1) -> String {
    let end = rig.clock.now.microseconds / 1_000_000 - seconds
    return """
      {"id": "\(id)", "litellm_call_id": "\(id)", "status": "success", "startTime": \(end - 1).5, \
      "endTime": \(end).0, "model": "openai/gpt-4o", "custom_llm_provider": "openai", \
      "model_group": "r", "response_cost": 0.25, "prompt_tokens": 3, "completion_tokens": 4}
      """
  }

  private var requests: Int64 {
    rig.series.counts("llm_requests_total", by: "status")["success"] ?? 0
  }

  @Test func arrayLinesAndSingle() throws {
    let array = push.post("[\(payload("a")), \(payload("b"))\n ,\(payload("c"))]\n")
    let lines = push.post("\(payload("d"))\n\r\n\(payload("e"))\r\n\(native("f"))")
    let single = push.post(payload("g").replacing(", ", with: ",\n  ") + "\n")
    let none = push.post(" [ ] ")
    try rig.run()
    #expect(push.answer(array) == .stored(3))
    #expect(push.answer(lines) == .stored(3))
    #expect(push.answer(single) == .stored(1))
    #expect(push.answer(none) == .stored(0))
    // The native line makes the payloads wait: they came in the same batch.
    #expect(requests == 1)
    rig.clock.advance(.minutes(3))
    try rig.run()
    #expect(requests == 7)
    #expect(rig.series.counts("sidelight_source_lines_total", by: "source")["push"] == 7)
    #expect(rig.series.counts("sidelight_source_events_total", by: "source")["push"] == 7)
  }

  @Test func nothingToCountIsAnsweredToo() throws {
    try rig.run()
    let number = push.post("[]")
    try rig.run()
    #expect(push.answer(number) == .stored(0))
  }

  @Test func payloadsAloneAreNotDelayed() throws {
    push.post("[\(payload("a")), \(payload("b"))]")
    try rig.run()
    #expect(requests == 2)
  }

  @Test func duplicatesWithinAndAcrossBodiesAndRestarts() throws {
    let first = push.post("[\(payload("a")),\(payload("a")),\(payload("b"))]")
    let second = push.post(payload("b"))
    try rig.run()
    #expect(push.answer(first) == .stored(2, 1))
    #expect(push.answer(second) == .stored(0, 1))
    try rig.start()
    let third = push.post("[\(payload("b")),\(payload("c"))]")
    try rig.run()
    #expect(push.answer(third) == .stored(1, 1))
    #expect(requests == 3)
    #expect(rig.series.counts("sidelight_source_duplicates_total", by: "source")["push"] == 3)
  }

  @Test func whatCannotBeUsedIsCountedAndTheRestToo() throws {
    let week = Int64(7 * 86_400)
    let number = push.post(
      """
      [\(payload("a")), 17, {"status":"success","startTime":1}, {"x":1}, "text", \
      \(payload("b", ago: week + 5)), \(native("n", ago: -7200)), {"y":2}, \(payload("c"))]
      """)
    try rig.run()
    #expect(push.answer(number) == .stored(2, 0, 7))
    #expect(
      rig.series.counts("sidelight_source_rejected_total", by: "reason") == [
        "not_object": 2, "bad_time": 1, "unknown_kind": 2, "too_old": 1, "future": 1,
      ])
    #expect(
      rig.problems.first { $0.hasPrefix("push") }
        == "push: element 1 is not counted: it is no JSON object")
  }

  @Test func oldEventsOfALogAreBelieved() throws {
    rig.scratch.write(payload("a", ago: 8 * 86_400) + "\n", to: "proxy.jsonl")
    try rig.run()
    #expect(requests == 1)
  }

  @Test func tooLongAnElement() throws {
    let text = String(repeating: "x", count: 1 << 20)
    let long = payload("a").replacing("\"model_group\"", with: "\"text\":\"\(text)\",\"m\"")
    let number = push.post("[\(long),\(payload("b"))]")
    try rig.run()
    #expect(push.answer(number) == .stored(1, 0, 1))
    #expect(
      rig.series.counts("sidelight_source_rejected_total", by: "reason") == ["too_long": 1])
  }

  @Test(arguments: [
    ("", "the body is empty"), (" \n", "the body is empty"),
    ("<html>", "the body is neither a JSON array nor JSON objects"),
    ("17", "the body is neither a JSON array nor JSON objects"),
    ("[{\"a\":1}", "the body is not valid JSON"),
    ("[{\"a\":1} {\"b\":2}]", "the body is not valid JSON"),
    ("[]{}", "the body is not valid JSON"), ("{", "the body is not valid JSON"),
    ("{\n{\n", "the body is not valid JSON"), ("[\"\u{1}", "the body is not valid JSON"),
  ])
  func whatIsNoJSON(_ body: String, _ reason: String) throws {
    let number = push.post(body)
    try rig.run()
    #expect(push.answer(number) == .malformed(reason))
    #expect(rig.series.samples.keys.filter { $0.contains("push") } == [])
  }

  @Test func tornLinesAreCountedAndTheRestToo() throws {
    let number = push.post("{\"torn\":\n\(payload("a"))\n{\"torn\":")
    try rig.run()
    #expect(push.answer(number) == .stored(1, 0, 2))
  }

  @Test func packed() throws {
    let text = Array("[\(payload("a"))]".utf8)
    let whole = push.post(Packed.gzip(text), isPacked: true)
    let members = push.post(
      Packed.gzip(Array(text.prefix(9))) + Packed.gzip(Array(text.dropFirst(9))), isPacked: true)
    let torn = push.post(Array(Packed.gzip(text).dropLast(12)), isPacked: true)
    let plain = push.post(text, isPacked: true)
    let bomb = Packed.gzip(Array("[\"".utf8)) + Packed.zeros(mebibytes: 8)
    let bombed = push.post(bomb, isPacked: true)
    // Not packed beyond belief, but too much.
    let padding = [UInt8](repeating: 0x61, count: 200_000)
    let large = push.post(
      Packed.gzip(Array("[\"".utf8) + padding) + Packed.zeros(mebibytes: 32), isPacked: true)
    try rig.run()
    #expect(push.answer(whole) == .stored(1))
    #expect(push.answer(members) == .stored(0, 1))
    let reason = "the body is not whole gzip data, as Content-Encoding says"
    #expect(push.answer(torn) == .malformed(reason))
    #expect(push.answer(plain) == .malformed(reason))
    for (number, limit) in [(bombed, bomb.count * 100), (large, 32 << 20)] {
      #expect(
        push.answer(number)
          == .tooLarge("the body unpacks to more than the \(limit) bytes taken here"))
    }
  }

  @Test func tooManyElements() throws {
    let array = push.post("[0" + String(repeating: ",0", count: 100_000) + "]")
    let lines = push.post(String(repeating: "{}\n", count: 100_001))
    try rig.run()
    for number in [array, lines] {
      #expect(
        push.answer(number) == .tooLarge("the body has more than the 100000 elements taken here"))
    }
  }

  @Test func whatCannotBeCommittedIsTurnedAwayAndCountedOnceLater() throws {
    try rig.run()
    let ledger = try #require(rig.ledger)
    try ledger.database.execute("PRAGMA busy_timeout = 0")
    let other = try Database(path: rig.settings.ledger.path, access: .readWrite)
    try other.execute("BEGIN IMMEDIATE")
    rig.scratch.write(native("log") + "\n", to: "proxy.jsonl")
    rig.clock.advance(.seconds(2))
    let body = "[\(native("a", ago: 3)),\(native("b", ago: 3))]"
    let first = push.post(body)
    #expect(throws: LedgerError.self) { try rig.run() }
    #expect(push.answer(first) == .unavailable)
    try other.execute("ROLLBACK")
    let second = push.post(body)
    try rig.run()
    #expect(push.answer(second) == .stored(2))
    let third = push.post(body)
    try rig.run()
    #expect(push.answer(third) == .stored(0, 2))
    #expect(requests == 3)
  }

  @Test func aCrashBetweenBodyAndCommit() throws {
    let body = "[\(native("a"))]"
    try rig.start()
    let first = push.post(body)
    rig.stop()
    #expect(push.answer(first) == .unavailable)
    try rig.start()
    let second = push.post(body)
    try rig.run()
    #expect(push.answer(second) == .stored(1))
    #expect(requests == 1)
  }

  @Test func aLargeBodyTakesSeveralTransactionsAndOneAnswer() throws {
    let padding = String(repeating: "y", count: 900_000)
    let large = (0..<10).map {
      payload("p\($0)").replacing("\"model_group\"", with: "\"t\":\"\(padding)\",\"model_group\"")
    }
    let number = push.post("[\(large.joined(separator: ","))]")
    try rig.start()
    #expect(try rig.step())
    #expect(push.answer(number) == nil)
    #expect(requests == 5)
    try rig.run()
    #expect(push.answer(number) == .stored(10))
    #expect(requests == 10)
  }

  @Test func theQueueIsBounded() {
    let queue = PushQueue()
    func offer(_ bytes: Int) -> PushQueue.Acceptance {
      queue.offer(
        PushDelivery(body: [UInt8](repeating: 0, count: bytes), isPacked: false) { _ in })
    }
    #expect(offer(PushQueue.mostBytes - 1) == .taken)
    #expect(offer(2) == .full)
    #expect(offer(1) == .taken)
    queue.refuseAll()
    for _ in 0..<PushQueue.mostDeliveries { #expect(offer(1) == .taken) }
    #expect(offer(0) == .full)
    queue.close()
    #expect(offer(0) == .closed)
  }
}
