import Glibc
import Record
import Support

/// A parsed line whose values are fetched with their types and bounds checked.
final class LogLine {
  private let json: JSONLine
  private let metadataNames: [String]
  private static let pathsPerName = LogField.metadataPaths("").count

  init(metadataNames: [String]) {
    self.metadataNames = metadataNames
    json = JSONLine(
      paths: LogField.allCases.map(\.path) + metadataNames.flatMap(LogField.metadataPaths))
  }

  func parse(_ line: UnsafeRawBufferPointer) throws(Rejection) {
    do { try json.parse(line) } catch {
      switch error {
      case .notJSON: throw .notJSON
      case .notObject: throw .notObject
      }
    }
  }

  subscript(field: LogField) -> JSONValue { json[field.rawValue] }

  /// A text; empty if it is missing. Numbers are taken as written.
  func text(_ field: LogField, into batch: inout RecordBatch) throws(Rejection) -> TextRange {
    let value = self[field]
    if value.isString || value.isNumber { return batch.add(value.text) }
    guard value.isMissing else { throw .badValue }
    return .none
  }

  /// A text that a client may have chosen: of a wrong type it is missing, since nobody should be
  /// able to hide a request behind one.
  func freeText(_ field: LogField, into batch: inout RecordBatch) -> TextRange {
    let value = self[field]
    return value.isString || value.isNumber ? batch.add(value.text) : .none
  }

  func flag(_ field: LogField) throws(Rejection) -> Bool {
    let value = self[field]
    guard value.isMissing || value.isBoolean else { throw .badValue }
    return value.isTrue
  }

  /// A count from 0 to 10¹²; nil if it is missing. Whole numbers may be written as `12.0`.
  func count(_ field: LogField) throws(Rejection) -> Int64? {
    let value = self[field]
    if value.isMissing { return nil }
    guard value.isNumber, let milli = Decimal.scaled(value.text, digits: 3),
      milli >= 0, milli % 1000 == 0, milli / 1000 <= Self.largestCount
    else { throw .badValue }
    return milli / 1000
  }

  /// A count that some providers write as a string; nil if it is missing or no count at all.
  func lenientCount(_ field: LogField) -> Int64? {
    let value = self[field]
    guard value.isNumber || value.isString, let count = Decimal.scaled(value.text, digits: 0),
      count >= 0, count <= Self.largestCount
    else { return nil }
    return count
  }

  /// A length of time, given in milliseconds; nil if it is missing or none.
  func milliseconds(_ field: LogField) -> TimeSpan? {
    let value = self[field]
    guard value.isNumber, let micro = Decimal.scaled(value.text, digits: 3),
      (0...TimeSpan.days(7).microseconds).contains(micro)
    else { return nil }
    return TimeSpan(microseconds: micro)
  }

  /// An amount in dollars; nil if it is missing.
  func money(_ field: LogField) throws(Rejection) -> Money? {
    let value = self[field]
    if value.isMissing { return nil }
    guard value.isNumber, let nano = Decimal.scaled(value.text, digits: 9),
      nano >= 0, nano <= Money.largest.nanodollars
    else { throw .badValue }
    return Money(nanodollars: nano)
  }

  /// A point in time, given in seconds; nil if it is missing.
  func time(_ field: LogField) throws(Rejection) -> Timestamp? {
    let value = self[field]
    if value.isMissing { return nil }
    guard value.isNumber, let micro = Decimal.scaled(value.text, digits: 6),
      micro >= Self.earliest.microseconds
    else { throw .badTime }
    return Timestamp(microseconds: micro)
  }

  /// Start and end of the line's event, the end not before the start (clocks are stepped).
  func span(_ start: LogField, _ end: LogField) throws(Rejection) -> (Timestamp, Timestamp) {
    guard let start = try time(start), let end = try time(end) else { throw .badTime }
    guard end - start <= .days(7) else { throw .badTime }
    return (start, max(start, end))
  }

  /// A point in time within a line's event, moved to its nearest end if it lies outside.
  func time(
    _ field: LogField, within span: (Timestamp, Timestamp)
  ) throws(Rejection) -> Timestamp? {
    try time(field).map { min(max($0, span.0), span.1) }
  }

  func reason(_ field: LogField) -> Reason? {
    let value = self[field]
    return value.isString ? Reason(name: value.text) ?? .unknown : nil
  }

  /// Adds the array's strings, without the ones LiteLLM adds itself.
  func tags(_ field: LogField, into batch: inout RecordBatch) -> Range<Int32> {
    let first = Int32(batch.texts.count)
    json.forEachString(in: field.rawValue) { text in
      guard !text.isEmpty, !Self.isUserAgent(text) else { return }
      batch.texts.append(batch.add(text))
    }
    return first..<Int32(batch.texts.count)
  }

  /// Adds the configured metadata keys' values, in order, empty where there is none.
  func metadata(into batch: inout RecordBatch) -> Int32 {
    guard !metadataNames.isEmpty else { return 0 }
    let first = Int32(batch.texts.count)
    for name in metadataNames.indices {
      let slots = LogField.allCases.count + name * Self.pathsPerName
      var text = TextRange.none
      for slot in slots..<slots + Self.pathsPerName where text.isEmpty {
        let value = json[slot]
        if value.isString || value.isNumber { text = batch.add(value.text) }
      }
      batch.texts.append(text)
    }
    return first
  }

  /// 2020-01-01: no such proxy is older.
  private static let earliest = Timestamp(microseconds: 1_577_836_800_000_000)
  private static let largestCount: Int64 = 1_000_000_000_000

  private static func isUserAgent(_ tag: UnsafeRawBufferPointer) -> Bool {
    let name: StaticString = "User-Agent: "
    guard let text = tag.baseAddress, tag.count >= name.utf8CodeUnitCount else { return false }
    return memcmp(text, name.utf8Start, name.utf8CodeUnitCount) == 0
  }
}
