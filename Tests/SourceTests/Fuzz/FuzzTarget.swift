import Support
import TestSupport

/// What hostile bytes can reach, each with the properties that hold for whatever comes.
///
/// The tests run every target on a corpus of real lines; `Tests/fuzz` has a fuzzer look for more.
enum FuzzTarget: String, CaseIterable, Sendable {
  /// Lines of files, of containers' logs and of streams.
  case framing
  /// Lines of the callback.
  case native
  /// LiteLLM's payloads, and their settlement.
  case payload
  /// Bodies that are posted.
  case ingest

  /// Throws the first property that does not hold.
  func check(_ input: [UInt8]) throws(Violation) {
    switch self {
    case .framing: try FramingProperties.check(input)
    case .native: try NativeProperties.check(input)
    case .payload: try SettlementProperties.check(input)
    case .ingest: try IngestProperties.check(input)
    }
  }

  /// The property of `input` that does not hold, if there is one.
  func violation(_ input: [UInt8]) -> Violation? {
    do throws(Violation) {
      try check(input)
      return nil
    } catch {
      return error
    }
  }
}

/// A property that does not hold, in words.
struct Violation: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }
}

/// Throws `property` unless it holds.
func hold(_ holds: Bool, _ property: @autoclosure () -> String) throws(Violation) {
  if !holds { throw Violation(property()) }
}

/// Throws `property` with both values unless they are equal.
func hold<Value: Equatable>(
  _ found: Value, is expected: Value, _ property: @autoclosure () -> String
) throws(Violation) {
  guard found != expected else { return }
  throw Violation("\(property()):\n  \(found)\nis not\n  \(expected)")
}

/// Chances that depend on the input alone, so that every failure can be repeated.
func chances(of input: [UInt8]) -> SeededRandom {
  SeededRandom(seed: input.withUnsafeBytes { hash64($0) })
}

/// Lines as they are between line feeds.
func lines(of input: [UInt8]) -> [[UInt8]] {
  input.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
}

func text(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
