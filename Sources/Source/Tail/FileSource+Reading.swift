package import Support

/// Taking lines out of the files.
extension FileSource {
  /// Bytes read at a time: they stay in the processor's cache between copy, search and parser.
  static let chunk = 256 << 10
  /// An unfinished line up to this long is simply read again when more has come; of a longer one
  /// only the new bytes are searched.
  static let shortRemainder = 64 << 10
  /// More files than this with something to read are read one after the other.
  private static let maxHeads = 16

  /// Delivers about `budget` bytes of complete lines: the line without its end, its byte offset
  /// and its file's number. At least 64 bytes behind the line are readable; nothing but the line
  /// itself may be written to, and all of it is valid only within the call.
  package func read(
    budget: Int, clock now: Timestamp,
    _ deliver: (_ line: UnsafeMutableRawBufferPointer, _ offset: Int64, _ file: Int) -> Void
  ) -> ReadResult {
    var result = ReadResult()
    if isScanDue(now) {
      rotate(at: now)
      scan(at: now)
    }
    result.problems = scanProblems + rotationProblems
    rotationProblems = []
    budgetLeft = max(1, budget)
    for file in files { observe(file, at: now, &result) }
    let isCrowded = files.count { $0.state.place != .current } > Self.maxRotated
    var pass = ReadPass(now: now, isCrowded: isCrowded)
    let heads = otherHeads
    for head in heads {
      let (all, share) = (budgetLeft, max(1, budget / 2 / heads.count))
      budgetLeft = share
      advance(head, &pass, &result, deliver)
      budgetLeft += all - share
    }
    for file in files where budgetLeft > 0 && !pass.failed.contains(file.number) {
      advance(file, &pass, &result, deliver)
    }
    result.hasMore = files.contains { $0.state.hasUnread && !pass.failed.contains($0.number) }
    return result
  }

  /// The next file to read of each log but the one whose turn it is: what is appended to a log need
  /// not wait until the backlog of another is read. They share half of the budget.
  private var otherHeads: [TailFile] {
    let unread = files.filter(\.state.hasUnread)
    guard unread.count > 1, unread.count <= Self.maxHeads,
      unread.reduce(0, { $0 + $1.state.lag }) > budgetLeft
    else { return [] }
    return unread.indices.dropFirst().filter { index in
      !unread[..<index].contains { $0.isRelated(to: unread[index]) }
    }.map { unread[$0] }
  }

  /// What lasts for one call of `read`.
  private struct ReadPass {
    var now: Timestamp
    var isCrowded: Bool
    var failed: Set<Int> = []
  }

  private func observe(_ file: TailFile, at now: Timestamp, _ result: inout ReadResult) {
    do {
      let facts = try file.file.facts()
      if facts.links == 0 && file.state.place == .current {
        // Something else may be in its place.
        isScanRequested = true
      } else if facts.links == 0 {
        file.state.settle(.deleted, hasSuccessor: file.state.hasSuccessor, at: now)
      }
      file.state.observe(size: facts.size, modified: facts.modified, at: now)
    } catch {
      result.problems.append(problem(file, error))
    }
  }

  func problem(_ file: TailFile, _ error: SystemError) -> TailProblem {
    TailProblem(path: file.path, cause: .cannotRead(error.description))
  }

  /// Does what the file's state asks for until it waits, the budget is used up, or it fails.
  private func advance(
    _ file: TailFile, _ pass: inout ReadPass, _ result: inout ReadResult, _ deliver: Delivery
  ) {
    var restarts = 0
    var isHeadChecked = false
    while budgetLeft > 0 {
      switch file.state.step(at: pass.now, isCrowded: pass.isCrowded) {
      case .wait:
        guard file.framing.isStuck(at: pass.now) else { return }
        file.framing.isGivingUp = true
        file.state.isUnchecked = true
        continue
      case .read:
        let outcome =
          isHeadChecked
          ? readLines(of: file, &result, deliver) : readChecked(file, &result, deliver)
        isHeadChecked = true
        switch outcome {
        case .done:
          file.framing.note(file.state.checkpoint.offset, at: pass.now)
          continue
        case .replaced: break
        case .failed(let error):
          result.problems.append(problem(file, error))
          pass.failed.insert(file.number)
          return
        }
      case .restart: break
      case .judgeLastLine:
        takeLastLine(of: file, evenIfCut: false, &result, deliver)
        continue
      case .letGo:
        takeLastLine(of: file, evenIfCut: true, &result, deliver)
        // Whether it may be deleted one day is known from its checkpoint alone.
        let isKept = rotation?.size != nil && file.state.place == .rotated && !pass.isCrowded
        return isKept ? () : letGo(file)
      }
      // The content was replaced. Of a renamed file, that is something else's content.
      if file.state.place == .rotated { return letGo(file) }
      // If it happens again at once, the next call sees to it.
      restarts += 1
      if restarts > 1 { return }
      isHeadChecked = false
      restart(file, &pass, &result)
    }
  }

  /// Reads on if the file's first bytes are still those that were read.
  private func readChecked(
    _ file: TailFile, _ result: inout ReadResult, _ deliver: Delivery
  ) -> ChunkOutcome {
    do {
      guard try file.state.checkpoint.agreesInHead(with: file.file) else { return .replaced }
    } catch {
      return .failed(error)
    }
    return readLines(of: file, &result, deliver)
  }

  private func letGo(_ file: TailFile) {
    files.removeAll { $0.number == file.number }
    identities.remove(file.identity)
    departed.append(file)
    isDirty = true
  }

  /// Begins a file anew whose content was replaced; what was not read of the old content may be
  /// in a copy.
  private func restart(_ file: TailFile, _ pass: inout ReadPass, _ result: inout ReadResult) {
    directories.refresh()
    if file.state.place == .current { searchCopy(of: file.state.checkpoint, at: pass.now) }
    file.state.restart()
    file.framing = TailFraming()
    settleBirth(of: file, at: pass.now)
    isDirty = true
    observe(file, at: pass.now, &result)
  }
}
