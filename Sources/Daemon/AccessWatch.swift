import HTTP
import Support

/// Sees when `web.config_file`, or a file that it names, is no longer what was read; pure, so that a
/// test can say what the files look like.
struct FileChanges {
  /// As they were at the last look.
  private var seen: [WebAccess.File] = []
  /// As they were when they were read last and could not be used.
  private var refused: [WebAccess.File] = []

  /// Whether to read them anew: they are not what is in force nor what was refused, and nobody has
  /// touched them since the last look, so that certificate and key are not read while only one of
  /// them is new.
  mutating func look(_ now: [WebAccess.File], inForce: [WebAccess.File]) -> Bool {
    defer { seen = now }
    return now != inForce && now != refused && now == seen
  }

  /// Remembers that what the last look saw cannot be used.
  mutating func refuse() { refused = seen }
}

/// Reads `web.config_file` anew when it has changed, without being asked.
final class AccessWatch: Sendable {
  private let task: Task<Void, Never>

  /// How often the files are looked at.
  private static let interval = TimeSpan.seconds(1)
  /// What was refused is read again every so many looks, for what was missing may lie in a file
  /// that only the new text names.
  private static let patience = 5

  init(_ reloader: Reloader) {
    task = Task.detached { [weak reloader] in
      var changes = FileChanges()
      var refusals = 0
      var told = ""
      while !Task.isCancelled {
        try? await Task.sleep(for: .microseconds(Self.interval.microseconds))
        guard let reloader else { return }
        let inForce = reloader.current.web.access.files
        let hasChanged = changes.look(inForce.map { .init($0.path) }, inForce: inForce)
        if refusals > 0 { refusals += 1 }
        guard hasChanged || refusals > Self.patience else { continue }
        switch reloader.reloadAccess() {
        case .success(let message):
          Log.info(message)
          (refusals, told) = (0, "")
        case .failure(let refusal):
          changes.refuse()
          refusals = 1
          if refusal.message != told { Log.error(refusal.message) }
          told = refusal.message
        }
      }
    }
  }

  /// Looks no more.
  func stop() { task.cancel() }
}
