/// Finds where the elements of a body lie that comes in pieces: those of a JSON array, one object,
/// or lines.
struct ElementScan {
  enum Failure: Error, Equatable {
    case empty
    /// Neither an array nor an object.
    case foreign
    case malformed
    case tooMany
  }

  private enum Layout {
    case unknown
    case array(ArrayScan)
    /// Objects may be spread over lines, or lines hold one each.
    case objects(ObjectScan, LineScan)
  }

  private let most: Int
  private var layout = Layout.unknown
  private var offset = 0

  /// Takes `most` elements at most.
  init(most: Int) { self.most = most }

  /// Looks at the next piece.
  mutating func take(_ piece: UnsafeRawBufferPointer) throws(Failure) {
    if case .unknown = layout, let first = piece.first(where: { !$0.isJSONSpace }) {
      switch first {
      case UInt8(ascii: "["): layout = .array(ArrayScan(most: most))
      case UInt8(ascii: "{"): layout = .objects(ObjectScan(), LineScan(most: most, begin: offset))
      default: throw .foreign
      }
    }
    switch layout {
    case .unknown: break
    case .array(var scan):
      layout = .unknown
      try scan.take(piece, at: offset)
      layout = .array(scan)
    case .objects(var object, var lines):
      layout = .unknown
      object.take(piece, at: offset)
      try lines.take(piece, at: offset)
      layout = .objects(object, lines)
    }
    offset += piece.count
  }

  /// The elements, once the last piece was looked at.
  func elements() throws(Failure) -> [Range<Int>] {
    switch layout {
    case .unknown: throw .empty
    case .array(let scan):
      guard scan.isWhole else { throw .malformed }
      return scan.elements
    case .objects(let object, let lines):
      if let range = object.range { return [range] }
      var lines = lines
      try lines.end(at: offset)
      guard lines.hasObject else { throw .malformed }
      return lines.elements
    }
  }
}

/// The elements of an array.
private struct ArrayScan {
  private enum Place {
    case before
    case first
    case next
    case inside
    case behind
    case end
  }

  let most: Int
  private(set) var elements: [Range<Int>] = []
  private var place = Place.before
  private var value = ValueScan()
  private var begin = 0

  init(most: Int) { self.most = most }

  var isWhole: Bool { place == .end }

  mutating func take(
    _ piece: UnsafeRawBufferPointer, at offset: Int
  ) throws(ElementScan.Failure) {
    var index = 0
    while index < piece.count {
      if place == .inside {
        guard let end = value.end(in: piece, from: index) else { return }
        guard !value.isBroken else { throw .malformed }
        guard elements.count < most else { throw .tooMany }
        elements.append(begin..<(offset + end))
        place = .behind
        index = end
      } else if piece[index].isJSONSpace {
        index += 1
      } else if try step(over: piece[index]) {
        index += 1
      } else {
        value = ValueScan()
        begin = offset + index
        place = .inside
      }
    }
  }

  /// False if an element begins here.
  private mutating func step(over byte: UInt8) throws(ElementScan.Failure) -> Bool {
    switch (place, byte) {
    case (.before, UInt8(ascii: "[")): place = .first
    case (.first, UInt8(ascii: "]")), (.behind, UInt8(ascii: "]")): place = .end
    case (.behind, UInt8(ascii: ",")): place = .next
    case (.first, _), (.next, _):
      if ",:]}".utf8.contains(byte) { throw .malformed }
      return false
    default: throw .malformed
    }
    return true
  }
}

/// Lines that are not blank.
private struct LineScan {
  /// Without JSON in one of the first lines, it is some other text.
  private static let linesTried = 100

  let most: Int
  /// Whether one of the first lines is an object.
  private(set) var hasObject = false
  private(set) var elements: [Range<Int>] = []
  private var begin: Int
  private var isBlank = true
  private var last: UInt8 = 0
  private var object = ObjectScan()

  init(most: Int, begin: Int) {
    self.most = most
    self.begin = begin
  }

  mutating func take(
    _ piece: UnsafeRawBufferPointer, at offset: Int
  ) throws(ElementScan.Failure) {
    var index = 0
    while index < piece.count {
      let feed = piece.firstIndex(of: 0x0A, from: index)
      let part = UnsafeRawBufferPointer(rebasing: piece[index..<(feed ?? piece.count)])
      isBlank = isBlank && part.allSatisfy(\.isJSONSpace)
      last = part.last ?? last
      if !hasObject, elements.count < Self.linesTried { object.take(part, at: offset + index) }
      guard let feed else { return }
      try end(at: offset + feed)
      index = feed + 1
    }
  }

  /// The line that is open ends here.
  mutating func end(at end: Int) throws(ElementScan.Failure) {
    if !isBlank {
      guard elements.count < most else { throw .tooMany }
      elements.append(begin..<(last == 0x0D ? end - 1 : end))
      hasObject = hasObject || object.range != nil
    }
    begin = end + 1
    isBlank = true
    last = 0
    object = ObjectScan()
  }
}
