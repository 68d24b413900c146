import Config
import Daemon
import Glibc
import Support

/// `sidelight run`: the daemon.
enum RunCommand {
  static func run(_ arguments: Arguments) throws(CommandFailure) {
    let path = try ConfigurationFile.path(arguments)
    let configuration = try ConfigurationFile.load(path)
    let signals = Signals()
    allowManyFiles()
    let app: App
    do throws(AppError) {
      app = try App(configuration: configuration, version: Version.text) {
        () throws(ConfigError) in try Configuration.load(path: path)
      }
    } catch {
      throw .failed("\(error)")
    }
    let web = configuration.web
    let host = web.address.contains(":") ? "[\(web.address)]" : web.address
    let scheme = web.access.tls == nil ? "http" : "https"
    Log.info("serving \(scheme)://\(host):\(app.port)/metrics, configured by \(path)")
    Memory.releaseStart()
    while true {
      switch signals.next() {
      case .reload: app.reload()
      case .stop:
        Log.info("stopping")
        app.stop()
        return
      }
    }
  }

  /// Each followed file keeps a descriptor: up to 4096 a source, where the usual limit is 1024.
  private static func allowManyFiles() {
    let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    guard getrlimit(kind, &limit) == 0 else { return }
    limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, 16_384))
    // Not getting it shows when files cannot be opened, with the reason.
    setrlimit(kind, &limit)
  }
}
