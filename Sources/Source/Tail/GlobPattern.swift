import Glibc
import Support

/// A path in which `*`, `?` and `[…]` may stand for parts of names.
struct GlobPattern {
  let text: String
  private let components: [String]

  init(_ text: String) {
    self.text = text
    components = text.split(separator: "/").map(String.init)
  }

  /// Whether the pattern is one file's path.
  var isLiteral: Bool { !Self.hasWildcard(text) }

  /// The paths that exist and match, or the pattern itself if it is literal; packed files are
  /// left out.
  func paths(_ directories: inout DirectoryCache, at now: Timestamp) -> [String] {
    if isLiteral { return [text] }
    var paths = [text.hasPrefix("/") ? "/" : "."]
    for (index, component) in components.enumerated() {
      if !Self.hasWildcard(component) {
        paths = paths.map { joinPath($0, component) }
        continue
      }
      let isLast = index == components.count - 1
      paths = paths.flatMap { directory in
        directories.names(in: directory, at: now)
          .filter { fnmatch(component, $0, FNM_PERIOD) == 0 }
          .filter { !isLast || !RotatedName.isCompressed($0) }
          .map { joinPath(directory, $0) }
      }
    }
    return paths.sorted()
  }

  private static func hasWildcard(_ text: String) -> Bool { text.contains { "*?[".contains($0) } }
}

/// Names in directories, listed again only when a directory has changed.
struct DirectoryCache {
  /// The bound on one directory's names.
  static let maxNames = 100_000
  /// Time stamps are as coarse as 10 ms (on some file systems 2 s): a listing is trusted only once
  /// the directory has kept its stamp for this long.
  static let settling = TimeSpan.seconds(3)

  private struct Listing {
    var names: [String]
    var identity: FileIdentity
    var modified: Int64
    var since: Timestamp
    var isUsed = true
    var round: Int
  }
  /// Within a round, no directory is looked at twice.
  private var round = 0
  private var listings: [String: Listing] = [:]

  /// The directories in use, to be watched.
  var paths: [String] { Array(listings.keys) }

  /// The names in a directory that begin with `prefix`.
  mutating func names(
    in path: String, beginningWith prefix: Substring, at now: Timestamp
  ) -> ArraySlice<String> {
    let names = names(in: path, at: now)
    var (low, high) = (0, names.count)
    while low < high {
      let middle = (low + high) / 2
      if names[middle] < prefix { low = middle + 1 } else { high = middle }
    }
    return names[low...].prefix { $0.hasPrefix(prefix) }
  }

  /// The names in a directory in order, none if it cannot be read.
  mutating func names(in path: String, at now: Timestamp) -> [String] {
    if let known = listings[path], known.round == round { return known.names }
    guard let facts = try? FileFacts(path: path) else {
      listings[path] = nil
      return []
    }
    var since = now
    if var known = listings[path], known.identity == facts.identity,
      known.modified == facts.modified
    {
      if now - known.since >= Self.settling {
        known.isUsed = true
        known.round = round
        listings[path] = known
        return known.names
      }
      if known.since <= now { since = known.since }
    }
    let names = Self.list(path)
    listings[path] = Listing(
      names: names, identity: facts.identity, modified: facts.modified, since: since,
      round: round)
    return names
  }

  /// What is asked for from now on is looked at anew.
  mutating func refresh() { round += 1 }

  /// Forgets directories that were not asked for since the last call.
  mutating func forgetUnused() {
    for (path, listing) in listings {
      listings[path] = listing.isUsed ? listing : nil
      listings[path]?.isUsed = false
    }
  }

  private static func list(_ path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while names.count < maxNames, let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}
