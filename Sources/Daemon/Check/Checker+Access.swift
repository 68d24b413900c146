import HTTP
import Support

extension Checker {
  /// Whom the web server answers, and by which certificate; nothing where nobody set anything.
  static func access(_ web: WebOptions, now: Timestamp) -> [Finding] {
    guard let address = IPAddress(web.address), !address.isLoopback || web.configFile != nil else {
      return []
    }
    return [audience(web)] + (web.access.tls.map { [certificate($0, now: now)] } ?? [])
      + (web.access.asksForHTTP2
        ? [Finding(.warning, "access", "http2: true, but HTTP/1.1 is what is spoken")] : [])
  }

  private static func audience(_ web: WebOptions) -> Finding {
    let users = web.access.users.count
    let ways =
      (web.token == nil ? [] : ["the token"])
      + (users == 0 ? [] : ["a password of \(users == 1 ? "1 user" : "\(users) users")"])
    let open =
      web.open.isEmpty ? "nothing is open" : "open to all: \(web.open.joined(separator: ", "))"
    if IPAddress(web.address)?.isLoopback == true {
      return Finding(.ok, "access", "from this machine only, where all is open")
    }
    if ways.isEmpty, web.access.tls?.options.clientAuth == .requireAndVerify {
      return Finding(.ok, "access", "for whoever shows a certificate of client_ca; \(open)")
    }
    guard !ways.isEmpty else {
      return Finding(
        .warning, "access",
        "page and API are shut: set web.token_file, or basic_auth_users in web.config_file; \(open)"
      )
    }
    let text = "page and API need \(ways.joined(separator: " or ")); \(open)"
    return web.access.tls == nil
      ? Finding(
        .warning, "access", "\(text); without TLS, whoever listens on the way can read them")
      : Finding(.ok, "access", text)
  }

  private static func certificate(_ tls: TLSContext, now: Timestamp) -> Finding {
    let subject = "certificate"
    let names = tls.names.isEmpty ? "no name" : tls.names.prefix(5).joined(separator: ", ")
    let end = CivilTime(tls.validity.upperBound).minuteText
    if now >= tls.validity.upperBound {
      return Finding(.failed, subject, "\(names): expired on \(end)")
    }
    if now < tls.validity.lowerBound {
      let start = CivilTime(tls.validity.lowerBound).minuteText
      return Finding(.failed, subject, "\(names): not valid before \(start)")
    }
    let isShort = tls.validity.upperBound - now < .days(14)
    return Finding(isShort ? .warning : .ok, subject, "\(names): valid until \(end)")
  }
}
