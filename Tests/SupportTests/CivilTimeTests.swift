import Support
import Testing

struct CivilTimeTests {
  @Test(
    "civil time is what RFC 3339 writes",
    arguments: [
      (0, 0, "1970-01-01T00:00:00Z"),
      (1_795_262_400_000_000, 0, "2026-11-21T12:00:00Z"),
      (1_795_262_400_250_000, 3600, "2026-11-21T13:00:00.25+01:00"),
      (1_795_262_400_000_001, 19_800, "2026-11-21T17:30:00.000001+05:30"),
      (1_795_262_400_000_000, -12_600, "2026-11-21T08:30:00-03:30"),
      (1_709_164_799_000_000, 0, "2024-02-28T23:59:59Z"),
      (1_709_164_800_000_000, 0, "2024-02-29T00:00:00Z"),
      (4_107_542_399_000_000, 0, "2100-02-28T23:59:59Z"),
      (4_107_542_400_000_000, 0, "2100-03-01T00:00:00Z"),
      (-1_000_000, 0, "1969-12-31T23:59:59Z"),
    ])
  func texts(_ microseconds: Int64, _ offset: Int64, _ expected: String) {
    let time = Timestamp(microseconds: microseconds)
    #expect(CivilTime(time, offset: .seconds(offset)).rfc3339 == expected)
  }

  @Test("people read minutes")
  func minutes() {
    let time = CivilTime(Timestamp(microseconds: 1_795_262_400_000_000), offset: .hours(-13))
    #expect(time.minuteText == "2026-11-20 23:00")
  }

  @Test("every day follows the one before, over four centuries")
  func days() {
    var last = CivilTime(Timestamp(microseconds: -86_400_000_000))
    for day in 0..<Int64(146_097) {
      let next = CivilTime(Timestamp(microseconds: day * 86_400_000_000))
      let follows =
        next.year == last.year && next.month == last.month && next.day == last.day + 1
        || next.year == last.year && next.month == last.month + 1 && next.day == 1
        || next.year == last.year + 1 && next.month == 1 && next.day == 1 && last.month == 12
      #expect(follows, "\(last.rfc3339) is followed by \(next.rfc3339)")
      last = next
    }
    #expect(last.rfc3339 == "2369-12-31T00:00:00Z")
  }
}
