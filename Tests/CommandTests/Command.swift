import Glibc
import Support
import TestSupport

/// The real program, found beside the test bundle.
struct Command {
  /// What became of a call.
  struct Result: Equatable {
    /// The exit status; minus the signal's number if one ended it.
    var status: Int32
    var output: String
    var error: String
  }

  let scratch: Scratch

  /// The folder of build products, where the tests' own program lies.
  private static let folder: String = {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let path = String(
      decoding: buffer.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
    return path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
  }()

  static let path = "\(folder)/sidelight"
  static let isBuilt = access(path, X_OK) == 0

  /// Runs the program to its end.
  func run(_ arguments: String..., environment: [String] = []) -> Result {
    start(arguments, environment: environment).wait()
  }

  func start(_ arguments: [String], environment: [String] = []) -> Running {
    Running(scratch: scratch, arguments: arguments, environment: environment)
  }

  /// A call under way.
  final class Running {
    private let scratch: Scratch
    private let name: String
    let process: pid_t
    private static let counter = Locked(0)

    init(scratch: Scratch, arguments: [String], environment: [String]) {
      self.scratch = scratch
      name = "call-\(Self.counter.withLock { $0 += 1; return $0 })"
      var actions = posix_spawn_file_actions_t()
      posix_spawn_file_actions_init(&actions)
      defer { posix_spawn_file_actions_destroy(&actions) }
      let flags = O_WRONLY | O_CREAT | O_TRUNC
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
      posix_spawn_file_actions_addopen(&actions, 1, scratch.file("\(name).out"), flags, 0o600)
      posix_spawn_file_actions_addopen(&actions, 2, scratch.file("\(name).err"), flags, 0o600)
      // It changes the directory and becomes the program, under the same process id.
      let call = ["env", "-C", scratch.path, Command.path] + arguments
      var words = call.map { strdup($0) } + [nil]
      var variables = (["PATH=/usr/bin:/bin"] + environment).map { strdup($0) } + [nil]
      defer { for text in words + variables { free(text) } }
      var process = pid_t()
      let status = posix_spawn(&process, "/usr/bin/env", &actions, nil, &words, &variables)
      precondition(status == 0, "cannot start \(Command.path): \(status)")
      self.process = process
    }

    func send(_ signal: Int32) { kill(process, signal) }

    func wait() -> Result {
      var status: Int32 = 0
      while waitpid(process, &status, 0) < 0 && errno == EINTR {}
      let signal = status & 0x7F
      return Result(
        status: signal == 0 ? (status >> 8) & 0xFF : -signal, output: text("out"),
        error: text("err"))
    }

    /// What it wrote to standard error until now.
    var error: String { text("err") }

    /// Whether `condition` holds before the program ends and within ten seconds.
    func reaches(_ condition: () -> Bool) -> Bool {
      let deadline = WallClock.monotonic.now() + .seconds(10)
      while WallClock.monotonic.now() < deadline {
        if condition() { return true }
        var info = siginfo_t()
        if waitid(P_PID, id_t(process), &info, WEXITED | WNOHANG | WNOWAIT) == 0,
          info.si_signo == SIGCHLD
        {
          return condition()
        }
        sched_yield()
      }
      return false
    }

    private func text(_ kind: String) -> String {
      TestData.text(at: scratch.file("\(name).\(kind)"))
        .replacing(scratch.path + "/", with: "")
    }
  }
}

extension Command {
  /// A configuration with a ledger and a log in the scratch folder.
  func writeConfiguration(_ more: String = "") {
    scratch.write(
      """
      listen: 127.0.0.1:0
      sources: [{file: \(scratch.file("*.jsonl"))}]
      ledger: {url: "sqlite://\(scratch.file("ledger.db"))"}
      \(more)
      """, to: "sidelight.yaml")
  }

  /// Bytes of a file; 0 if it is not there.
  func size(of name: String) -> Int {
    var status = stat()
    return stat(scratch.file(name), &status) == 0 ? Int(status.st_size) : 0
  }
}
