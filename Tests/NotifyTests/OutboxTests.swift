import Support
import TestSupport
import Testing

@testable import Notify

@Suite struct OutboxTests {
  @Test("messages about one thing go in order, one after the other; others at the same time")
  func order() {
    var world = World()
    for _ in 0..<5 { world.post("a") }
    for key in ["b", "c", "d", "e", "f"] { world.post(key) }
    world.run(for: .seconds(10))
    #expect(world.delivered["ops"]?.sorted() == Array(1...10))
    #expect(world.delivered["ops"]?.filter { $0 <= 5 } == [1, 2, 3, 4, 5])
    #expect(world.mostUnderway["ops"] == Outbox.concurrency)
  }

  @Test("a receiver that is down for an hour gets everything once, as soon as it is up")
  func down() {
    var world = World(receivers: ["ops", "n8n"])
    world.answer = { receiver, _, age in
      receiver == "ops" && age < .hours(1) ? .failed(wait: nil) : .delivered
    }
    for minute in 0..<60 {
      world.post("budget \(minute % 7)")
      world.post("budget \(minute % 7)", to: "n8n")
      world.run(for: .minutes(1))
    }
    #expect(world.delivered["ops"] == nil)
    #expect(world.delivered["n8n"]?.count == 60)
    world.run(for: .hours(2))
    #expect(world.delivered["ops"]?.count == 60)
    #expect(Set(world.delivered["ops"] ?? []).count == 60)
    for key in 0..<7 {
      let numbers = (0..<60).filter { $0 % 7 == key }.map { Int64($0 * 2 + 1) }
      #expect(world.delivered["ops"]?.filter(numbers.contains) == numbers)
    }
    // Nobody is hammered: in an hour a handful of tries for each budget.
    #expect(world.attempts["ops"].map { $0.count(where: { $0.at < .hours(1) }) } ?? 0 < 60)
    // The first success brings all the others forward.
    let after = world.attempts["ops"]?.filter { $0.at >= .hours(1) } ?? []
    let lasted = (noon + (after.last?.at ?? .hours(9))) - (noon + (after.first?.at ?? .hours(0)))
    #expect(lasted < .seconds(20))
    #expect(world.givenUp.isEmpty)
  }

  @Test("one refused message holds up none of another budget, and its own follow it")
  func refused() {
    var world = World()
    world.answer = { _, number, _ in number == 1 ? .refused : .delivered }
    world.post("a")
    world.post("a")
    world.post("b")
    world.run(for: .seconds(1))
    #expect(world.givenUp == [1])
    #expect(world.delivered["ops"]?.sorted() == [2, 3])
  }

  @Test("one message that always fails holds up none of another budget")
  func poison() {
    var world = World()
    world.answer = { _, number, _ in number == 1 ? .failed(wait: nil) : .delivered }
    world.post("poisoned")
    world.post("poisoned")
    var latest = TimeSpan.seconds(0)
    for minute in 0..<600 {
      let number = world.post("b\(minute % 5)")
      let before = world.now
      world.run(for: .minutes(1))
      let attempt = world.attempts["ops"]?.last { $0.number == number }
      latest = max(latest, (noon + (attempt?.at ?? .hours(99))) - before)
    }
    #expect(latest <= .seconds(2))
    #expect(world.delivered["ops"]?.count == 600)
    // It is tried by its own schedule, not after each success of the others.
    #expect(world.attempts["ops"]?.count { $0.number == 1 } ?? 0 < 30)
    world.run(for: .hours(80))
    #expect(world.givenUp == [1])
    #expect(world.delivered["ops"]?.last == 2)
  }

  @Test("429 with a wait silences the whole receiver for that long, and no other")
  func limited() {
    var world = World(receivers: ["ops", "n8n"])
    world.answer = { receiver, _, age in
      receiver == "ops" && age < .seconds(30) ? .failed(wait: .seconds(35)) : .delivered
    }
    world.post("a")
    world.run(for: .seconds(1))
    world.post("b")
    world.post("b", to: "n8n")
    world.run(for: .seconds(33))
    #expect(world.attempts["ops"]?.map(\.number) == [1])
    #expect(world.delivered["n8n"] == [3])
    world.run(for: .seconds(5))
    #expect(world.delivered["ops"]?.sorted() == [1, 2])
    #expect(world.attempts["ops"]?[1].at == .milliseconds(35_050))
  }

  @Test("what is not let in is tried hourly, and after a reload")
  func barred() {
    var world = World()
    world.answer = { _, _, age in age < .minutes(30) ? .barred : .delivered }
    world.post()
    world.run(for: .minutes(29))
    #expect(world.attempts["ops"]?.count == 1)
    world.reload()
    world.run(for: .minutes(2))
    #expect(world.attempts["ops"]?.count == 2)
    world.reload()
    world.run(for: .seconds(1))
    #expect(world.delivered["ops"] == [1])
  }

  @Test("after three days a message is given up and the next of its kind has its turn")
  func patience() {
    var world = World()
    world.answer = { _, number, _ in number == 2 ? .delivered : .failed(wait: nil) }
    world.post("a")
    world.run(for: .hours(71))
    world.post("a")
    #expect(world.delivered["ops"] == nil)
    world.run(for: .hours(3))
    #expect(world.givenUp == [1])
    #expect(world.delivered["ops"] == [2])
  }

  @Test("a crash in the middle of an attempt repeats it at once")
  func crash() {
    var world = World()
    world.latency = .seconds(10)
    world.post()
    world.run(for: .seconds(5))
    let row = Outbox.Entry(
      number: 1, receiver: "ops", orderingKey: "daily", created: noon, due: noon)
    world.crash(rows: [row])
    world.run(for: .seconds(10))
    #expect(world.attempts["ops"]?.map(\.at) == [.seconds(0), .seconds(5)])
    #expect(world.delivered["ops"] == [1])
  }

  @Test("a clock that is set back by days delays nothing")
  func clock() {
    var world = World()
    world.answer = { _, _, age in age < .seconds(0) ? .delivered : .failed(wait: nil) }
    world.post()
    world.run(for: .hours(3))
    world.setClock(back: .days(2))
    world.run(for: .seconds(2))
    #expect(world.delivered["ops"] == [1])
  }

  @Test("what was planned by a clock that is behind now is due at the start")
  func clockAtStart() {
    var world = World()
    world.crash(rows: [
      Outbox.Entry(
        number: 7, receiver: "ops", orderingKey: "a", created: noon, due: noon + .days(300))
    ])
    world.run(for: .seconds(1))
    #expect(world.delivered["ops"] == [7])
  }

  @Test("ten thousand messages are through in no time of our own")
  func many() {
    var world = World()
    world.latency = .milliseconds(1)
    for number in 0..<10_000 { world.post("scope \(number)") }
    let begun = WallClock.monotonic.now()
    world.run(for: .seconds(10))
    #expect(world.delivered["ops"]?.count == 10_000)
    // A second in a debug build, under load.
    #expect(WallClock.monotonic.now() - begun < .seconds(30))
  }

  @Test("what operators change in the ledger counts, but for what is under way")
  func operators() {
    var world = World()
    world.latency = .seconds(10)
    world.answer = { _, _, _ in .failed(wait: nil) }
    world.post("a")
    world.post("b")
    world.post("c")
    world.run(for: .seconds(11))
    func row(_ number: Int64, _ key: String, due: Timestamp) -> Outbox.Entry {
      Outbox.Entry(number: number, receiver: "ops", orderingKey: key, created: noon, due: due)
    }
    world.answer = { _, _, _ in .delivered }
    // The first was dropped, the second is due now, and one that was given up is back.
    world.adopt([
      row(2, "b", due: noon), row(3, "c", due: noon + .minutes(30)), row(9, "d", due: noon),
    ])
    world.run(for: .seconds(9))
    world.run(for: .minutes(40))
    #expect(world.delivered["ops"]?.sorted() == [2, 3, 9])
  }

  @Test("a message that is dropped while it is under way is not tried again")
  func droppedUnderway() {
    var outbox = Outbox()
    var random = SeededRandom(seed: 3)
    outbox.add([
      Outbox.Entry(number: 1, receiver: "ops", orderingKey: "a", created: noon, due: noon)
    ])
    #expect(outbox.takeDue(now: noon, receivers: ["ops"]).map(\.number) == [1])
    outbox.adopt([])
    _ = outbox.finish(1, .failed(wait: nil), now: noon, using: &random)
    outbox.settle([1])
    #expect(!outbox.holds(1) && outbox.pending.isEmpty)
  }

  @Test("the next message of an order waits until the ledger knows of the one before")
  func settled() {
    var outbox = Outbox()
    var random = SeededRandom(seed: 3)
    let entries = (1...2).map { number in
      Outbox.Entry(
        number: Int64(number), receiver: "ops", orderingKey: "a", created: noon, due: noon)
    }
    outbox.add(entries)
    _ = outbox.takeDue(now: noon, receivers: ["ops"])
    let outcome = outbox.finish(1, .delivered, now: noon, using: &random)
    #expect(outcome?.step == .done)
    #expect(outbox.takeDue(now: noon, receivers: ["ops"]) == [])
    // What the ledger does not know yet is not sent again, whatever the ledger says.
    outbox.adopt(entries)
    #expect(outbox.takeDue(now: noon, receivers: ["ops"]) == [])
    #expect(outbox.pending["ops"] == Outbox.Pending(count: 1, oldest: noon))
    outbox.settle([1])
    #expect(outbox.takeDue(now: noon, receivers: ["ops"]).map(\.number) == [2])
  }

  @Test("a receiver that nobody configures any more keeps its messages for three days")
  func unknownReceiver() {
    var world = World(receivers: ["ops"])
    world.post("a", to: "gone")
    world.post("a", to: "gone")
    world.run(for: .hours(71))
    #expect(world.outbox.pending["gone"]?.count == 2 && world.givenUp.isEmpty)
    world.run(for: .hours(2))
    #expect(world.outbox.pending.isEmpty && world.givenUp == [1, 2])
    #expect(world.attempts.isEmpty)
  }

  @Test(
    "whatever receivers do, each message is delivered once or given up, in order", arguments: 1...20
  )
  func random(_ seed: UInt64) {
    let random = Locked(SeededRandom(seed: seed))
    var world = World(receivers: ["a", "b"])
    let verdicts: [RetrySchedule.Verdict] = [
      .delivered, .delivered, .delivered, .refused, .barred, .failed(wait: nil),
      .failed(wait: .seconds(20)),
    ]
    world.answer = { _, _, _ in random.withLock { verdicts.randomElement(using: &$0) ?? .refused } }
    var keys: [Int64: String] = [:]
    for _ in 0..<200 {
      let (key, receiver) = random.withLock { random in
        (
          ["x", "y", "z"].randomElement(using: &random) ?? "x",
          ["a", "b"].randomElement(using: &random) ?? "a"
        )
      }
      keys[world.post(key, to: receiver)] = "\(receiver) \(key)"
      world.run(for: .seconds(random.withLock { .random(in: 0...120, using: &$0) }))
    }
    world.run(for: .days(30))
    let done = (world.delivered["a"] ?? []) + (world.delivered["b"] ?? [])
    #expect((done + world.givenUp).sorted() == Array(1...200))
    for receiver in ["a", "b"] {
      for key in ["x", "y", "z"] {
        let inOrder = (world.delivered[receiver] ?? []).filter { keys[$0] == "\(receiver) \(key)" }
        #expect(inOrder == inOrder.sorted())
      }
    }
    #expect(world.outbox.pending.isEmpty)
  }
}
