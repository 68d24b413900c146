import Glibc
import Record
import Support

/// A row of `LiteLLM_SpendLogs`, which `SpendLogQuery` gives the keys of a payload: a whole request,
/// but for what only a log knows of its attempts.
struct RowDecoder {
  let line: LogLine
  private let payload: PayloadDecoder

  init(line: LogLine) {
    self.line = line
    payload = PayloadDecoder(line: line)
  }

  /// Appends the parsed row's record to `batch`; health checks are no traffic and append nothing.
  func decode(into batch: inout RecordBatch) throws(Rejection) {
    let index = batch.requests.count
    try payload.decode(into: &batch)
    guard batch.requests.count > index else { return }
    var record = batch.requests[index]
    do throws(Rejection) {
      try complete(&record, into: &batch)
      batch.requests[index] = record
    } catch {
      batch.requests.removeLast()
      throw error
    }
  }

  private func complete(
    _ record: inout RequestRecord, into batch: inout RecordBatch
  ) throws(Rejection) {
    guard line[.id].isString, !line[.id].text.isEmpty, line[.callID].isString else {
      throw .badValue
    }
    // LiteLLM bills each attempt that timed out under its call's id and a number.
    let call = line[.callID].text.withoutAttemptNumber
    record.form = call.count < line[.callID].text.count ? .bill : .row
    record.identity = Identity(start: record.start, call: hash64(line[.id].text), kind: .row)
    record.callHash = hash64(call)
    record.retries = Int32(clamping: line.lenientCount(.attemptedRetries) ?? 0)
    record.fallbacks = Int32(clamping: line.lenientCount(.attemptedFallbacks) ?? 0)
    let asked = try line.text(.route, into: &batch)
    if !asked.isEmpty { record.route = asked }
    guard record.attempts > 0 else { return }
    // It begins with the request: when the last attempt began is known if there was one alone.
    let others = record.retries + record.fallbacks
    record.attempts += others
    if others > 0 { (record.attemptStart, record.overhead) = (nil, nil) }
  }
}

extension UnsafeRawBufferPointer {
  /// Without a final `-attempt-` and digits.
  fileprivate var withoutAttemptNumber: UnsafeRawBufferPointer {
    let digits = reversed().prefix { (0x30...0x39).contains($0) }.count
    let name: StaticString = "-attempt-"
    let rest = count - digits - name.utf8CodeUnitCount
    guard digits > 0, rest > 0, let base = baseAddress,
      memcmp(base + rest, name.utf8Start, name.utf8CodeUnitCount) == 0
    else { return self }
    return UnsafeRawBufferPointer(rebasing: self[..<rest])
  }
}

extension RecordBatch {
  /// Makes a row that is to be counted whole; a failed one is its last attempt as well. A bill only
  /// adds to the sums.
  mutating func settleRow(_ index: Int) {
    guard requests[index].form == .row else { return requests[index].form = .late }
    requests[index].form = .whole
    let record = requests[index]
    guard record.outcome == .failure, let reason = record.reason else { return }
    if record.attempts > 0 {
      requests[index].firstFailure = FirstFailure(
        provider: record.provider, model: record.model, reason: reason)
      attempts.append(record.failedAttempt(reason))
    } else if reason == .noDeployment {
      requests[index].firstFailure = FirstFailure(
        provider: .none, model: .none, reason: .noDeployment)
    }
  }
}
