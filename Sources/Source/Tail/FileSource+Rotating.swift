import Glibc
import Record
import Support

/// Rotating logs that nobody else rotates, so that they do not grow for ever.
///
/// A crash between any two steps loses nothing: files are known by their content, not their names,
/// and only what was read to its end and committed is renamed or deleted.
extension FileSource {
  /// A rotated file is deleted once nobody has written to it for so long. The callback leaves a
  /// renamed file with its next line.
  static let deletionGrace = TimeSpan.minutes(1)

  /// Renames what has grown too large, deletes what exceeds the number to keep.
  func rotate(at now: Timestamp) {
    guard let rotation, let size = rotation.size else { return }
    directories.refresh()
    for (base, current) in logs {
      do {
        try deleteSurplus(of: base, keep: rotation.keep, at: now)
        if let current, current.state.size >= size, isReadAndCommitted(current) {
          try rotate(current, at: base)
        }
        rotationTroubles[base] = nil
      } catch {
        guard rotationTroubles[base] != error else { continue }
        rotationTroubles[base] = error
        rotationProblems.append(
          TailProblem(path: base, cause: .cannotRotate(error.description)))
      }
    }
  }

  /// The paths of logs without symbolic links, and the files that are there now; files that were
  /// rotated here are none, even if the glob matches them.
  private var logs: [String: TailFile?] {
    var logs: [String: TailFile?] = [:]
    for file in files where RotatedName.number(of: file.path) == nil {
      let isCurrent = file.state.place == .current
      let path = realPath(of: file.path)
      if isCurrent || logs[path] == nil { logs[path] = .some(isCurrent ? file : nil) }
    }
    return logs
  }

  /// Moves `NAME` to `NAME.1`, and what is there one number up, as far as it must.
  private func rotate(_ file: TailFile, at base: String) throws(RotationTrouble) {
    guard let seen = try? FileFacts(path: base), seen.identity == file.identity else { return }
    var number = 1
    while let present = try? FileFacts(path: "\(base).\(number)") {
      let path = "\(base).\(number)"
      guard present.isRegular, isKnown(present.identity) else { throw .unknown(path: path) }
      number += 1
    }
    while number > 1 {
      try move("\(base).\(number - 1)", to: "\(base).\(number)")
      number -= 1
    }
    try move(base, to: "\(base).1")
    directories.refresh()
  }

  private func deleteSurplus(
    of base: String, keep: Int, at now: Timestamp
  ) throws(RotationTrouble) {
    // Without a successor the writer may still be at the old file.
    guard let current = try? FileFacts(path: base) else { return }
    for path in siblings(of: base, at: now) {
      guard let number = RotatedName.number(of: path), path == "\(base).\(number)", number > keep,
        let facts = try? FileFacts(path: path), facts.identity != current.identity,
        let file = files.first(where: { $0.identity == facts.identity }),
        facts.size == file.state.checkpoint.offset, isReadAndCommitted(file),
        now - file.state.changed >= Self.deletionGrace
      else { continue }
      guard changes.delete(path) else { throw .refused(.last, path: path) }
    }
  }

  private func isReadAndCommitted(_ file: TailFile) -> Bool {
    guard !file.state.hasUnread, file.state.lag == 0, let facts = try? file.file.facts() else {
      return false
    }
    let offset = file.state.checkpoint.offset
    return facts.size == offset && committed[file.identity]?.offset == offset
  }

  private func move(_ old: String, to new: String) throws(RotationTrouble) {
    guard changes.rename(old, new) else { throw .refused(.last, path: old) }
  }
}

/// Why a log cannot be rotated.
enum RotationTrouble: Error, Equatable, CustomStringConvertible {
  case refused(SystemError, path: String)
  /// A file that was not read has the name that is needed.
  case unknown(path: String)

  var description: String {
    switch self {
    case .refused(let reason, let path): "\(path): \(reason)"
    case .unknown(let path): "\(path) is in the way and was not read from here; move it away"
    }
  }
}

/// What changes names on disk; replaced in tests to stop in the middle.
struct NameChanges {
  /// False for an error, left in `errno`.
  var rename: (_ old: String, _ new: String) -> Bool = { Glibc.rename($0, $1) == 0 }
  var delete: (String) -> Bool = { unlink($0) == 0 }
}
