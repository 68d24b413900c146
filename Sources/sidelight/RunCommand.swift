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
    Log.info("serving http://\(host):\(app.port)/metrics, configured by \(path)")
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
}
