package import Support

/// What a web configuration file in the format of Prometheus' exporter-toolkit says.
package struct WebAccess: Sendable, Equatable {
  /// A file as it was at a moment.
  package struct File: Sendable, Equatable {
    /// As it was named, relative to the working directory.
    package var path: String
    /// Nil while it is not there.
    package var stamp: FileStamp?

    /// The file at `path` as it is now.
    package init(_ path: String) { (self.path, stamp) = (path, FileStamp(path)) }
  }

  /// How often requests of all clients together are answered.
  package struct RateLimit: Sendable, Equatable {
    /// From one request to the next in the long run.
    package var interval: TimeSpan
    /// How many may come at once.
    package var burst: Int64

    /// A limit of `burst` requests, and one more after each `interval`.
    package init(interval: TimeSpan, burst: Int64) {
      (self.interval, self.burst) = (interval, burst)
    }
  }

  /// Nil for plain HTTP.
  package var tls: TLSContext?
  /// Users by name.
  package var users: [String: PasswordHash] = [:]
  /// Header lines of every answer.
  package var headers: [HTTPHeaders.Field] = []
  package var rateLimit: RateLimit?
  /// Whether HTTP/2 was asked for, which is not spoken.
  package var asksForHTTP2 = false
  /// The file itself and those that it names, as they were when they were read.
  package var files: [File] = []

  /// Plain HTTP for everybody.
  package init() {}
}
