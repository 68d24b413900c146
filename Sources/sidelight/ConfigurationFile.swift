import Config
import Support

/// The configuration that a command works with.
enum ConfigurationFile {
  /// The file named by `--config`, or found where it is looked for.
  static func path(_ arguments: Arguments) throws(CommandFailure) -> String {
    if let named = arguments.value("config") { return named }
    guard let found = Configuration.find() else {
      throw .usage(
        """
        no configuration: neither \(Configuration.searchPaths.joined(separator: " nor ")) exists; \
        name one with --config FILE
        """)
    }
    return found
  }

  static func load(_ path: String) throws(CommandFailure) -> Configuration {
    do throws(ConfigError) { return try Configuration.load(path: path) } catch {
      throw .usage("\(error)")
    }
  }
}

/// Why a command ended early, and the exit status that says so.
enum CommandFailure: Error {
  /// Status 1.
  case failed(String)
  /// Status 2: the command line or the configuration.
  case usage(String)

  var status: Int32 {
    switch self {
    case .failed: 1
    case .usage: 2
    }
  }

  var message: String {
    switch self {
    case .failed(let message), .usage(let message): message
    }
  }
}
