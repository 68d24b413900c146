/// Finds what somebody meant who mistyped a name.
package enum Suggestion {
  /// The candidate within two edits of `word` (one if it has three letters or fewer), the nearest
  /// and then the first listed; nil if there is none.
  ///
  /// An edit inserts, drops, replaces or swaps adjacent characters; case is not one.
  package static func nearest(to word: String, in candidates: [String]) -> String? {
    guard word.utf8.count <= 64 else { return nil }
    let limit = word.count <= 3 ? 1 : 2
    let ranked = candidates.map { ($0, distance(word.lowercased(), $0.lowercased())) }
    return ranked.filter { $0.1 <= limit }.min { $0.1 < $1.1 }?.0
  }

  /// `, did you mean "limit"?` or nothing, to end a message with.
  package static func hint(for word: String, in candidates: [String]) -> String {
    nearest(to: word, in: candidates).map { ", did you mean \"\($0)\"?" } ?? ""
  }

  /// The optimal string alignment distance (Levenshtein's with swaps of neighbours).
  static func distance(_ left: String, _ right: String) -> Int {
    let left = Array(left)
    let right = Array(right)
    var before: [Int] = []
    var above = Array(0...right.count)
    for row in 0..<left.count {
      var current = [row + 1]
      for column in 0..<right.count {
        var best = min(above[column + 1], current[column]) + 1
        best = min(best, above[column] + (left[row] == right[column] ? 0 : 1))
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          best = min(best, before[column - 1] + 1)
        }
        current.append(best)
      }
      before = above
      above = current
    }
    return above[right.count]
  }
}
