import Glibc
import Record
import Support

/// Finding the files that checkpoints tell of, wherever rotation has put them.
extension FileSource {
  private enum Location {
    case found(OpenFile, FileFacts)
    /// It is there and cannot be opened now.
    case unreachable
    /// Nothing is there: its volume may be mounted later.
    case absent
    /// Another file has its name, and none around has its content.
    case gone

    var isNowhere: Bool {
      switch self {
      case .found, .unreachable: false
      case .absent, .gone: true
      }
    }
  }

  /// Takes up `pending` and what is `held` from before a `rewind`; returns the checkpoints whose
  /// files are gone.
  func resume(_ sightings: [Sighting], at now: Timestamp) -> [FileCheckpoint] {
    if pending.isEmpty && held.isEmpty { return [] }
    let waiting = pending
    var gone: [FileCheckpoint] = []
    var looksLeft = Self.maxLooks
    pending = []
    for checkpoint in waiting {
      if files.count >= Self.maxFiles {
        pending.append(checkpoint)
      } else if let kept = held[checkpoint.identity], kept.file.born <= checkpoint.born,
        let facts = try? kept.file.facts(), (try? checkpoint.agrees(with: kept.file)) ?? true
      {
        held[checkpoint.identity] = nil
        add(kept.file, facts, checkpoint, at: now)
      } else if !resume(checkpoint, sightings, &looksLeft, at: now) {
        gone.append(checkpoint)
      }
    }
    // What was met only after the checkpoints were stored is read from where it was begun.
    for kept in held.values {
      if let facts = try? kept.file.facts() { add(kept.file, facts, kept.beginning, at: now) }
    }
    held = [:]
    for checkpoint in pending { identities.insert(checkpoint.identity) }
    if !gone.isEmpty { isDirty = true }
    return gone
  }

  /// False if the file is gone.
  private func resume(
    _ checkpoint: FileCheckpoint, _ sightings: [Sighting], _ looksLeft: inout Int,
    at now: Timestamp
  ) -> Bool {
    var location = locate(checkpoint, sightings, at: now)
    if location.isNowhere, looksLeft > 0 {
      // It may have been renamed since the names were read.
      looksLeft -= 1
      directories.refresh()
      location = locate(checkpoint, sightings, at: now)
    }
    switch location {
    case .found, .unreachable: break
    case .absent, .gone:
      guard hasRoomForPacked else {
        pending.append(checkpoint)
        return true
      }
      if let (file, facts) = packedCopy(of: checkpoint, at: now) { location = .found(file, facts) }
    }
    switch location {
    case .found(let file, let facts):
      var here = checkpoint
      (here.device, here.inode) = (facts.identity.device, facts.identity.inode)
      here.born = max(here.born, file.born)
      add(file, facts, here, at: now)
    case .unreachable:
      pending.append(checkpoint)
    case .absent:
      if now - (firstScan ?? now) >= Self.absenceGrace { return false }
      pending.append(checkpoint)
    case .gone: return false
    }
    return true
  }

  private func locate(
    _ checkpoint: FileCheckpoint, _ sightings: [Sighting], at now: Timestamp
  ) -> Location {
    var candidates = sightings.map { Self.candidate($0.path, $0.facts) }
    if let same = candidates.first(where: { $0.identity == checkpoint.identity }) {
      // By far the most frequent: nothing has moved.
      let location = verify(same, as: .sameFile, checkpoint)
      if case .absent = location {} else { return location }
    }
    candidates += neighbours(of: checkpoint.path, at: now)
    let ranked = candidates.compactMap { candidate in
      FileMatch(candidate, for: checkpoint).map { (match: $0, candidate: candidate) }
    }.sorted { $0.match < $1.match }
    for (match, candidate) in ranked where !isKnown(candidate.identity) {
      let location = verify(candidate, as: match, checkpoint)
      if case .absent = location {} else { return location }
    }
    return sightings.contains { $0.path == checkpoint.path } ? .gone : .absent
  }

  /// Opens a candidate and compares its content; `absent` if it is another file.
  private func verify(
    _ candidate: FileMatch.Candidate, as match: FileMatch, _ checkpoint: FileCheckpoint
  ) -> Location {
    let file: OpenFile
    let facts: FileFacts
    do {
      file = try opening(candidate.path)
      facts = try file.facts()
    } catch {
      if error.isAbsence || match != .sameFile { return .absent }
      report(candidate.path, .cannotOpen(error.description))
      return .unreachable
    }
    var opened = Self.candidate(candidate.path, facts)
    opened.born = file.born
    guard facts.isRegular, !isKnown(facts.identity), FileMatch(opened, for: checkpoint) != nil
    else { return .absent }
    do {
      return try checkpoint.agrees(with: file) ? .found(file, facts) : .absent
    } catch {
      if match != .sameFile { return .absent }
      report(candidate.path, .cannotRead(error.description))
      return .unreachable
    }
  }

  private static func candidate(_ path: String, _ facts: FileFacts) -> FileMatch.Candidate {
    FileMatch.Candidate(path: path, identity: facts.identity, size: facts.size)
  }

  /// All regular files beside `path`, and beside what it is a symbolic link to.
  private func neighbours(of path: String, at now: Timestamp) -> [FileMatch.Candidate] {
    let homes = Set([path, realPath(of: path)].map { splitPath($0).directory })
    return homes.flatMap { directory in
      directories.names(in: directory, at: now).compactMap { name in
        let path = joinPath(directory, name)
        guard let facts = try? FileFacts(path: path), facts.isRegular else { return nil }
        return Self.candidate(path, facts)
      }
    }
  }

  /// A file was truncated: if a copy of its old content was made, what was not read is there.
  func searchCopy(of checkpoint: FileCheckpoint, at now: Timestamp) {
    guard checkpoint.offset > 0 else { return }
    for path in siblings(of: checkpoint.path, at: now) {
      guard let seen = try? FileFacts(path: path), seen.isRegular,
        seen.size > checkpoint.offset, let file = try? opening(path),
        let facts = try? file.facts(), (try? checkpoint.agrees(with: file)) == true
      else { continue }
      var copy = checkpoint
      (copy.device, copy.inode) = (facts.identity.device, facts.identity.inode)
      copy.born = file.born
      guard let known = files.first(where: { $0.identity == facts.identity }) else {
        return add(file, facts, copy, at: now, as: .rotated)
      }
      // The copy before this one, overwritten.
      if known.state.place != .rotated || (try? known.state.checkpoint.agrees(with: file)) ?? true {
        continue
      }
      known.state = TailState(copy, at: now)
      known.state.settle(.rotated, hasSuccessor: true, at: now)
      return
    }
  }

  /// The path without symbolic links, or as it is if it leads nowhere.
  func realPath(of path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// Moves a checkpoint to the last line start of the file.
  func moveToEnd(_ checkpoint: inout FileCheckpoint, _ file: OpenFile, size: Int64) {
    // Farther back no line that could be delivered begins.
    let span = Int(min(size, Int64(maxLine) + 2))
    var bytes = [UInt8](repeating: 0, count: span)
    let begin = size - Int64(span)
    let filled = bytes.withUnsafeMutableBytes { file.read(into: $0, at: begin) }
    guard filled > 0 else { return }
    let lineStart = bytes[..<filled].lastIndex(of: 0x0A).map { $0 + 1 }
    checkpoint.offset = begin + Int64(lineStart ?? 0)
    checkpoint.seal(with: file)
  }
}
