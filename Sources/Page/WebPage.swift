package import HTTP
import Metrics
import Support

/// The page at `/` and the files it is made of, below `/page/`.
package struct WebPage: Sendable {
  /// Packed when somebody first asks: a start is not held up.
  private let files = Locked<[String: PageFile]?>(nil)

  /// The page as it was built into the program.
  package init() {}

  /// Registers every path.
  package func add(to router: inout Router) {
    router.on(.get, "/") { answer($0, file: "index.html") }
    router.on(.get, "/page/{file}") { answer($0, file: $0.parameter ?? "") }
  }

  private func answer(_ request: HTTPRequest, file name: String) -> HTTPResponse {
    guard let file = file(name) else {
      return .error(404, "not_found", "there is nothing at \(request.path)")
    }
    var response = HTTPResponse(headers: [
      "Content-Type": file.type, "ETag": file.tag, "Vary": "Accept-Encoding",
      // Asked for each time, and answered in a line if nothing has changed: releases mix nowhere.
      "Cache-Control": "no-cache",
    ])
    if file.name.hasSuffix(".html") { response.headers.append(pageHeaders) }
    if Self.names(request.headers["If-None-Match"], file.tag) {
      response.status = 304
      return response
    }
    response.body = file.bytes
    if let packed = file.packed, Negotiation.allowsGzip(request.headers["Accept-Encoding"]) {
      response.headers["Content-Encoding"] = "gzip"
      response.body = packed
    }
    return response
  }

  private func file(_ name: String) -> PageFile? {
    files.withLock { files in
      if let files { return files[name] }
      let all = PageFile.all()
      files = Dictionary(all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
      return files?[name]
    }
  }

  /// Whether a list of tags, weak or not, holds `tag` or is `*`.
  private static func names(_ list: String?, _ tag: String) -> Bool {
    guard let list else { return false }
    return list.split(separator: ",").contains { entry in
      let entry = entry.drop { $0 == " " }
      return entry == "*" || entry == tag || entry == "W/\(tag)"
    }
  }

  /// Nothing but what this program serves, no script that was not in it, no frame around it.
  private var pageHeaders: [(String, String)] {
    [
      (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
          + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
          + "require-trusted-types-for 'script'; trusted-types 'none'"
      ),
      ("Referrer-Policy", "no-referrer"),
      ("Cross-Origin-Opener-Policy", "same-origin"),
    ]
  }
}

extension HTTPHeaders {
  fileprivate mutating func append(_ lines: [(String, String)]) {
    for (name, value) in lines { append(name, value) }
  }
}
