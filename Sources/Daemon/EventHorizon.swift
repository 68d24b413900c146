import Record
import Support

/// Up to when the logs were read: by the wall clock once nothing is left to read, until then by the
/// events of the file that was read least far.
struct EventHorizon {
  /// One file of a source.
  private struct Stream: Hashable {
    var source: Int32
    var file: Int32
  }

  /// End of the latest event of each file, while there is more to read.
  private var latest: [Stream: Timestamp] = [:]

  /// Takes in what was read at `now`; gives the time.
  mutating func advance(
    by batch: RecordBatch, inputs: [PipelineInput], hasMore: Bool, now: Timestamp
  ) -> Timestamp {
    guard hasMore else {
      latest.removeAll()
      return now
    }
    note(batch.requests)
    let unread = inputs.flatMap { input in
      input.unreadStreams.map { Stream(source: input.index, file: $0) }
    }
    return unread.map { latest[$0] ?? Timestamp(microseconds: .min) }.min() ?? now
  }

  /// Looks a file up once for each run of its records.
  private mutating func note(_ records: [RequestRecord]) {
    guard let first = records.first else { return }
    var stream = Stream(source: first.source, file: first.stream)
    var end = first.end
    for index in records.indices.dropFirst() {
      let record = records[index]
      if record.source != stream.source || record.stream != stream.file {
        raise(stream, to: end)
        stream = Stream(source: record.source, file: record.stream)
        end = record.end
      }
      end = max(end, record.end)
    }
    raise(stream, to: end)
  }

  private mutating func raise(_ stream: Stream, to end: Timestamp) {
    latest[stream] = max(latest[stream] ?? end, end)
  }
}
