import Metrics
package import Record
package import Support

extension TallyState {
  /// Counts the batch's whole requests as history: in roll-ups and details, never in a counter but
  /// the one of imported requests.
  ///
  /// Labels count as used on the day of the request, so that the past takes no room for long.
  package mutating func addHistory(_ batch: RecordBatch, keepDetailsFrom: Timestamp) {
    var count: Int64 = 0
    for request in batch.requests where request.form == .whole || request.form == .late {
      let day = request.end.day
      let detail = resolve(request, of: batch, day: day)
      addRollup(detail, of: batch, day: day)
      if request.end >= keepDetailsFrom { details.append(detail) }
      if request.form == .whole { count += 1 }
    }
    if count > 0 { self[.importedRequests].add(count, to: .zero) }
    labels.takeFolded { _, _ in }
  }

  /// Takes over what an import beside this process has added to its counter.
  package mutating func adopt(importedRequests count: Int64) {
    guard count > 0 else { return }
    self[.importedRequests].restore(.zero, CollectionOfOne(count))
  }
}
