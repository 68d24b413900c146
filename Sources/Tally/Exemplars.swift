import Metrics
import Record

extension TallyState {
  /// Remembers the request's trace for the bucket it fell into, the last one of a batch only.
  mutating func noteExemplar(
    _ family: Family, row: Int, bucket: Int, value: Int64, _ record: RequestRecord,
    of batch: RecordBatch
  ) {
    let isFresh = exemplars.suffix(8).allSatisfy {
      $0.family != family || $0.row != row || $0.bucket != bucket
    }
    guard isFresh, exemplars.count < 256, record.trace.count <= Exemplar.maxTraceIDLength,
      batch.withBytes(record.trace, Self.looksLikeTrace),
      let exemplar = Exemplar(
        traceID: batch.string(record.trace), value: value, time: record.end)
    else { return }
    exemplars.append(ExemplarChange(family: family, row: row, bucket: bucket, exemplar: exemplar))
  }

  /// Clients can choose trace ids: only what cannot be an address or a secret's text is shown.
  private static func looksLikeTrace(_ bytes: UnsafeRawBufferPointer) -> Bool {
    !bytes.starts(with: "sk-".utf8)
      && bytes.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        default: false
        }
      }
  }
}
