import Dispatch
import Support
import Testing

@testable import Daemon

/// What is asked of the ingest thread is either done and answered, or refused and never done.
@Suite struct OrderTests {
  private let done = Locked<[String]>([])
  private let settings = PipelineSettings(sources: [], ledger: .init(), labels: .init())

  private func perform(_ order: Order, _ name: String, problem: String? = nil) {
    order.perform { _ in
      done.withLock { $0.append(name) }
      return problem
    }
  }

  @Test func whatIsDoneIsAnswered() {
    let good = Order(settings)
    perform(good, "good")
    #expect(good.wait(seconds: 0) == nil)
    let bad = Order(settings)
    perform(bad, "bad", problem: "the ledger is gone")
    #expect(bad.wait(seconds: 0) == "the ledger is gone")
    #expect(done.withLock { $0 } == ["good", "bad"])
  }

  @Test func whatIsRefusedIsNeverDone() {
    let order = Order(settings)
    #expect(order.wait(seconds: 0) == "the ledger was busy for 0 s; try again")
    perform(order, "late")
    #expect(done.withLock { $0 } == [])
  }

  @Test func whatIsBegunIsWaitedFor() {
    let order = Order(settings)
    let begun = DispatchSemaphore(value: 0)
    let goOn = DispatchSemaphore(value: 0)
    let thread = WorkerThread.start(name: "order") {
      order.perform { _ in
        begun.signal()
        goOn.wait()
        return "done after all"
      }
    }
    begun.wait()
    let waiter = Locked<String?>(nil)
    let asker = WorkerThread.start(name: "asker") {
      let answer = order.wait(seconds: 0)
      waiter.withLock { $0 = answer }
    }
    goOn.signal()
    thread?.join()
    asker?.join()
    #expect(waiter.withLock { $0 } == "done after all")
  }
}
