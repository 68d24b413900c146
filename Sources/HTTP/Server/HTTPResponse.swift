/// What a handler answers.
///
/// The server adds `Date`, `Content-Length` and `X-Content-Type-Options`. A header value with a
/// line break in it is left out, never sent.
package struct HTTPResponse: Sendable, Equatable {
  /// From 200 to 599.
  package var status: Int
  /// Those beyond what the server adds.
  package var headers: HTTPHeaders
  /// Above 32 KiB sent without a copy of the whole.
  package var body: [UInt8]

  /// A response put together by hand.
  package init(status: Int = 200, headers: HTTPHeaders = [:], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// Plain text, or what `type` says.
  package static func text(
    _ text: String, status: Int = 200, type: String = "text/plain; charset=utf-8"
  ) -> HTTPResponse {
    HTTPResponse(status: status, headers: ["Content-Type": type], body: Array(text.utf8))
  }

  /// A JSON document that is written already.
  package static func json(_ document: some Sequence<UInt8>, status: Int = 200) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: ["Content-Type": "application/json"], body: Array(document))
  }

  /// `{"error":{"code":…,"message":…}}`, the form of every error.
  package static func error(_ status: Int, _ code: String, _ message: String) -> HTTPResponse {
    let document =
      "{\"error\":{\"code\":\(jsonString(code)),\"message\":\(jsonString(message))}}\n"
    return json(document.utf8, status: status)
  }
}

/// `text` as a JSON string, quotes included.
package func jsonString(_ text: String) -> String {
  var quoted = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": quoted += "\\\""
    case "\\": quoted += "\\\\"
    case "\n": quoted += "\\n"
    case "\r": quoted += "\\r"
    case "\t": quoted += "\\t"
    case _ where scalar.value < 0x20:
      quoted += scalar.value < 0x10 ? "\\u000" : "\\u00"
      quoted += String(scalar.value, radix: 16)
    default: quoted.unicodeScalars.append(scalar)
    }
  }
  return quoted + "\""
}
