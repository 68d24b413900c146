import FoundationEssentials
package import HTTP
import Support

/// `webhook:` of a receiver.
package struct WebhookOptions: Sendable, Equatable {
  /// Nil until it was read.
  package var url: ClientURL?
  /// The keys to sign with, separated by white space; during a rotation the old and the new one.
  package var secret: String?

  package init() {}
}

/// Posts JSON as Standard Webhooks 1.0.0 has it: an id that stays the same over retries, the time
/// of the attempt, and a signature over both and the body for each secret.
///
/// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
struct WebhookReceiver: Receiver {
  private let url: ClientURL?
  private let keys: [[UInt8]]

  init(_ options: WebhookOptions) {
    url = options.url
    keys = WebhookSecret.keys(in: options.secret ?? "") ?? []
  }

  func requests(for notification: Notification, at now: Timestamp) -> [ClientRequest] {
    guard let url else { return [] }
    let body = notification.json.bytes
    var request = ClientRequest.post(body, to: url)
    let timestamp = String(now.microseconds / 1_000_000)
    request.headers["webhook-id"] = notification.id
    request.headers["webhook-timestamp"] = timestamp
    if !keys.isEmpty {
      let signatures = keys.map { key in
        WebhookSecret.signature(id: notification.id, timestamp: timestamp, body: body, key: key)
      }
      request.headers["webhook-signature"] = signatures.joined(separator: " ")
    }
    return [request]
  }

  func explain(_ response: ClientResponse) -> String {
    let text = "status \(response.status)"
    let said = response.excerpt
    switch response.status {
    case 200...299: return text
    case 300...399: return "\(text), a redirect, which is never followed; configure its target"
    case 404: return "\(text): nothing is at this path; check the URL"
    case 401, 403: return "\(text): it does not let us in; check the secret"
    default: return said.isEmpty ? text : "\(text): \(said.quoted(limit: 160))"
    }
  }

  var probes: [ClientRequest] { url.map { [.touch($0)] } ?? [] }
  /// Most services know no OPTIONS, and say so with some error.
  func isFine(_ response: ClientResponse) -> Bool { !(300...399).contains(response.status) }
  var place: String { url?.origin ?? "" }
}

/// Keys as Standard Webhooks writes them.
package enum WebhookSecret {
  /// In bytes, by the specification.
  package static let keySizes = 24...64
  private static let prefix = "whsec_"

  /// The keys in a text of secrets that white space separates; nil if one of them is none.
  package static func keys(in text: String) -> [[UInt8]]? {
    var keys: [[UInt8]] = []
    for word in text.split(whereSeparator: \.isWhitespace) {
      guard word.hasPrefix(prefix),
        let key = Data(base64Encoded: String(word.dropFirst(prefix.count))),
        keySizes.contains(key.count)
      else { return nil }
      keys.append(Array(key))
    }
    return keys
  }

  /// What proves that the holder of `key` sent `body` under `id` at `timestamp`.
  static func signature(id: String, timestamp: String, body: [UInt8], key: [UInt8]) -> String {
    let signed = Array("\(id).\(timestamp).".utf8) + body
    return "v1,\(Data(hmacSHA256(signed, key: key)).base64EncodedString())"
  }
}
