import Support
import Testing

@Suite struct TimeTextTests {
  @Test(
    arguments: [
      ("2026-11-21T12:00:00Z", 1_795_262_400_000_000), ("2026-11-21", 1_795_219_200_000_000),
      ("2026-11-21T13:00:00.25+01:00", 1_795_262_400_250_000),
      ("2026-11-21t06:30:00-05:30", 1_795_262_400_000_000),
      ("2024-02-29T23:59:59.9999999Z", 1_709_251_199_999_999), ("1970-01-01T00:00:00Z", 0),
      ("0", 0), ("1795262400", 1_795_262_400_000_000), ("1795262400.5", 1_795_262_400_500_000),
    ] as [(String, Int64)])
  func times(_ text: String, _ microseconds: Int64) {
    #expect(Timestamp(text: text)?.microseconds == microseconds)
  }

  @Test(arguments: [
    "", "x", "-5", "+5", "1.", ".5", "1e9", "2026-11-21T12:00:00", "2026-11-21T12:00Z",
    "2026-13-01", "2026-02-29", "2026-00-10", "2026-1-1", "2026-11-21T24:00:00Z",
    "2026-11-21T12:00:00.Z", "2026-11-21T12:00:00Zx", "2026-11-21T12:00:00+1:00",
    "2026-11-21T12:00:00+25:00", "2026-11-21 12:00:00Z", "99999999999999999999", "１２",
  ])
  func noTimes(_ text: String) { #expect(Timestamp(text: text) == nil) }

  @Test func whatIsWrittenIsReadBack() {
    for days in stride(from: Int64(0), to: 40_000, by: 17) {
      let time = Timestamp(microseconds: days * 86_400_000_000 + 45_296_123_456)
      #expect(Timestamp(text: CivilTime(time).rfc3339) == time)
      #expect(Timestamp(text: CivilTime(time, offset: .minutes(-210)).rfc3339) == time)
    }
  }
}
