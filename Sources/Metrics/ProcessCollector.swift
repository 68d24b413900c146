import Glibc

/// The `process_*` families, from `/proc/self`; what cannot be read is left out.
package struct ProcessCollector: Sendable {
  /// Seconds since 1970 of the machine's start, as the process sees it.
  private let bootTime: Double
  private let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
  private let pageSize = Double(sysconf(Int32(_SC_PAGESIZE)))

  /// Reads the clocks once, so that the start time never wobbles.
  package init() {
    bootTime = ProcessCollector.read(CLOCK_REALTIME) - ProcessCollector.read(CLOCK_BOOTTIME)
  }

  /// Adds all families; a few system calls.
  package func collect(into samples: inout CollectedSamples) {
    if let stat = ProcessStat.current() {
      samples.add(.processCPU, Double(stat.userTicks + stat.systemTicks) / ticksPerSecond)
      samples.add(.residentMemory, Double(stat.residentPages) * pageSize)
      samples.add(.virtualMemory, Double(stat.virtualBytes))
      samples.add(.processThreads, Double(stat.threads))
      samples.add(.processStart, bootTime + Double(stat.startTicks) / ticksPerSecond)
    }
    if let count = ProcessCollector.openDescriptors() { samples.add(.openFDs, Double(count)) }
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      let unlimited = limit.rlim_cur == rlim_t.max
      samples.add(.maxFDs, unlimited ? .infinity : Double(limit.rlim_cur))
    }
  }

  private static func read(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// Without the one that the count itself takes.
  private static func openDescriptors() -> Int? {
    guard let directory = opendir("/proc/self/fd") else { return nil }
    defer { closedir(directory) }
    var count = 0
    while let entry = readdir(directory) {
      if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
    }
    return count - 1
  }
}

/// The fields of `/proc/self/stat` (proc(5)) that are exposed.
struct ProcessStat: Equatable {
  var userTicks: UInt64
  var systemTicks: UInt64
  var threads: UInt64
  var startTicks: UInt64
  var virtualBytes: UInt64
  var residentPages: UInt64

  /// This process; nil if the file cannot be read.
  static func current() -> ProcessStat? {
    let descriptor = open("/proc/self/stat", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2048) { buffer in
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      return count > 0 ? ProcessStat(UnsafeBufferPointer(rebasing: buffer[..<count])) : nil
    }
  }

  /// Parses the file's one line; nil if it is not of that form.
  ///
  /// The second field is the command in parentheses, which may hold anything, parentheses too.
  init?(_ line: UnsafeBufferPointer<UInt8>) {
    guard let end = line.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = line[(end + 1)...].split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
    /// `number` counts as the manual does; the field after the command is number 3.
    func field(_ number: Int) -> UInt64? {
      guard fields.indices.contains(number - 3) else { return nil }
      return UInt64(String(decoding: fields[number - 3], as: UTF8.self))
    }
    guard let userTicks = field(14), let systemTicks = field(15), let threads = field(20),
      let startTicks = field(22), let virtualBytes = field(23), let residentPages = field(24)
    else { return nil }
    self.userTicks = userTicks
    self.systemTicks = systemTicks
    self.threads = threads
    self.startTicks = startTicks
    self.virtualBytes = virtualBytes
    self.residentPages = residentPages
  }
}
