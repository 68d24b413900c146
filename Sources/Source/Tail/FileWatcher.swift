import Glibc

/// Tells through one pollable descriptor when files or directories change (inotify).
///
/// Without it, or where the system's limit on watches is reached, a source's own scan each second
/// finds the same things later.
package final class FileWatcher {
  /// What has happened since the last `drain`.
  package struct Changes: Equatable, Sendable {
    /// Names came, went or changed: sources should scan.
    package var hasNewNames = false
    /// Bytes were written or cut off.
    package var hasNewBytes = false

    package init(hasNewNames: Bool = false, hasNewBytes: Bool = false) {
      self.hasNewNames = hasNewNames
      self.hasNewBytes = hasNewBytes
    }
  }

  /// To be polled for reading; -1 if the system grants none.
  package let descriptor: Int32
  private var directories: [String: Int32] = [:]

  /// Watches nothing yet.
  package init() { descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC)) }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Watches the names in a directory; what is watched already costs nothing. A directory that is
  /// not there is no problem: it may come later.
  package func watch(directory path: String) -> TailProblem? {
    if directories[path] != nil { return nil }
    let names = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO
    let mask = UInt32(names | IN_DELETE_SELF | IN_MOVE_SELF) | UInt32(IN_ONLYDIR)
    let watch = inotify_add_watch(descriptor, path, mask)
    if watch >= 0 {
      directories[path] = watch
      return nil
    }
    let error = SystemError.last
    return error.isAbsence
      ? nil : TailProblem(path: path, cause: .cannotWatch(error.description))
  }

  /// Watches the bytes of a file under whatever name; false if the system refuses. The watch ends
  /// with the file.
  func watch(file: OpenFile) -> Bool {
    let path = "/proc/self/fd/\(file.descriptor)"
    return inotify_add_watch(descriptor, path, UInt32(IN_MODIFY | IN_ATTRIB)) >= 0
  }

  /// Takes in all that was reported, without waiting.
  package func drain() -> Changes {
    var changes = Changes()
    withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 8) { bytes in
      while true {
        let count = Glibc.read(descriptor, bytes.baseAddress, bytes.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return }
        take(UnsafeRawBufferPointer(rebasing: bytes[..<count]), &changes)
      }
    }
    return changes
  }

  private func take(_ bytes: UnsafeRawBufferPointer, _ changes: inout Changes) {
    let header = MemoryLayout<inotify_event>.size
    var start = 0
    while start + header <= bytes.count {
      let event = bytes.loadUnaligned(fromByteOffset: start, as: inotify_event.self)
      start += header + Int(event.len)
      let mask = Int32(bitPattern: event.mask)
      if mask & Int32(IN_MODIFY) != 0 { changes.hasNewBytes = true }
      // Anything else, an overflow of the queue too, may mean new names.
      if mask & ~Int32(IN_MODIFY) != 0 { changes.hasNewNames = true }
      if mask & (Int32(IN_IGNORED) | Int32(IN_MOVE_SELF)) != 0 { forget(event.wd) }
    }
  }

  /// The directory is gone from its path; another may come in its place.
  private func forget(_ watch: Int32) {
    for (path, known) in directories where known == watch {
      directories[path] = nil
      inotify_rm_watch(descriptor, watch)
    }
  }
}
