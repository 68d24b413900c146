import HTTP
import Ledger
import Notify
import Support
import TestSupport
import Testing

@testable import Daemon

@Suite struct OutboxWriterTests {
  private let rig = Rig()

  private func notification(_ id: String) -> Notification {
    Notification(id: id, time: rig.clock.now, instance: "i", content: .test)
  }

  private func configure() throws {
    var options = WebhookOptions()
    options.url = try ClientURL("http://ops.example/hook")
    var receiver = ReceiverOptions()
    receiver.webhook = options
    rig.settings.receivers["ops"] = try receiver.makeReceiver()
  }

  /// Notifications counted until now, by result.
  private var counts: [String: Int64] {
    rig.series.counts("llm_notifications_total", by: "result")
  }

  /// Delivers until `count` outcomes are written down.
  private func deliver(_ count: Int64, then next: () async throws -> Void = {}) async throws {
    let outbox = try #require(rig.outbox)
    let courier = outbox.courier
    let running = Task { await courier.run() }
    try await wait(count)
    try await next()
    courier.stop()
    await running.value
  }

  private func wait(_ count: Int64) async throws {
    while counts.values.reduce(0, +) < count {
      try rig.run()
      await Task.yield()
    }
  }

  @Test("news is told after the commit, counted, and gone from the ledger")
  func delivered() async throws {
    try configure()
    let sent = Locked<[String]>([])
    rig.answer.withLock {
      $0 = { request in
        sent.withLock { $0.append(request.headers["webhook-id"] ?? "") }
        return ClientResponse(status: 200)
      }
    }
    try rig.start()
    rig.outbox?.post(notification("a"), to: ["ops"])
    rig.outbox?.post(notification("a"), to: ["ops"])
    rig.outbox?.post(notification("b"), to: ["ops"])
    #expect(rig.outbox?.courier.pending["ops"]?.count == 0)
    try rig.run()
    #expect(rig.outbox?.courier.pending["ops"]?.count == 2)
    try await deliver(2)
    #expect(sent.withLock { $0 } == ["a", "b"])
    #expect(try rig.query("SELECT count(*) FROM outbox") == 0)
    #expect(counts == ["delivered": 2])
    #expect(try rig.query("SELECT count(*) FROM event WHERE kind = 'notification'") == 2)
  }

  @Test("what was committed and not told is told after a crash, under its id")
  func crash() async throws {
    try configure()
    try rig.start()
    rig.outbox?.post(notification("a"), to: ["ops"])
    try rig.run()
    rig.stop()
    let sent = Locked<[String]>([])
    rig.answer.withLock {
      $0 = { request in
        sent.withLock { $0.append(request.headers["webhook-id"] ?? "") }
        return ClientResponse(status: 200)
      }
    }
    try rig.start()
    try await deliver(1)
    #expect(sent.withLock { $0 } == ["a"])
  }

  @Test("what was posted to a transaction that failed is nowhere")
  func rewind() throws {
    try configure()
    try rig.start()
    rig.outbox?.post(notification("a"), to: ["ops"])
    rig.outbox?.rewind()
    try rig.run()
    #expect(try rig.query("SELECT count(*) FROM outbox") == 0)
  }

  @Test("failures are written down with what was answered, and refusals kept")
  func failures() async throws {
    try configure()
    rig.answer.withLock {
      $0 = { request in
        ClientResponse(status: request.headers["webhook-id"] == "a" ? 410 : 500)
      }
    }
    try rig.start()
    rig.outbox?.post(notification("a"), to: ["ops"])
    rig.outbox?.post(notification("b"), to: ["ops"])
    try rig.run()
    try await deliver(2)
    let rows = try OutboxDesk(path: rig.settings.ledger.path).messages()
    #expect(rows.map(\.id) == ["a", "b"])
    #expect(rows[0].givenUp == rig.clock.now && rows[0].answer == "http://ops.example: status 410")
    #expect(rows[1].givenUp == nil && rows[1].attempts == 1)
    #expect(rows[1].due >= rig.clock.now + .seconds(5))
    #expect(counts == ["given_up": 1, "retried": 1])
    #expect(try rig.query("SELECT count(*) FROM event WHERE kind = 'notification'") == 1)
  }

  @Test("an operator's retry beside the daemon is seen at the next step")
  func operators() async throws {
    try configure()
    rig.answer.withLock { $0 = { _ in ClientResponse(status: 400) } }
    try rig.start()
    rig.outbox?.post(notification("a"), to: ["ops"])
    try rig.run()
    try await deliver(1) {
      rig.answer.withLock { $0 = { _ in ClientResponse(status: 200) } }
      #expect(try OutboxDesk(path: rig.settings.ledger.path).retry(1, now: rig.clock.now))
      try await wait(2)
    }
    #expect(try rig.query("SELECT count(*) FROM outbox") == 0)
  }

  @Test("a queue that is full gives up what comes on top, and says so")
  func bounded() throws {
    try configure()
    try rig.start()
    for number in 0..<OutboxWriter.mostWaiting + 3 {
      rig.outbox?.post(notification("\(number)"), to: ["ops"])
    }
    try rig.run()
    #expect(rig.outbox?.courier.pending["ops"]?.count == OutboxWriter.mostWaiting)
    #expect(try rig.query("SELECT count(*) FROM outbox WHERE given_up IS NOT NULL") == 3)
    #expect(counts == ["given_up": 3])
  }
}
