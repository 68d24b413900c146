import Glibc

/// libFuzzer's entry point; `SIDELIGHT_FUZZ_TARGET` names what is fuzzed.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: bytes, count: count))
  if let violation = Driver.target.violation(input) {
    let message = "\nviolation: \(violation)\n"
    write(STDERR_FILENO, message, message.utf8.count)
    abort()
  }
  return 0
}

/// Called before the corpus is read: writes the one that the tests use to `SIDELIGHT_FUZZ_SEEDS`.
@_cdecl("LLVMFuzzerInitialize")
func initializeFuzzer(_: UnsafeRawPointer?, _: UnsafeRawPointer?) -> CInt {
  guard let folder = getenv("SIDELIGHT_FUZZ_SEEDS") else { return 0 }
  for (number, seed) in Corpus.seeds(for: Driver.target).enumerated() {
    guard let file = fopen("\(String(cString: folder))/\(number)", "w") else { return 1 }
    fwrite(seed, 1, seed.count, file)
    fclose(file)
  }
  return 0
}

private enum Driver {
  static let target =
    getenv("SIDELIGHT_FUZZ_TARGET").flatMap { FuzzTarget(rawValue: String(cString: $0)) }
    ?? .framing
}
