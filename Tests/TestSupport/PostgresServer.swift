import FoundationEssentials
import Glibc
import Support

/// A PostgreSQL server of the test's own, on a socket in a scratch folder; stopped with the process.
///
/// It runs as another user where the tests run as root, since PostgreSQL refuses that.
package final class PostgresServer: Sendable {
  /// Of the superuser, whose name is `sidelight`.
  package let url: String
  private let folder: String
  private let settings: [String]
  private let isRunning = Locked(true)

  private static let programs: String? = {
    let root = "/usr/lib/postgresql"
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    return versions.compactMap { Int($0) }.max().map { "\(root)/\($0)/bin" }
  }()

  /// Whether there is a PostgreSQL to start.
  package static let isInstalled = programs != nil

  /// One for all tests of the process that need no server of their own.
  package static let shared = PostgresServer()

  private static let started = Locked<[PostgresServer]>([])

  /// Makes and starts one; `settings` are such as `max_connections=5`.
  package init(settings: [String] = []) {
    var template = Array("/tmp/sidelight-pg-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { fatalError("mkdtemp failed") }
    folder = String(cString: made)
    self.settings = settings
    url = "postgres:///postgres?host=\(folder)&user=sidelight"
    if geteuid() == 0 { run("chown postgres \(folder)") }
    run("\(Self.user) \(Self.programs ?? "")/initdb -D \(folder)/data -U sidelight -N -A trust")
    start()
    let isFirst = Self.started.withLock { servers in
      servers.append(self)
      return servers.count == 1
    }
    if isFirst {
      atexit { for server in PostgresServer.started.withLock({ $0 }) { server.remove() } }
    }
  }

  private static let user =
    geteuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --clear-groups" : ""

  /// Starts it again after `stop`.
  package func start() {
    let more = settings.map { " -c \($0)" }.joined()
    run(
      "cd / && \(Self.user) \(Self.programs ?? "")/pg_ctl -D \(folder)/data -l \(folder)/log -w "
        + "-o \"-k \(folder) -h '' -c fsync=off\(more)\" start")
    isRunning.withLock { $0 = true }
  }

  /// As if its machine lost power: sessions break, what was committed is there after a start.
  package func kill() {
    run("cd / && \(Self.user) \(Self.programs ?? "")/pg_ctl -D \(folder)/data -m immediate stop")
    isRunning.withLock { $0 = false }
  }

  /// The same server with an empty database of this name.
  package func makeDatabase(_ name: String) -> String {
    run("psql -q '\(url)' -c 'DROP DATABASE IF EXISTS \(name)' -c 'CREATE DATABASE \(name)'")
    return "postgres:///\(name)?host=\(folder)&user=sidelight"
  }

  private func remove() {
    if isRunning.withLock({ $0 }) { kill() }
    try? FileManager.default.removeItem(atPath: folder)
  }

  private func run(_ command: String) {
    let log = "\(folder)/commands"
    guard system("(\(command)) >>\(log) 2>&1") == 0 else {
      let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
      fatalError("failed: \(command)\n\(said)")
    }
  }
}
