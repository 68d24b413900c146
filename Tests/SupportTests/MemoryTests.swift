import Glibc
import Support
import Testing

@Suite struct MemoryTests {
  /// Resident pages of files.
  private func residentFilePages() throws -> Int {
    let file = try #require(fopen("/proc/self/statm", "r"))
    defer { fclose(file) }
    var bytes = [CChar](repeating: 0, count: 128)
    #expect(fgets(&bytes, 128, file) != nil)
    let text = String(
      decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return try #require(Int(text.split(separator: " ")[2]))
  }

  @Test func whatTheStartNeededGoesAndWhatIsUsedComesBack() throws {
    let before = try residentFilePages()
    Memory.releaseStart()
    #expect(try residentFilePages() < before)
    // Code and constants are read again: any would do.
    #expect((0..<100).map { "\($0)" }.joined().count == 190)
  }
}
