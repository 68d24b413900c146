internal import CSimdJSON
import Glibc

/// One value of a line; its text is valid until the next line is parsed.
struct JSONValue {
  fileprivate let value: sj_value

  /// Absent or null: the log did not say.
  var isMissing: Bool { value.type == SJ_ABSENT || value.type == SJ_NULL }
  var isPresent: Bool { value.type != SJ_ABSENT }
  var isNumber: Bool { value.type == SJ_NUMBER }
  var isString: Bool { value.type == SJ_STRING }
  var isObject: Bool { value.type == SJ_OBJECT }
  var isTrue: Bool { value.type == SJ_TRUE }
  var isBoolean: Bool { value.type == SJ_TRUE || value.type == SJ_FALSE }

  /// The characters of a string, the token of a number.
  var text: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: value.text, count: Int(value.length))
  }

  /// Whether it is the string `other`.
  func equals(_ other: StaticString) -> Bool {
    isString && value.length == other.utf8CodeUnitCount
      && memcmp(value.text, other.utf8Start, other.utf8CodeUnitCount) == 0
  }
}

/// Parses lines and picks the wanted keys out of them; the rest is checked but not built.
///
/// Owned by one thread. The parser's memory grows to about five times the longest line seen.
final class JSONLine {
  enum Problem: Error {
    case notJSON
    case notObject
  }

  private let fields: OpaquePointer
  private let parser: OpaquePointer
  private let slots: UnsafeMutableBufferPointer<sj_value>

  /// Wants what stands at each of `paths`; a path's index is its slot.
  init(paths: [[String]]) {
    fields = sj_fields_new()
    parser = sj_parser_new()
    slots = .allocate(capacity: paths.count)
    slots.initialize(repeating: sj_value())
    for (slot, path) in paths.enumerated() {
      let key = path.reduce(sj_fields_line(fields)) { parent, key in
        sj_fields_child(fields, parent, key, key.utf8.count)
      }
      sj_fields_want(key, UInt32(slot))
    }
  }

  deinit {
    sj_fields_free(fields)
    sj_parser_free(parser)
    slots.deallocate()
  }

  /// How many bytes behind a line must be readable.
  static let padding = 64

  /// Parses `line`, which has `padding` readable bytes behind it.
  func parse(_ line: UnsafeRawBufferPointer) throws(Problem) {
    let status = sj_extract(
      parser, fields, line.baseAddress, line.count, slots.baseAddress)
    switch Int(status) {
    case SJ_OK: return
    case SJ_NOT_OBJECT: throw .notObject
    default: throw .notJSON
    }
  }

  /// What the last line had in a slot.
  subscript(slot: Int) -> JSONValue { JSONValue(value: slots[slot]) }

  /// Runs `body` on each string of an array in a slot.
  func forEachString(in slot: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
    let array = slots[slot]
    guard array.type == SJ_ARRAY, array.length > 0, let items = sj_items(parser) else { return }
    for index in Int(array.first)..<Int(array.first + array.length) {
      body(UnsafeRawBufferPointer(start: items[index].text, count: Int(items[index].length)))
    }
  }
}
