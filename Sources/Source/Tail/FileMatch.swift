import Record

/// How a file on disk may be the one that a checkpoint tells of, the likeliest first; its content
/// must agree in any case.
enum FileMatch: Int, Comparable {
  /// Device and inode agree, and it was not born since.
  case sameFile
  /// The inode agrees; devices are numbered anew at each boot on some systems.
  case sameInode
  /// Only the name agrees: an editor or a backup put a copy in its place.
  case samePath
  /// A copy under a rotated name, made before the file was truncated.
  case copy

  struct Candidate: Equatable {
    var path: String
    var identity: FileIdentity
    var size: Int64
    /// 0 if not known.
    var born: Int64 = 0
  }

  /// Nil if `candidate` cannot be the file.
  init?(_ candidate: Candidate, for checkpoint: FileCheckpoint) {
    guard candidate.size >= max(checkpoint.offset, Int64(checkpoint.headLength)) else {
      return nil
    }
    let hasContent = checkpoint.offset > 0
    // The checkpoint's birth may be later than the file's: see `FileCheckpoint.born`.
    let bornElsewhere = checkpoint.born != 0 && candidate.born > checkpoint.born
    if candidate.identity == checkpoint.identity && !bornElsewhere {
      self = .sameFile
    } else if candidate.identity.inode == checkpoint.inode && hasContent && !bornElsewhere {
      self = .sameInode
    } else if candidate.path == checkpoint.path && hasContent {
      self = .samePath
    } else if hasContent && Self.isRotatedName(candidate.path, of: checkpoint.path) {
      self = .copy
    } else {
      return nil
    }
  }

  private static func isRotatedName(_ path: String, of original: String) -> Bool {
    guard path.utf8.count > original.utf8.count else { return false }
    let (directory, base) = splitPath(original)
    let (otherDirectory, name) = splitPath(path)
    return directory == otherDirectory && RotatedName.matches(name, base: base)
  }

  static func < (left: FileMatch, right: FileMatch) -> Bool { left.rawValue < right.rawValue }
}

/// Directory and last component; the directory of a bare name is ".".
func splitPath(_ path: String) -> (directory: String, name: String) {
  guard let slash = path.lastIndex(of: "/") else { return (".", path) }
  let directory = slash == path.startIndex ? "/" : String(path[..<slash])
  return (directory, String(path[path.index(after: slash)...]))
}

/// The path of `name` in `directory`.
func joinPath(_ directory: String, _ name: String) -> String {
  switch directory {
  case ".": name
  case "/": "/" + name
  default: "\(directory)/\(name)"
  }
}
