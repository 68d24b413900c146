import Record
import Support

/// One followed file: its descriptor and its state.
final class TailFile {
  /// The number by which deliveries name it.
  let number: Int
  let file: OpenFile
  /// Where reading began when this file was first met: 0 unless told to start at the end.
  let beginning: FileCheckpoint
  var state: TailState
  /// Its place in the order of reading: older files first, so that events come in order.
  let age: Int64
  /// Whether it was met under the name that the glob matches.
  let hadName: Bool
  var isWatched = false
  var framing = TailFraming()

  init(
    number: Int, file: OpenFile, age: Int64, hadName: Bool, checkpoint: FileCheckpoint,
    at now: Timestamp
  ) {
    self.number = number
    self.file = file
    self.age = age
    self.hadName = hadName
    beginning = checkpoint
    state = TailState(checkpoint, at: now)
  }

  var path: String { state.checkpoint.path }
  var born: Int64 { state.checkpoint.born }
  var identity: FileIdentity { state.checkpoint.identity }

  /// Whether both are the same log's, so that one goes on where the other ends.
  func isRelated(to other: TailFile) -> Bool {
    if path == other.path { return true }
    let (directory, name) = splitPath(path)
    let (otherDirectory, otherName) = splitPath(other.path)
    return directory == otherDirectory
      && (RotatedName.matches(name, base: otherName) || RotatedName.matches(otherName, base: name))
  }

  /// Older files first; of files made in the same tick, those that were renamed.
  func readsBefore(_ other: TailFile) -> Bool {
    if age != other.age { return age < other.age }
    let isRenamed = state.place != .current
    if isRenamed != (other.state.place != .current) { return isRenamed }
    return number < other.number
  }
}
