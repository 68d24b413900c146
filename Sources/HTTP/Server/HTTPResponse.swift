package import Support

/// What a handler answers.
///
/// The server adds `Date`, `Content-Length` and those of `ResponseHeaders` that it lacks. A header
/// value with a line break in it is left out, never sent.
package struct HTTPResponse: Sendable, Equatable {
  /// From 200 to 599.
  package var status: Int
  /// Those beyond what the server adds.
  package var headers: HTTPHeaders
  /// Above 32 KiB sent without a copy of the whole.
  package var body: [UInt8]
  /// Sent in place of `body`, if there is one.
  package var file: BodyFile?

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

  /// A JSON document and a line feed.
  package static func json(_ document: JSONValue, status: Int = 200) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: ["Content-Type": "application/json"],
      body: document.bytes + [UInt8(ascii: "\n")])
  }

  /// `{"error":{"code":…,"message":…}}`, the form of every error.
  package static func error(_ status: Int, _ code: String, _ message: String) -> HTTPResponse {
    let error = JSONValue.object(["code": .text(code), "message": .text(message)])
    return json(.object(["error": error]), status: status)
  }
}
