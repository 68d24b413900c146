package import HTTP
import Support

/// `web.config_file`: the format of Prometheus' exporter-toolkit, read strictly.
package enum WebFile {
  /// Reads and checks the file and those that it names.
  ///
  /// Throws everything that is wrong with it at once.
  package static func load(_ path: String) throws(ConfigError) -> WebAccess {
    var decoder = ConfigDecoder(verbatim: path)
    let access = read(&decoder)
    if let error = decoder.error { throw error }
    return access
  }

  /// The same on behalf of the configuration that names it.
  static func read(_ path: String, _ decoder: inout ConfigDecoder) -> WebAccess {
    var inner = ConfigDecoder(verbatim: path)
    let access = read(&inner)
    decoder.adopt(inner)
    return access
  }

  private static func read(_ decoder: inout ConfigDecoder) -> WebAccess {
    let file = WebAccess.File(decoder.file)
    let document: YAMLDocument
    do {
      let text = try BoundedFile.read(decoder.file, limit: YAMLDocument.maximumBytes)
      document = try YAMLDocument(text)
    } catch let problem as YAMLProblem {
      decoder.complain(problem.mark, problem.message)
      return WebAccess()
    } catch {
      let reason = (error as? BoundedFile.Failure)?.reason ?? "\(error)"
      decoder.complain(nil, "cannot read the web configuration: \(reason)")
      return WebAccess()
    }
    for problem in document.problems { decoder.complain(problem.mark, problem.message) }
    var contents = WebFileContents()
    if let root = document.root {
      WebFileContents.section.read(Field(node: root, path: ""), into: &contents, &decoder)
    }
    contents.access.files.insert(file, at: 0)
    return contents.access
  }
}

/// The file's top level.
struct WebFileContents: Equatable, Sendable {
  var tls: TLSFileSection?
  var http = HTTPFileSection()
  var users: [String: PasswordHash] = [:]
  var rateLimit: RateFileSection?
  /// All of it, once it was checked.
  var access = WebAccess()

  static let section = Section(
    blank: WebFileContents(),
    keys: [
      Key(optional: "tls_server_config", section: TLSFileSection.section, \.tls),
      Key("http_server_config", section: HTTPFileSection.section, \.http),
      Key(users: "basic_auth_users", \.users),
      Key(optional: "rate_limit", section: RateFileSection.section, \.rateLimit),
    ],
    complete: { contents, mapping, decoder in
      if let field = mapping["tls_server_config"], let tls = contents.tls {
        // Before they are read: what is written meanwhile is then seen as a change.
        contents.access.files = tls.files.map { WebAccess.File($0) }
        contents.access.tls = tls.context(field, &decoder)
      }
      contents.access.users = contents.users
      // A hash is no password, but whoever reads it may guess at leisure.
      if !contents.users.isEmpty { decoder.secretFiles.append(decoder.file) }
      contents.access.headers = contents.http.headers.sorted { $0.key < $1.key }.map {
        HTTPHeaders.Field(name: $0.key, value: $0.value)
      }
      contents.access.asksForHTTP2 =
        contents.http.http2
        && mapping["http_server_config"].flatMap { Mapping($0, &decoder) }?["http2"] != nil
      if let limit = contents.rateLimit, limit.interval > .seconds(0) {
        contents.access.rateLimit = WebAccess.RateLimit(
          interval: limit.interval, burst: limit.burst)
      }
    })
}

/// `rate_limit:`.
struct RateFileSection: Equatable, Sendable {
  var interval = TimeSpan.seconds(0)
  var burst: Int64 = 0

  static let section = Section(
    blank: RateFileSection(),
    keys: [
      Key(
        "interval", .duration(.seconds(0) ... .hours(24), "it is the time between two requests"),
        \.interval, "Time between two requests in the long run; 0 for no limit."),
      Key(
        "burst", .count(0...1_000_000, "it is how many requests may come at once"), \.burst,
        "Requests that may come at once."),
    ],
    check: { limit, mapping, decoder in
      guard limit.interval > .seconds(0), limit.burst < 1 else { return }
      decoder.complain(
        mapping["burst"]?.node.mark ?? mapping.mark,
        "\(mapping.path).burst: expected at least 1, or nothing would ever be answered")
    })
}

/// `http_server_config:`.
struct HTTPFileSection: Equatable, Sendable {
  /// Taken so that files that are shared with others can be read; HTTP/1.1 is spoken.
  var http2 = true
  var headers: [String: String] = [:]

  static let section = Section(
    blank: HTTPFileSection(),
    keys: [
      Key("http2", .flag, \.http2, "Taken, but HTTP/1.1 is spoken."),
      Key(headers: "headers", \.headers),
    ])
}
