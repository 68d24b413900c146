import CCurl

/// An `http` or `https` address that the client may call.
///
/// User information, path and query can be secrets (Telegram's token is a path), so only `origin` is
/// ever shown.
package struct ClientURL: Sendable, Hashable, CustomStringConvertible {
  /// Scheme, host and port, such as `https://api.telegram.org`: what messages may name.
  package let origin: String
  /// Whether something follows the path: nothing can be appended then.
  package let hasQuery: Bool
  /// The whole address, for the library only.
  let text: String

  /// Reads an address with the parser that will also call it.
  package init(_ text: String) throws(ClientError) {
    let parsed = try ParsedURL(text)
    self.text = text
    hasQuery = parsed.hasQuery
    let scheme = parsed.part(CURLUPART_SCHEME) ?? ""
    guard scheme == "http" || scheme == "https" else {
      throw ClientError(.badURL, "the scheme has to be http or https")
    }
    guard let host = parsed.part(CURLUPART_HOST), !host.isEmpty else {
      throw ClientError(.badURL, "there is no host in it")
    }
    origin = "\(scheme)://\(host)" + (parsed.part(CURLUPART_PORT).map { ":\($0)" } ?? "")
  }

  /// The address of `path`, which begins with a slash, below this one.
  package func appending(_ path: String) throws(ClientError) -> ClientURL {
    guard !hasQuery else { throw ClientError(.badURL, "nothing can follow its query") }
    var base = text[...]
    while base.last == "/" { base.removeLast() }
    return try ClientURL(base + path)
  }

  package var description: String { origin }
}

/// Owner of the library's handle for one address.
private struct ParsedURL: ~Copyable {
  private let handle: OpaquePointer

  init(_ text: String) throws(ClientError) {
    // A NUL would end the text for the library.
    guard !text.utf8.contains(0), text.utf8.count <= 8192 else {
      throw ClientError(.badURL, "it is longer than 8192 bytes or has a NUL in it")
    }
    guard let handle = curl_url() else { throw ClientError(.failed, "no memory is left") }
    let status = curl_url_set(handle, CURLUPART_URL, text, 0)
    guard status == CURLUE_OK else {
      curl_url_cleanup(handle)
      throw ClientError(.badURL, Self.reason(status))
    }
    self.handle = handle
  }

  deinit { curl_url_cleanup(handle) }

  var hasQuery: Bool { part(CURLUPART_QUERY) != nil || part(CURLUPART_FRAGMENT) != nil }

  func part(_ part: CURLUPart) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(handle, part, &text, 0) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
  }

  /// The library's own words name no part of the address.
  private static func reason(_ status: CURLUcode) -> String {
    switch status {
    case CURLUE_BAD_SCHEME, CURLUE_UNSUPPORTED_SCHEME:
      "it has to begin with http:// or https://"
    default: curl_url_strerror(status).map { String(cString: $0) } ?? "it is no URL"
    }
  }
}
