package import Record
package import Support

/// A look at what a source has, without following it: for `sidelight check`.
package struct SourceInspection: Sendable, Equatable {
  /// Files that match, and their bytes.
  package private(set) var files = 0
  package private(set) var bytes: Int64 = 0
  /// When the newest of them was written to.
  package private(set) var lastWrite: Timestamp?
  /// What the newest file's last lines were.
  package private(set) var native = 0
  package private(set) var payloads = 0
  package private(set) var rejected: [Rejection: Int] = [:]
  /// End of the latest event among them, those too far ahead included.
  package private(set) var lastEvent: Timestamp?
  /// What stands in the way, in words.
  package private(set) var problems: [String] = []

  /// Bytes looked at, from the end of the newest file.
  package static let sample = 256 << 10

  /// Looks at the files of `options`; standard input is not touched.
  package init(_ options: SourceOptions, now: Timestamp) {
    guard case .files(let glob) = options.input else { return }
    var directories = DirectoryCache()
    var newest: (path: String, facts: FileFacts)?
    for path in GlobPattern(glob).paths(&directories, at: now) {
      do throws(SystemError) {
        let facts = try FileFacts(path: path)
        guard facts.isRegular else { continue }
        files += 1
        bytes += facts.size
        if facts.modified >= newest?.facts.modified ?? .min { newest = (path, facts) }
      } catch {
        if !error.isAbsence { problems.append("cannot look at \(path): \(error)") }
      }
    }
    guard let newest else { return }
    lastWrite = Timestamp(microseconds: newest.facts.modified / 1000)
    do throws(SystemError) {
      try sample(OpenFile(path: newest.path), size: newest.facts.size, options, now: now)
    } catch {
      problems.append("cannot open \(newest.path): \(error)")
    }
  }

  private mutating func sample(
    _ file: OpenFile, size: Int64, _ options: SourceOptions, now: Timestamp
  ) throws(SystemError) {
    let start = max(0, size - Int64(Self.sample))
    var buffer = [UInt8](repeating: 0, count: Int(size - start) + JSONLine.padding)
    let count = buffer.withUnsafeMutableBytes {
      file.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[..<Int(size - start)]), at: start)
    }
    guard count >= 0 else { throw .last }
    let decoder = RecordDecoder(format: options.format, metadataNames: [])
    var batch = RecordBatch()
    buffer.withUnsafeBytes { bytes in
      // What comes before the first line end may be half a line, and what comes after the last is.
      var begin = start == 0 ? 0 : (bytes[..<count].firstIndex(of: 0x0A) ?? count) + 1
      while begin < count, let end = bytes[begin..<count].firstIndex(of: 0x0A) {
        let line = UnsafeRawBufferPointer(rebasing: bytes[begin..<end])
        if !line.isEmpty { note(line, decoder, &batch, now: now) }
        begin = end + 1
      }
    }
    lastEvent = (batch.requests.map(\.end) + batch.attempts.map(\.end)).max()
  }

  private mutating func note(
    _ line: UnsafeRawBufferPointer, _ decoder: RecordDecoder, _ batch: inout RecordBatch,
    now: Timestamp
  ) {
    do throws(Rejection) {
      switch try decoder.decode(line, now: now, into: &batch) {
      case .native: native += 1
      case .litellm: payloads += 1
      case .row: break
      }
    } catch {
      rejected[error, default: 0] += 1
      // How far ahead it is, its end tells.
      if error == .future { _ = try? decoder.decode(line, now: now + .days(366_000), into: &batch) }
    }
  }
}
