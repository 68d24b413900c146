package import Record
package import Support

/// Events of one proxy that arrive in several formats.
extension CostLedger {
  /// Whether the very event was counted.
  package func isKnown(_ identity: Identity) throws(LedgerError) -> Bool {
    sql.isKnown.bind(identity.start.microseconds)
    sql.isKnown.bind(Int64(bitPattern: identity.hash))
    defer { sql.isKnown.reset() }
    return try sql.isKnown.step()
  }

  /// Whether an event of `kind` was counted that has the call id's hash and overlaps with the time
  /// from `start` to `end`; quick once `indexCalls` has been called.
  package func wasCounted(
    _ kind: EventKind, call: UInt64, from start: Timestamp, to end: Timestamp
  ) throws(LedgerError) -> Bool {
    sql.latestOfCall.bind(Int64(bitPattern: Identity.hash(call, kind)))
    sql.latestOfCall.bind(end.microseconds)
    defer { sql.latestOfCall.reset() }
    // NULL, when there is none, reads 0, which is before any start.
    return try sql.latestOfCall.step() && sql.latestOfCall.integer(0) >= start.microseconds
  }

  /// Has identities found by call. Only a ledger that gets several formats pays for the index.
  package func indexCalls() throws(LedgerError) {
    try database.execute(
      "CREATE INDEX IF NOT EXISTS identity_call ON identity(hash, start, span)")
  }

  package func write(_ changes: HeldChanges) throws(LedgerError) {
    for identity in changes.removed {
      sql.removeHeld.bind(identity.start.microseconds)
      sql.removeHeld.bind(Int64(bitPattern: identity.hash))
      try sql.removeHeld.run()
    }
    for event in changes.saved {
      sql.saveHeld.bind(event.identity.start.microseconds)
      sql.saveHeld.bind(Int64(bitPattern: event.identity.hash))
      sql.saveHeld.bind(Int64(bitPattern: event.call))
      sql.saveHeld.bind(event.source)
      sql.saveHeld.bind(event.line)
      try sql.saveHeld.run()
    }
    try write(changes.nativeSeen, key: Self.nativeSeen)
    try write(changes.payloadSeen, key: Self.payloadSeen)
    try write(changes.rowSeen, key: Self.rowSeen)
  }

  /// What is held, in order of time, and which formats were seen until when.
  func held() throws(LedgerError) -> HeldContents {
    var contents = HeldContents()
    contents.nativeSeen = try seen(Self.nativeSeen)
    contents.payloadSeen = try seen(Self.payloadSeen)
    contents.rowSeen = try seen(Self.rowSeen)
    let query = try database.prepare(
      "SELECT start, hash, call, source, line FROM held ORDER BY start, hash")
    while try query.step() {
      let identity = Identity(
        start: Timestamp(microseconds: query.integer(0)),
        hash: UInt64(bitPattern: query.integer(1)))
      contents.events.append(
        HeldEvent(
          identity: identity, call: UInt64(bitPattern: query.integer(2)), source: query.text(3),
          line: query.blob(4)))
    }
    return contents
  }

  private static let nativeSeen = "native_seen"
  private static let payloadSeen = "payload_seen"
  private static let rowSeen = "row_seen"

  private func write(_ time: Timestamp?, key: String) throws(LedgerError) {
    guard let time else { return }
    sql.saveSeen.bind(key)
    sql.saveSeen.bind(time.microseconds)
    try sql.saveSeen.run()
  }

  private func seen(_ key: String) throws(LedgerError) -> Timestamp? {
    try database.integer("SELECT value FROM meta WHERE key = '\(key)'").map(
      Timestamp.init(microseconds:))
  }
}
