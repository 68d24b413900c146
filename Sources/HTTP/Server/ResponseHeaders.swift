/// The header lines of every answer, beyond what its handler set.
struct ResponseHeaders: Sendable {
  /// Those of `http_server_config.headers`, which win over the handler's.
  private let configured: [HTTPHeaders.Field]

  /// What good practice asks of a service that only its own page may use in a browser. Referrers
  /// stay on the site, but are sent there: without them, browsers would hide the `Origin` of forms.
  private static let usual: [HTTPHeaders.Field] = [
    HTTPHeaders.Field(name: "X-Content-Type-Options", value: "nosniff"),
    HTTPHeaders.Field(name: "X-Frame-Options", value: "deny"),
    HTTPHeaders.Field(name: "Referrer-Policy", value: "same-origin"),
    HTTPHeaders.Field(name: "Cross-Origin-Resource-Policy", value: "same-origin"),
    HTTPHeaders.Field(
      name: "Content-Security-Policy", value: "default-src 'none'; frame-ancestors 'none'"),
    HTTPHeaders.Field(name: "Cache-Control", value: "no-store"),
  ]

  init(_ configured: [HTTPHeaders.Field]) { self.configured = configured }

  /// `response` with every line that it lacks.
  func complete(_ response: HTTPResponse) -> HTTPResponse {
    var response = response
    for field in configured { response.headers[field.name] = field.value }
    for field in Self.usual where response.headers[field.name] == nil {
      response.headers.append(field.name, field.value)
    }
    return response
  }
}
