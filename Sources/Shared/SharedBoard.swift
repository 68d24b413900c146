package import Budget
package import Ledger
package import Support
package import Tally

/// How forwarding to the shared ledger goes, between the thread that spools, the one that forwards,
/// and those who ask.
package final class SharedBoard: Sendable {
  /// What there is to know.
  package struct State: Sendable {
    /// Rows up to this one are in the shared ledger.
    package var applied: Int64 = 0
    /// The last row that is in the file.
    package var last: Int64 = 0
    /// Bytes in the file that are not known to be in the shared ledger.
    package var bytes: Int64 = 0
    /// When the oldest row that waits was written; nil if none does.
    package var oldest: Timestamp?
    package var isConnected = false
    /// Requests that were added, and those that others had added before.
    package var requests: Int64 = 0
    package var duplicates: Int64 = 0
    /// Requests for which the spool had no room, or whose row was damaged.
    package var dropped: Int64 = 0
    /// To be written into the local ledger.
    package var writer: CostLedger.Writer?
    package var secret: [UInt8]?
    /// To be counted.
    package var crossings: [BudgetCrossing] = []
    package var deliveries: [(result: NotificationResult, receiver: String)] = []
  }

  private let state = Locked(State())
  /// To be sent when something was spooled.
  package let wakeup: Wakeup

  /// Nothing known.
  package init(wakeup: Wakeup) { self.wakeup = wakeup }

  /// A copy of all of it.
  package var current: State { state.withLock { $0 } }

  /// Changes it as one.
  package func update(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }
}
