import Record
import Support

/// A request outside of any batch, with the texts that it points into.
final class KeptRequest: Sendable {
  /// The only request of `batch`, though not in its list.
  let record: RequestRecord
  let batch: RecordBatch
  private let metadata: Int

  /// Copies the request from a batch where it has so many metadata values.
  ///
  /// It reads then as if it had come as a native line, which is how the ledger keeps it.
  init(_ record: RequestRecord, of source: RecordBatch, metadata: Int) {
    var batch = RecordBatch()
    var kept = batch.copy(record, of: source, metadata: metadata)
    (kept.form, kept.source, kept.stream) = (.whole, 0, 0)
    kept.callHash = batch.hash(kept.id)
    kept.identity = Identity(start: kept.start, call: kept.callHash, kind: .nativeRequest)
    self.record = kept
    self.batch = batch
    self.metadata = metadata
  }

  /// The request as it reads in `target`, to which its texts are copied.
  func copy(to target: inout RecordBatch) -> RequestRecord {
    target.copy(record, of: batch, metadata: metadata)
  }
}

extension RequestRecord {
  /// What a late success still needs of a failure.
  var remnant: RequestRecord {
    var remnant = RequestRecord(identity: identity, start: start, end: end)
    remnant.id = id
    remnant.outcome = outcome
    remnant.reason = reason
    remnant.route = route
    remnant.firstFailure = firstFailure
    remnant.attempts = attempts
    remnant.metadata = metadata
    return remnant
  }

  /// The attempt that a failed payload tells of.
  func failedAttempt(_ reason: Reason) -> AttemptRecord {
    var attempt = AttemptRecord(identity: identity, start: start, end: end)
    attempt.route = route
    attempt.provider = provider
    attempt.model = model
    attempt.deployment = deployment
    attempt.reason = reason
    return attempt
  }
}

extension Settlement {
  /// A failure that waits, or is remembered.
  struct Entry {
    let callID: [UInt8]
    var due: Timestamp
    var isSettled = false
    var failure: Failure
  }

  /// As a line only if it has to outlast a commit: most failures settle sooner.
  enum Failure {
    case request(KeptRequest)
    case line([UInt8])
  }
}
