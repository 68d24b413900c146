import Record
import Support

/// A file that has lost its name: near it, others may lie that had the name after it.
struct RotationAnchor {
  /// Every path under which rotation may have left its successors: with symbolic links, several.
  var bases: Set<String>
  var path: String
  /// Birth and last write, nanoseconds since 1970; 0 if not known.
  var born: Int64
  var modified: Int64
  var since: Timestamp
  /// Birth of the file that had the name after it; 0 if there is none or it is not known.
  var successorBorn: Int64 = 0
  /// Whether it was packed before it was read to its end.
  var isPacked = false

  /// Whether a file had the name between this one and the next that is known.
  func precedes(born otherBorn: Int64, modified otherModified: Int64) -> Bool {
    if born == 0 || otherBorn == 0 { return modified != 0 && otherModified >= modified }
    return otherBorn >= born && (successorBorn == 0 || otherBorn <= successorBorn)
  }
}

/// Finding files: those that match the glob, and those that rotation took from its sight.
extension FileSource {
  /// A listing may miss a file that is renamed meanwhile, so anchors are searched for so long.
  static let anchorLife = TimeSpan.seconds(3)
  /// How often a scan reads names anew that are moving.
  static let maxLooks = 16

  /// A file that the glob matches.
  struct Sighting {
    var path: String
    var facts: FileFacts
  }

  func isScanDue(_ now: Timestamp) -> Bool {
    guard !isScanRequested, let last = lastScan else { return true }
    return now < last || now - last >= Self.scanInterval
  }

  /// Brings `files` in line with what is on disk.
  func scan(at now: Timestamp) {
    let isFirst = firstScan == nil
    if isFirst { firstScan = now }
    lastScan = now
    isScanRequested = false
    isWatchDue = true
    scanProblems = []
    directories.refresh()
    let sightings = sightings(at: now)
    identities = Set(files.map(\.identity))
    let isNew = isFirst && committed.isEmpty
    let firstNumber = nextNumber
    let vanished = resume(sightings, at: now)
    place(sightings, vanished: vanished, at: now)
    for sighting in sightings { follow(sighting, atEnd: isNew && start == .end, at: now) }
    searchBetween(at: now)
    for file in files where file.number >= firstNumber && file.state.place == .current {
      settleBirth(of: file, at: now)
    }
    let taken = Set(files.lazy.filter { $0.state.place == .current }.map(\.path))
    for file in files where file.state.place != .current {
      file.state.settle(file.state.place, hasSuccessor: taken.contains(file.path), at: now)
    }
    files.sort { $0.readsBefore($1) }
    directories.forgetUnused()
  }

  /// What the glob matches, each regular file once.
  private func sightings(at now: Timestamp) -> [Sighting] {
    var found: [FileIdentity: Int] = [:]
    var sightings: [Sighting] = []
    let known = Dictionary(files.map { ($0.identity, $0.path) }) { first, _ in first }
    for path in pattern.paths(&directories, at: now) {
      let facts: FileFacts
      do { facts = try FileFacts(path: path) } catch {
        if !error.isAbsence { report(path, .cannotOpen(error.description)) }
        continue
      }
      guard facts.isRegular else {
        report(path, .notRegular)
        continue
      }
      if let index = found[facts.identity] {
        // Of several names, the file keeps the one it had.
        if known[facts.identity] == path { sightings[index].path = path }
        continue
      }
      found[facts.identity] = sightings.count
      sightings.append(Sighting(path: path, facts: facts))
    }
    return sightings
  }

  func report(_ path: String, _ cause: TailProblem.Cause) {
    scanProblems.append(TailProblem(path: path, cause: cause))
  }

  /// Sees which files still have a name that the glob matches.
  private func place(
    _ sightings: [Sighting], vanished: [FileCheckpoint], at now: Timestamp
  ) {
    let paths = Dictionary(sightings.map { ($0.facts.identity, $0.path) }) { first, _ in first }
    anchors.removeAll { now < $0.since || now - $0.since >= Self.anchorLife }
    var newAnchors = vanished.map { anchor($0, modified: 0, at: now) }
    for file in files {
      if let path = paths[file.identity] {
        file.state.settle(.current, hasSuccessor: false, at: now)
        if path != file.path {
          file.state.checkpoint.path = path
          isDirty = true
        }
      } else if file.state.place == .current {
        let facts = try? file.file.facts()
        let place: TailState.Place = facts?.links == 0 ? .deleted : .rotated
        file.state.settle(place, hasSuccessor: false, at: now)
        let modified = facts?.modified ?? 0
        var anchor = anchor(file.state.checkpoint, modified: modified, at: now)
        anchor.isPacked = file.file is UnpackedFile
        newAnchors.append(anchor)
      }
    }
    // Files between one and a later one of its name were found when the later one was new.
    let known = files.map(\.state.checkpoint) + vanished
    anchors += newAnchors.filter { anchor in
      !known.contains { $0.path == anchor.path && $0.born > anchor.born }
    }
  }

  private func anchor(
    _ checkpoint: FileCheckpoint, modified: Int64, at now: Timestamp
  ) -> RotationAnchor {
    RotationAnchor(
      bases: [checkpoint.path, realPath(of: checkpoint.path)], path: checkpoint.path,
      born: checkpoint.born, modified: modified, since: now)
  }

  /// Begins to follow a file that is not followed yet.
  private func follow(_ sighting: Sighting, atEnd: Bool, at now: Timestamp) {
    guard !isKnown(sighting.facts.identity) else { return }
    do {
      let file = try opening(sighting.path)
      let facts = try file.facts()
      // It may have become another one since it was seen.
      guard facts.isRegular, !isKnown(facts.identity) else { return }
      var checkpoint = FileCheckpoint(
        path: sighting.path, identity: facts.identity, born: file.born)
      if atEnd { moveToEnd(&checkpoint, file, size: facts.size) }
      add(file, facts, checkpoint, at: now)
    } catch {
      report(sighting.path, .cannotOpen(error.description))
    }
  }

  func isKnown(_ identity: FileIdentity) -> Bool { identities.contains(identity) }

  func add(
    _ file: OpenFile, _ facts: FileFacts, _ checkpoint: FileCheckpoint, at now: Timestamp,
    as place: TailState.Place = .current
  ) {
    guard files.count < Self.maxFiles else {
      return report(pattern.text, .tooManyFiles(limit: Self.maxFiles))
    }
    let age = checkpoint.born != 0 ? checkpoint.born : facts.modified
    let added = TailFile(
      number: nextNumber, file: file, age: age, hadName: place == .current,
      checkpoint: checkpoint, at: now)
    nextNumber += 1
    files.append(added)
    identities.insert(added.identity)
    added.state.settle(place, hasSuccessor: false, at: now)
    isDirty = true
  }

  /// Follows files that had a rotated file's name after it and have been renamed in turn, all
  /// between two scans.
  ///
  /// Names may move while they are looked at, so this goes on until two looks have seen the same
  /// files under the same names: then all of them were there at one instant between the two.
  private func searchBetween(at now: Timestamp) {
    if anchors.isEmpty { return }
    var before: [String: FileIdentity] = [:]
    for look in 0..<Self.maxLooks {
      // The names as they are now that the newest file is open.
      directories.refresh()
      var seen: [String: FileIdentity] = [:]
      for var anchor in anchors {
        anchor.successorBorn = successorBorn(of: anchor)
        for path in anchor.bases.flatMap({ siblings(of: $0, at: now) }) {
          seen[path] = followBetween(path, anchor, at: now)
        }
      }
      if look > 0 && seen == before { break }
      before = seen
    }
    for anchor in anchors { followPacked(after: anchor, at: now) }
  }

  /// Birth of the first file that was seen to have the name after it, so that copies of that one's
  /// content are not taken for its predecessors.
  private func successorBorn(of anchor: RotationAnchor) -> Int64 {
    let namesakes = files.filter { $0.path == anchor.path && $0.hadName }
    if let first = namesakes.map(\.file.born).filter({ $0 > anchor.born }).min() { return first }
    return namesakes.first { $0.state.place == .current }?.file.born ?? 0
  }

  /// The file that was looked at; nil if there was none.
  private func followBetween(
    _ path: String, _ anchor: RotationAnchor, at now: Timestamp
  ) -> FileIdentity? {
    guard let seen = try? FileFacts(path: path) else { return nil }
    guard seen.isRegular, !isKnown(seen.identity) else { return seen.identity }
    guard let file = try? opening(path), let facts = try? file.facts() else { return nil }
    if !isKnown(facts.identity), anchor.precedes(born: file.born, modified: facts.modified) {
      let checkpoint = FileCheckpoint(path: anchor.path, identity: facts.identity, born: file.born)
      add(file, facts, checkpoint, at: now, as: .rotated)
    }
    return facts.identity
  }

  /// Rotated files that lie beside a file when it is met or truncated are older than its content,
  /// even if they were made later: they are copies. So later ones only came after it.
  func settleBirth(of file: TailFile, at now: Timestamp) {
    guard file.born != 0 else { return }
    let births = siblings(of: file.path, at: now).map(birth)
    // If it was renamed meanwhile, they may have come after it.
    guard let latest = births.max(), latest > file.born,
      (try? FileFacts(path: file.path))?.identity == file.identity
    else { return }
    file.state.checkpoint.born = latest + 1
  }

  /// Paths in the same directory that `path` may have after its rotation.
  func siblings(of path: String, at now: Timestamp) -> [String] {
    let (directory, base) = splitPath(path)
    return directories.names(in: directory, beginningWith: RotatedName.stem(of: base), at: now)
      .filter { RotatedName.matches($0, base: base) && !RotatedName.isCompressed($0) }
      .map { joinPath(directory, $0) }
  }
}
