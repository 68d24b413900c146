import Support

/// What is known of a followed container log beyond its checkpoint, from which all of it follows.
struct TailFraming {
  /// Lines of the other stream wait so long behind one that has no end: parts are written within
  /// milliseconds, so a line this old was left unfinished.
  static let patience = TimeSpan.seconds(5)

  /// Nil until the bytes before the checkpoint were looked at.
  var skipping: ContainerLines.Streams?
  /// Whether the line that begins at the checkpoint has no end yet.
  var isOpen = false
  /// Whether lines wait behind that line.
  var isBlocking = false
  /// Whether the next reading is to give it up.
  var isGivingUp = false
  private var blockedAt: Int64 = -1
  private var blockedSince = Timestamp(microseconds: 0)

  /// Takes in where a reading ended.
  mutating func note(_ offset: Int64, at now: Timestamp) {
    isGivingUp = false
    if !isOpen || !isBlocking {
      blockedAt = -1
    } else if blockedAt != offset || now < blockedSince {
      blockedAt = offset
      blockedSince = now
    }
  }

  /// Whether others have waited long enough.
  func isStuck(at now: Timestamp) -> Bool {
    isOpen && isBlocking && blockedAt >= 0 && now - blockedSince >= Self.patience
  }
}
