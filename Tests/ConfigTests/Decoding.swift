@testable import Config

/// The configuration in `text`, as from a file `sidelight.yaml` in the working directory.
func decode(
  _ text: String, file: String = "sidelight.yaml", environment: [String: String] = [:]
) throws(ConfigError) -> Configuration {
  try Configuration.decode(Array(text.utf8), file: file, environment: environment)
}

/// The problems in `text`, one a line, without the file's name; empty if there are none.
func problems(_ text: String, environment: [String: String] = [:]) -> String {
  problems(Array(text.utf8), environment: environment)
}

func problems(_ bytes: [UInt8], environment: [String: String] = [:]) -> String {
  do throws(ConfigError) {
    _ = try Configuration.decode(bytes, file: "f", environment: environment)
    return ""
  } catch {
    let lines = error.description.split(separator: "\n")
    return lines.map { String($0.hasPrefix("f:") ? $0.dropFirst(2) : $0) }.joined(separator: "\n")
  }
}
