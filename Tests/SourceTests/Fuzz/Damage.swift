import TestSupport

/// Changes that break JSON, frames and lines in many ways.
enum Damage {
  private static let pieces = [
    "null", "NaN", "-1", "1e400", "\"", "\\", "{", "}", "[", "]", ",", ":", "\\u0000", "\\ud800",
    "\u{0}", "\u{7F}", "é", "\u{FEFF}", "99999999999999999999", "true", "\r", "{}", "[[",
  ]

  static func damaged(
    _ line: [UInt8], with other: [UInt8] = [], _ random: inout SeededRandom
  ) -> [UInt8] {
    var line = line
    for _ in 0..<Int.random(in: 1...4, using: &random) where !line.isEmpty {
      let place = Int.random(in: 0..<line.count, using: &random)
      switch Int.random(in: 0..<(other.isEmpty ? 6 : 8), using: &random) {
      case 0: line[place] = UInt8.random(in: 0...255, using: &random)
      case 1: line.remove(at: place)
      case 2: line.removeLast(line.count - place)
      case 3:
        let piece = Self.pieces.randomElement(using: &random) ?? ""
        line.insert(contentsOf: piece.utf8, at: place)
      case 4:
        let end = min(line.count, place + Int.random(in: 1...40, using: &random))
        line.removeSubrange(place..<end)
      case 6: line.insert(contentsOf: other.suffix(other.count / 2), at: place)
      case 7: line.replaceSubrange(place..., with: other)
      default:
        let end = min(line.count, place + Int.random(in: 1...200, using: &random))
        line.insert(
          contentsOf: line[place..<end], at: Int.random(in: 0..<line.count, using: &random))
      }
    }
    return line
  }
}
