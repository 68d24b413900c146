internal import CSimdJSON

/// Cuts a JSON text into the elements of its array, which are skipped over but not built.
enum JSONArray {
  enum Layout: Equatable {
    case elements([Range<Int>])
    /// An object and nothing else.
    case object
    case tooMany
    case notJSON
  }

  /// Finds at most `most` elements of `text`, which has `JSONLine.padding` readable bytes behind it.
  ///
  /// The parser's memory, up to four times the text, lives as long as the call.
  static func layout(of text: UnsafeRawBufferPointer, most: Int) -> Layout {
    let splitter = sj_splitter_new()
    defer { sj_splitter_free(splitter) }
    let status = sj_split(splitter, text.baseAddress, text.count, JSONLine.padding, most)
    switch Int(status) {
    case SJ_OK: break
    case SJ_NOT_ARRAY: return .object
    case SJ_TOO_MANY: return .tooMany
    default: return .notJSON
    }
    var count = 0
    guard let elements = sj_elements(splitter, &count) else { return .elements([]) }
    return .elements(
      UnsafeBufferPointer(start: elements, count: count).map {
        Int($0.offset)..<Int($0.offset + $0.length)
      })
  }
}
