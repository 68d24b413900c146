import Glibc
import Support
import Testing

@testable import Metrics

@Suite struct ProcessCollectorTests {
  @Test func aCommandMayHoldAnything() {
    let fields = (3...52).map { $0 == 3 ? "S" : String($0 * 100) }.joined(separator: " ")
    let line = Array("4711 (a) S 1 (b) \(fields)\n".utf8)
    #expect(
      line.withUnsafeBufferPointer { ProcessStat($0) }
        == Array("1 (sidelight) \(fields)\n".utf8).withUnsafeBufferPointer { ProcessStat($0) })
    let stat = line.withUnsafeBufferPointer { ProcessStat($0) }
    #expect(stat?.userTicks == 1400)
    #expect(stat?.systemTicks == 1500)
    #expect(stat?.threads == 2000)
    #expect(stat?.startTicks == 2200)
    #expect(stat?.virtualBytes == 2300)
    #expect(stat?.residentPages == 2400)
  }

  @Test(arguments: ["", "1 sidelight S 1", "1 (sidelight)", "1 (sidelight) S 1 2 3\n"])
  func anotherFormIsRefused(_ line: String) {
    #expect(Array(line.utf8).withUnsafeBufferPointer { ProcessStat($0) } == nil)
  }

  @Test func thisProcessIsPlausible() throws {
    let registry = Registry()
    let collector = ProcessCollector()
    registry.addCollector { collector.collect(into: &$0) }
    let now = WallClock.system.now()
    var values: [Substring: Double] = [:]
    for line in samples(registry.text(now: now)) {
      let parts = line.split(separator: " ")
      values[parts[0]] = Double(parts[1])
    }
    #expect(values.count == 7)
    let resident = try #require(values["process_resident_memory_bytes"])
    #expect((1e6...1e10).contains(resident))
    #expect(try #require(values["process_virtual_memory_bytes"]) > resident)
    #expect((0...36_000).contains(try #require(values["process_cpu_seconds_total"])))
    #expect((1...1000).contains(try #require(values["process_threads"])))
    #expect(try #require(values["process_max_fds"]) >= 3)
    let age = now.seconds - (try #require(values["process_start_time_seconds"]))
    #expect((-1...36_000).contains(age))
  }

  @Test func anOpenDescriptorIsCounted() async throws {
    func count() -> Double? {
      let registry = Registry()
      registry.addCollector { ProcessCollector().collect(into: &$0) }
      let line = samples(registry.text()).first { $0.hasPrefix("process_open_fds ") }
      return line.flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }
    }
    // Far more than other tests open at the same time.
    let before = try #require(count())
    let descriptors = (0..<100).map { _ in open("/dev/null", O_RDONLY | O_CLOEXEC) }
    let during = try #require(count())
    for descriptor in descriptors { close(descriptor) }
    #expect((60...140).contains(during - before))
  }
}
