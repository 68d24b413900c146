internal import CPostgres
package import Support

/// Which database, and how long to wait for it.
package struct PostgresOptions: Sendable, Equatable {
  /// A connection URI of libpq: `postgres://user@host:5432/database?sslmode=verify-full`.
  package var url: String
  /// Replaces the one of `url`; with neither, libpq asks `PGPASSFILE`.
  package var password: String?
  /// What the server's list of sessions shows.
  package var application = "sidelight"
  /// Until a connection is made, all its addresses tried.
  package var connectTimeout = TimeSpan.seconds(5)
  /// Until a statement is through.
  package var timeout = TimeSpan.seconds(30)
  /// Every transaction only reads; else a server that cannot be written to is not connected to.
  package var isReadOnly = false

  /// A database with every default.
  package init(url: String, password: String? = nil) {
    self.url = url
    self.password = password
  }
}

/// A connection URI, looked at without connecting.
package struct PostgresURL: Sendable, Equatable {
  /// `host:port/database`, without user or password: to be named in messages.
  package private(set) var place = ""
  /// Whether it holds a password, which then stands wherever the URI does.
  package private(set) var hasPassword = false
  /// The same without its password.
  package private(set) var redacted = ""

  /// What libpq finds wrong with a URI.
  package struct Problem: Error, Equatable {
    package var reason: String
  }

  /// Parses with libpq's own rules.
  package init(_ url: String) throws(Problem) {
    var message: UnsafeMutablePointer<CChar>?
    guard let options = PQconninfoParse(url, &message) else {
      defer { PQfreemem(message) }
      // The message repeats what it was given, a password among it.
      throw Problem(reason: "is no connection URI such as postgres://user@host:5432/database")
    }
    defer { PQconninfoFree(options) }
    var values: [String: String] = [:]
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val {
        values[String(cString: keyword)] = String(cString: value)
      }
      option += 1
    }
    let hosts = values["host"] ?? values["hostaddr"] ?? "localhost"
    let port = values["port"].map { ":\($0)" } ?? ""
    place = "\(hosts)\(port)/\(values["dbname"] ?? values["user"] ?? "")"
    hasPassword = values["password"] != nil
    redacted = Self.redact(url)
  }

  /// Puts `<redacted>` in the place of what stands between the user's colon and the at sign, and of
  /// a parameter `password`.
  private static func redact(_ url: String) -> String {
    var text = url
    if let scheme = text.firstRange(of: "://"),
      let at = text[scheme.upperBound...].prefix(while: { $0 != "/" && $0 != "?" })
        .lastIndex(of: "@"),
      let colon = text[scheme.upperBound..<at].firstIndex(of: ":")
    {
      text.replaceSubrange(text.index(after: colon)..<at, with: "<redacted>")
    }
    if let parameter = text.firstRange(of: "password=") {
      let end = text[parameter.upperBound...].firstIndex(of: "&") ?? text.endIndex
      text.replaceSubrange(parameter.upperBound..<end, with: "<redacted>")
    }
    return text
  }
}
