package import Record
package import Support

/// One source's lines into records of a batch.
package struct RecordDecoder {
  /// What a usable line was, for the `format` label of `sidelight_source_info`.
  package enum Recognised: Sendable {
    case native
    case litellm
    /// A row of LiteLLM's database.
    case row
  }

  private let format: SourceOptions.Format
  private let line: LogLine
  private let native: NativeDecoder
  private let payload: PayloadDecoder
  /// Nil for a log.
  private let row: RowDecoder?

  /// Reads `format`, and the values of the metadata keys `metadataNames` with each request.
  package init(format: SourceOptions.Format, metadataNames: [String]) {
    self.format = format
    line = LogLine(metadataNames: metadataNames)
    native = NativeDecoder(line: line)
    payload = PayloadDecoder(line: line)
    row = nil
  }

  /// Reads what the source of `options` delivers.
  package init(_ options: SourceOptions, metadataNames: [String]) {
    format = options.format
    line = LogLine(metadataNames: metadataNames)
    native = NativeDecoder(line: line)
    payload = PayloadDecoder(line: line)
    row = options.isSpendLogs ? RowDecoder(line: line) : nil
  }

  /// Appends the line's record to `batch`; `line` has 64 readable bytes behind it.
  ///
  /// Nothing is appended for health checks. A rejected line leaves no record behind, though some of
  /// its text may stay in the batch until that is emptied.
  @discardableResult
  package func decode(
    _ bytes: UnsafeRawBufferPointer, now: Timestamp, into batch: inout RecordBatch
  ) throws(Rejection) -> Recognised {
    try line.parse(bytes)
    let requests = batch.requests.count
    let attempts = batch.attempts.count
    let recognised = try recognise()
    switch recognised {
    case .native: try native.decode(into: &batch)
    case .litellm: try payload.decode(into: &batch)
    case .row: try row?.decode(into: &batch)
    }
    let latest = now + .hours(1)
    if batch.requests.count > requests, batch.requests[requests].end > latest {
      batch.requests.removeLast()
      throw .future
    }
    if batch.attempts.count > attempts, batch.attempts[attempts].end > latest {
      batch.attempts.removeLast()
      throw .future
    }
    return recognised
  }

  /// A request that was stored as a native line; nil if it cannot be read.
  func stored(_ line: [UInt8], into batch: inout RecordBatch) -> RequestRecord? {
    let padded = line + [UInt8](repeating: 0, count: JSONLine.padding)
    let requests = batch.requests.count
    let decoded = padded.withUnsafeBytes { bytes in
      (try? decode(
        UnsafeRawBufferPointer(rebasing: bytes[..<line.count]),
        now: Timestamp(microseconds: .max - TimeSpan.days(1).microseconds), into: &batch)) != nil
    }
    return decoded && batch.requests.count > requests ? batch.requests.removeLast() : nil
  }

  private func recognise() throws(Rejection) -> Recognised {
    if row != nil { return .row }
    switch format {
    case .native: return .native
    case .litellm: return .litellm
    case .auto:
      if line[.kind].isPresent { return .native }
      if line[.status].isPresent && line[.startTime].isPresent { return .litellm }
      throw .unknownKind
    }
  }
}
