extension AccessPolicy.Decision {
  /// The answer to a request for `path` that is not allowed; nil if it is.
  package func refusal(path: String) -> HTTPResponse? {
    switch self {
    case .allow: return nil
    case .foreignHost:
      return .error(
        421, "foreign_host",
        "the Host header names neither this machine nor one of web.hosts; add it there or send the "
          + "bearer token")
    case .foreignOrigin:
      return .error(
        403, "foreign_origin",
        "the Origin header names another site; add its host to web.hosts if it may do this")
    case .unauthorized(let wrong, let methods):
      return .unauthorized(path: path, wrong: wrong, methods)
    case .nothingSet:
      return .error(
        403, "token_not_set",
        "\(path) needs a bearer token or a user off loopback and neither is set: set web.token_file,"
          + " basic_auth_users in web.config_file, or add the path to web.open")
    case .disabled:
      return .error(404, "not_found", "\(path) is off until web.token_file is set")
    case .slowed(let seconds):
      return .later(
        429, "too_many_failures", "too many wrong credentials came from your address",
        seconds: seconds)
    case .limited(let seconds):
      return .later(
        429, "too_many_requests", "more requests came than rate_limit allows", seconds: seconds)
    case .busy:
      return .later(503, "busy", "too many passwords wait to be checked; ask again", seconds: 1)
    }
  }
}

extension HTTPResponse {
  /// 401 with a challenge for each method. A browser asks its user for the first one.
  fileprivate static func unauthorized(
    path: String, wrong: Bool, _ methods: AccessPolicy.Methods
  ) -> HTTPResponse {
    let needed =
      switch methods {
      case .token: "the bearer token of web.token_file"
      case .user: "a user of web.config_file and the password"
      default: "the bearer token of web.token_file, or a user of web.config_file and the password"
      }
    var response = HTTPResponse.error(
      401, "unauthorized",
      wrong ? "the Authorization header is not \(needed)" : "\(path) needs \(needed)")
    if methods.contains(.user) {
      response.headers.append("WWW-Authenticate", "Basic realm=\"sidelight\", charset=\"UTF-8\"")
    }
    if methods.contains(.token) {
      response.headers.append(
        "WWW-Authenticate",
        wrong ? "Bearer realm=\"sidelight\", error=\"invalid_token\"" : "Bearer realm=\"sidelight\""
      )
    }
    return response
  }

  /// An error that says after how many seconds to ask again.
  package static func later(
    _ status: Int, _ code: String, _ message: String, seconds: Int64
  ) -> HTTPResponse {
    var response = HTTPResponse.error(status, code, message)
    response.headers["Retry-After"] = String(seconds)
    return response
  }
}
