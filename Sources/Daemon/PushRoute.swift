import HTTP
import Source
import Support

/// `POST /ingest/litellm`: hands bodies to the ingest thread and tells what became of them.
struct PushRoute: Sendable {
  let queue: PushQueue

  /// Bytes of a body as it is sent.
  static let maxBody = 16 << 20

  /// Answers once the body is durable, or refused.
  func take(_ request: HTTPRequest, answer: @escaping @Sendable (HTTPResponse) -> Void) {
    let isPacked: Bool
    switch request.headers["Content-Encoding"]?.lowercased() ?? "" {
    case "", "identity": isPacked = false
    case "gzip", "x-gzip": isPacked = true
    case let other:
      var response = HTTPResponse.error(
        415, "unsupported_encoding", "the content coding \(other) is not known, gzip is")
      response.headers["Accept-Encoding"] = "gzip"
      return answer(response)
    }
    let delivery = PushDelivery(body: request.body, isPacked: isPacked) {
      answer(Self.response(to: $0))
    }
    switch queue.offer(delivery) {
    case .taken: break
    case .full:
      answer(.later(429, "busy", "too many bodies wait; send it again in a second", seconds: 1))
    case .closed: answer(Self.response(to: .unavailable))
    }
  }

  private static func response(to outcome: PushOutcome) -> HTTPResponse {
    switch outcome {
    case .stored(let accepted, let duplicates, let rejected):
      .json(
        .object([
          "accepted": .integer(Int64(accepted)), "duplicates": .integer(Int64(duplicates)),
          "rejected": .integer(Int64(rejected)),
        ]))
    case .malformed(let reason): .error(400, "bad_body", reason)
    case .tooLarge(let reason): .error(413, "body_too_large", reason)
    case .unavailable:
      .later(
        503, "not_stored",
        "the ledger cannot be written now; send it again, nothing is counted twice",
        seconds: 5)
    }
  }
}
