import Support

/// The body of a request as it comes in: kept, or thrown away when the answer is known already.
struct Upload: ~Copyable {
  /// What to do about the bytes received so far.
  enum Verdict: Equatable {
    case goOn
    /// Too much was sent to throw away: close without an answer.
    case hangUp
  }

  /// What to keep of a body.
  struct Limits {
    /// Bytes; longer bodies are answered with 413.
    var keep: Int
    /// Bytes that are thrown away so that the client gets to see a refusal.
    var discard: Int
    /// The answer if it is known already: nothing is kept.
    var refusal: HTTPResponse?
    /// Bytes that the client says will come; 0 if it does not.
    var announced = 0
  }

  private(set) var bytes: [UInt8] = []
  /// The answer that does not depend on the body, if there is one.
  private(set) var refusal: HTTPResponse?
  private let limit: Int
  private let announced: Int
  private var toDiscard: Int
  private let room: UploadRoom
  /// Bytes of the room that are taken.
  private var taken = 0

  /// So much of each body needs no room: small requests are answered whatever goes on.
  static let free = 8 << 10

  /// An empty body; a large one whose size is known takes its share of `room` now or is refused.
  init(_ limits: Limits, room: UploadRoom) {
    limit = limits.keep
    refusal = limits.refusal
    toDiscard = limits.discard
    announced = max(0, min(limits.announced, limits.keep))
    self.room = room
    if refusal == nil, !makeRoom(for: announced) { refuse(.tooManyUploads) }
  }

  init(limit: Int, discard: Int, refusal: HTTPResponse?) {
    self.init(
      Limits(keep: limit, discard: discard, refusal: refusal), room: UploadRoom(bytes: .max))
  }

  deinit { room.leave(taken) }

  /// Takes the next bytes.
  mutating func receive(_ chunk: UnsafeRawBufferPointer) -> Verdict {
    if refusal == nil {
      let count = bytes.count + chunk.count
      if count > limit {
        refuse(.bodyTooLarge(limit: limit))
      } else if !makeRoom(for: count) {
        refuse(.tooManyUploads)
      } else {
        reserve(count)
        bytes.append(contentsOf: chunk)
        return .goOn
      }
    }
    guard chunk.count <= toDiscard else { return .hangUp }
    toDiscard -= chunk.count
    return .goOn
  }

  private mutating func makeRoom(for count: Int) -> Bool {
    let needed = count - Self.free - taken
    guard needed > 0 else { return true }
    guard room.enter(needed) else { return false }
    taken += needed
    return true
  }

  /// Pages are had when they are written, and growing by doubling would need twice as many.
  private mutating func reserve(_ count: Int) {
    guard count > bytes.capacity else { return }
    bytes.reserveCapacity(announced > 0 ? announced : count <= Self.free ? Self.free : limit)
  }

  private mutating func refuse(_ response: HTTPResponse) {
    refusal = response
    bytes = []
    room.leave(taken)
    taken = 0
  }
}

/// What the bodies of all connections may take together.
final class UploadRoom: Sendable {
  private let free: Locked<Int>

  init(bytes: Int) { free = Locked(bytes) }

  /// Takes so many bytes; false if there are not so many.
  func enter(_ bytes: Int) -> Bool {
    free.withLock { free in
      guard bytes <= free else { return false }
      free -= bytes
      return true
    }
  }

  func leave(_ bytes: Int) { free.withLock { $0 += bytes } }
}

extension HTTPResponse {
  /// 413 for a body of more than `limit` bytes.
  static func bodyTooLarge(limit: Int) -> HTTPResponse {
    .error(413, "body_too_large", "the body is longer than the \(limit) bytes taken here")
  }

  /// 429: the bodies under way fill the memory that they may take.
  fileprivate static var tooManyUploads: HTTPResponse {
    var response = HTTPResponse.error(
      429, "busy", "too many large bodies are under way; send it again in a second")
    response.headers["Retry-After"] = "1"
    return response
  }
}
