package import Support

/// A failed payload that waits, or waited, for the success that may follow it.
package struct WaitingFailure: Sendable, Equatable {
  package var callID: [UInt8]
  /// When it is settled as a failed request; once settled, when it is forgotten.
  package var due: Timestamp
  /// Counted as failed already: a success still adds its tokens and cost.
  package var isSettled: Bool
  /// The failure as a native line.
  package var line: [UInt8]

  /// One row of the ledger's table of what waits.
  package init(callID: [UInt8], due: Timestamp, isSettled: Bool, line: [UInt8]) {
    self.callID = callID
    self.due = due
    self.isSettled = isSettled
    self.line = line
  }
}

/// What happened to waiting failures in a batch.
package struct WaitingChanges: Sendable, Equatable {
  package var saved: [WaitingFailure] = []
  /// By call id.
  package var removed: [[UInt8]] = []

  /// Nothing happened.
  package init() {}
}
