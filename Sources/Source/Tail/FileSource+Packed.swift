import Record
import Support

/// Finding what was packed after its rotation before it was read to its end.
extension FileSource {
  /// Packed files held at a time; the others wait their turn.
  private static let maxPacked = 8

  /// The packed file that holds what `checkpoint` tells of.
  func packedCopy(
    of checkpoint: FileCheckpoint, at now: Timestamp
  ) -> (file: OpenFile, facts: FileFacts)? {
    guard checkpoint.offset > 0 else { return nil }
    for path in packedSiblings(of: checkpoint.path, at: now) {
      if let found = unpacking(path), (try? checkpoint.agrees(with: found.file)) == true {
        return found
      }
    }
    return nil
  }

  /// Whether another packed file may be taken up now.
  var hasRoomForPacked: Bool { files.count { $0.file is UnpackedFile } < Self.maxPacked }

  /// Follows packed files that came after the one that `anchor` tells of: packing keeps the time of
  /// the last write.
  func followPacked(after anchor: RotationAnchor, at now: Timestamp) {
    guard anchor.isPacked else { return }
    for path in packedSiblings(of: anchor.path, at: now) where hasRoomForPacked {
      guard let found = unpacking(path), found.facts.modified > anchor.modified else { continue }
      let checkpoint = FileCheckpoint(path: anchor.path, identity: found.facts.identity, born: 0)
      add(found.file, found.facts, checkpoint, at: now, as: .rotated)
    }
  }

  private func unpacking(_ path: String) -> (file: OpenFile, facts: FileFacts)? {
    guard let seen = try? FileFacts(path: path), seen.isRegular, !isKnown(seen.identity),
      let packed = try? opening(path),
      let file = UnpackedFile(packed, capacity: containerLines.window + (1 << 20)),
      let facts = try? file.facts(), !isKnown(facts.identity)
    else { return nil }
    return (file, facts)
  }

  private func packedSiblings(of path: String, at now: Timestamp) -> [String] {
    Set([path, realPath(of: path)]).flatMap { path in
      let (directory, base) = splitPath(path)
      return directories.names(in: directory, beginningWith: RotatedName.stem(of: base), at: now)
        .filter { name in
          guard RotatedName.isCompressed(name), let dot = name.lastIndex(of: ".") else {
            return false
          }
          return RotatedName.matches(String(name[..<dot]), base: base)
        }
        .map { joinPath(directory, $0) }
    }
  }
}
