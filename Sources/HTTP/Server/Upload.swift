/// The body of a request as it comes in: kept, or thrown away when the answer is known already.
struct Upload {
  /// What to do about the bytes received so far.
  enum Verdict: Equatable {
    case goOn
    /// Too much was sent to throw away: close without an answer.
    case hangUp
  }

  private(set) var bytes: [UInt8] = []
  /// The answer that does not depend on the body, if there is one.
  private(set) var refusal: HTTPResponse?
  private let limit: Int
  private var toDiscard: Int

  /// Keeps up to `limit` bytes, or throws away up to `discard` of them if there is a `refusal`.
  init(limit: Int, discard: Int, refusal: HTTPResponse?) {
    self.limit = limit
    self.refusal = refusal
    toDiscard = discard
  }

  /// Takes the next bytes.
  mutating func receive(_ chunk: UnsafeRawBufferPointer) -> Verdict {
    if refusal == nil {
      if chunk.count <= limit - bytes.count {
        bytes.append(contentsOf: chunk)
        return .goOn
      }
      bytes = []
      refusal = .bodyTooLarge(limit: limit)
    }
    guard chunk.count <= toDiscard else { return .hangUp }
    toDiscard -= chunk.count
    return .goOn
  }
}

extension HTTPResponse {
  /// 413 for a body of more than `limit` bytes.
  static func bodyTooLarge(limit: Int) -> HTTPResponse {
    .error(413, "body_too_large", "the body is longer than the \(limit) bytes taken here")
  }
}
