import HTTP
import Support
import TestSupport
import Testing

@testable import Notify

/// A courier over a real client and a scripted server; reports come out of a stream.
private struct Desk {
  let clock = ManualClock(noon)
  let courier: Courier
  let reports: AsyncStream<Courier.Report>
  let client: HTTPClient

  init() throws {
    let (reports, continuation) = AsyncStream.makeStream(of: Courier.Report.self)
    self.reports = reports
    client = try #require(HTTPClient())
    courier = Courier(
      delivery: Delivery(client: client), clock: clock.clock,
      report: { continuation.yield($0) })
  }

  func use(_ server: ScriptedServer) throws {
    var options = WebhookOptions()
    options.url = try ClientURL("\(server.origin)/hook")
    courier.use(["ops": WebhookReceiver(options)])
  }

  func letter(
    _ number: Int64, _ content: Notification.Content = .test, body: [UInt8]? = nil
  ) -> Courier.Letter {
    let told = notification(content, id: "ntf_\(number)")
    return Courier.Letter(
      entry: Outbox.Entry(
        number: number, receiver: "ops", orderingKey: told.orderingKey, created: noon, due: noon),
      title: told.title, body: body ?? told.stored)
  }
}

@Suite struct CourierTests {
  @Test("what was stored is read back as it was")
  func stored() throws {
    for name in hostileNames {
      for notification in everything(named: name) + [threshold, unhealthy, recovered] {
        #expect(Notification(stored: notification.stored) == notification)
      }
    }
    #expect(Notification(stored: Array("{}".utf8)) == nil)
    #expect(Notification(stored: []) == nil)
  }

  @Test("ids are the same for the same parts, and different for any others")
  func ids() {
    let id = Notification.stableID(["daily", "svc-2", "80"])
    #expect(id == Notification.stableID(["daily", "svc-2", "80"]))
    #expect(id.hasPrefix("ntf_") && id.utf8.count == 36 && !id.contains("."))
    let others = [
      ["daily", "svc-28", "0"], ["dailysvc-2", "80"], ["daily", "svc-2", "80", ""],
      ["5:daily", "svc-2", "80"], [],
    ]
    #expect(Set(others.map(Notification.stableID) + [id]).count == 6)
  }

  @Test("messages are sent, reported, and the next of an order only once that is written down")
  func delivers() async throws {
    let server = ScriptedServer { _ in [ScriptedServer.answer(204)] }
    let desk = try Desk()
    let courier = desk.courier
    let running = Task { await courier.run() }
    var reports = desk.reports.makeAsyncIterator()
    try desk.use(server)
    courier.add([desk.letter(1), desk.letter(2)])
    let first = try #require(await reports.next())
    #expect(first.outcome.entry.number == 1 && first.outcome.step == .done)
    #expect(first.text == "\(server.origin): status 204")
    #expect(first.title == "A test message from Sidelight")
    #expect(server.requests.map { $0.headers["webhook-id"] } == ["ntf_1"])
    #expect(courier.pending["ops"]?.count == 1)
    courier.settle([1])
    let second = try #require(await reports.next())
    #expect(second.outcome.entry.number == 2)
    courier.settle([2])
    #expect(courier.pending == ["ops": Outbox.Pending()])
    courier.stop()
    await running.value
    desk.client.stop()
  }

  @Test("a connection that is cut after the body, a 500 and nonsense are failures to be repeated")
  func failures() async throws {
    let count = Locked(0)
    let server = ScriptedServer { _ in
      switch count.withLock({ count in
        count += 1
        return count
      }) {
      case 1: [.reset]
      case 2: [ScriptedServer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), .close]
      case 3: [ScriptedServer.answer(500, "oops")]
      case 4: [ScriptedServer.send("SSH-2.0-OpenSSH\r\n"), .close]
      default: [ScriptedServer.answer(200)]
      }
    }
    let desk = try Desk()
    let courier = desk.courier
    let running = Task { await courier.run() }
    var reports = desk.reports.makeAsyncIterator()
    try desk.use(server)
    courier.add([desk.letter(1)])
    for _ in 1...4 {
      let report = try #require(await reports.next())
      guard case .retry(let at) = report.outcome.step else {
        Issue.record("\(report)")
        return
      }
      courier.settle([1])
      desk.clock.advance(at - desk.clock.now)
      // The clock was moved by hand; whatever wakes the courier makes it look.
      courier.settle([])
    }
    #expect(try #require(await reports.next()).outcome.step == .done)
    #expect(Set(server.requests.map { $0.headers["webhook-id"] }) == ["ntf_1"])
    #expect(Set(server.requests.map(\.text)).count == 1)
    courier.stop()
    await running.value
    desk.client.stop()
  }

  @Test("what no release can read is given up, not tried for ever")
  func unreadable() async throws {
    let server = ScriptedServer { _ in [ScriptedServer.answer(200)] }
    let desk = try Desk()
    let courier = desk.courier
    let running = Task { await courier.run() }
    var reports = desk.reports.makeAsyncIterator()
    try desk.use(server)
    courier.add([desk.letter(1, body: Array("nonsense".utf8))])
    #expect(try #require(await reports.next()).outcome.step == .giveUp)
    #expect(server.requests.isEmpty)
    courier.stop()
    await running.value
    desk.client.stop()
  }

  @Test("a stop waits for what is under way, a cancellation does not")
  func stops() async throws {
    let gate = ScriptedServer.Gate()
    let server = ScriptedServer { _ in [.wait(gate), ScriptedServer.answer(200)] }
    let desk = try Desk()
    let courier = desk.courier
    let running = Task { await courier.run() }
    var reports = desk.reports.makeAsyncIterator()
    try desk.use(server)
    courier.add([desk.letter(1)])
    while server.requests.isEmpty { await Task.yield() }
    courier.stop()
    courier.add([
      desk.letter(
        2,
        .providerRecovered(
          ProviderNotice(
            provider: "openai", state: "healthy", previous: "unhealthy", since: noon)))
    ])
    gate.open()
    #expect(try #require(await reports.next()).outcome.entry.number == 1)
    await running.value
    #expect(server.requests.count == 1)
    desk.client.stop()
  }

  @Test("what a cancellation cuts off is not reported: the next start tries it again")
  func cancelled() async throws {
    let server = ScriptedServer { _ in [.hang] }
    let desk = try Desk()
    let courier = desk.courier
    let running = Task { await courier.run() }
    try desk.use(server)
    courier.add([desk.letter(1)])
    while server.requests.isEmpty { await Task.yield() }
    courier.stop()
    running.cancel()
    await running.value
    #expect(courier.pending["ops"]?.count == 1)
    desk.client.stop()
  }
}
