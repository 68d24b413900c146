package import Support

/// A payload that waits for its copy in the native format.
package struct HeldEvent: Sendable, Equatable {
  package var identity: Identity
  /// The hash of its call id.
  package var call: UInt64
  /// The name of its source.
  package var source: String
  /// The payload as a native line.
  package var line: [UInt8]

  /// One row of the ledger's table of what is held.
  package init(identity: Identity, call: UInt64, source: String, line: [UInt8]) {
    self.identity = identity
    self.call = call
    self.source = source
    self.line = line
  }
}

/// What the ledger knows of formats.
package struct HeldContents: Sendable, Equatable {
  package var events: [HeldEvent] = []
  /// The latest native event counted, rounded up to a full hour.
  package var nativeSeen: Timestamp?
  /// The same of payloads.
  package var payloadSeen: Timestamp?
  /// The same of rows of LiteLLM's database.
  package var rowSeen: Timestamp?

  /// Nothing held, nothing seen.
  package init() {}
}

/// What happened to held events in a batch.
package struct HeldChanges: Sendable, Equatable {
  package var saved: [HeldEvent] = []
  package var removed: [Identity] = []
  /// Nil if it is what it was.
  package var nativeSeen: Timestamp?
  package var payloadSeen: Timestamp?
  package var rowSeen: Timestamp?

  /// Nothing happened.
  package init() {}
}
