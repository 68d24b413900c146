import TestSupport
import Testing

@testable import Support

@Suite struct CalendarWindowTests {
  /// A window's start and end for a time, as seconds since 1970.
  private func window(
    _ unit: CalendarUnit, _ zone: String, at time: Int64
  ) throws -> (start: Int64, end: Int64) {
    let window = unit.window(
      around: Timestamp(microseconds: time * 1_000_000 + 999_999), in: try ZoneInfo(zone))
    #expect(window.contains(Timestamp(microseconds: time * 1_000_000)))
    return (window.start.microseconds / 1_000_000, window.end.microseconds / 1_000_000)
  }

  /// Expected values from Python's zoneinfo.
  @Test(
    arguments: [
      // 2026-11-21 is a Saturday.
      ("minute", "UTC", 1_795_262_461, 1_795_262_460, 1_795_262_520),
      ("hour", "UTC", 1_795_262_461, 1_795_262_400, 1_795_266_000),
      ("day", "UTC", 1_795_262_461, 1_795_219_200, 1_795_305_600),
      ("week", "UTC", 1_795_262_461, 1_794_787_200, 1_795_392_000),
      ("month", "UTC", 1_795_262_461, 1_793_491_200, 1_796_083_200),
      ("day", "Europe/Berlin", 1_795_262_461, 1_795_215_600, 1_795_302_000),
      // 23 hours on 2026-03-29, 25 on 2026-10-25.
      ("day", "Europe/Berlin", 1_774_750_000, 1_774_738_800, 1_774_821_600),
      ("day", "Europe/Berlin", 1_792_900_000, 1_792_879_200, 1_792_969_200),
      ("month", "Europe/Berlin", 1_774_750_000, 1_772_319_600, 1_774_994_400),
      ("week", "Europe/Berlin", 1_792_900_000, 1_792_360_800, 1_792_969_200),
      // Half and quarter hours.
      ("hour", "Asia/Kolkata", 1_795_262_461, 1_795_260_600, 1_795_264_200),
      ("day", "Asia/Kolkata", 1_795_262_461, 1_795_199_400, 1_795_285_800),
      ("hour", "Asia/Kathmandu", 1_795_262_461, 1_795_259_700, 1_795_263_300),
      // Clocks go on by half an hour at 02:00, on 2026-10-04: the hour from 02:30 has 30 minutes.
      ("hour", "Australia/Lord_Howe", 1_791_041_500, 1_791_041_400, 1_791_043_200),
      // Havana's clocks go back from 01:00 to midnight on 2026-11-01: the day begins at the first.
      ("day", "America/Havana", 1_793_520_000, 1_793_505_600, 1_793_595_600),
      // Cairo's go on from midnight to 01:00 on 2026-04-24.
      ("day", "Africa/Cairo", 1_776_990_000, 1_776_981_600, 1_777_064_400),
      // Santiago's go back from midnight to 23:00 on 2026-04-05: Saturday has 25 hours.
      ("day", "America/Santiago", 1_775_356_200, 1_775_271_600, 1_775_361_600),
      ("day", "America/Santiago", 1_775_361_600, 1_775_361_600, 1_775_448_000),
      // Apia had no 2011-12-30.
      ("day", "Pacific/Apia", 1_325_239_200, 1_325_239_200, 1_325_325_600),
      ("day", "Pacific/Apia", 1_325_239_199, 1_325_152_800, 1_325_239_200),
      // February of a leap year, and the end of a year.
      ("month", "UTC", 1_709_164_800, 1_706_745_600, 1_709_251_200),
      ("month", "UTC", 1_798_761_599, 1_796_083_200, 1_798_761_600),
      ("month", "UTC", -1, -2_678_400, 0),
    ] as [(String, String, Int64, Int64, Int64)])
  func windows(unit: String, zone: String, time: Int64, start: Int64, end: Int64) throws {
    let window = try window(#require(CalendarUnit(rawValue: unit)), zone, at: time)
    #expect(window == (start, end))
  }

  /// Windows follow each other without a gap, whatever clocks do.
  @Test(arguments: [
    "UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca",
    "America/Santiago", "Asia/Kathmandu", "Pacific/Chatham", "Africa/Cairo", "America/Havana",
  ])
  func windowsTileTime(zone: String) throws {
    let zone = try ZoneInfo(zone)
    var random = SeededRandom(seed: 1)
    for unit in CalendarUnit.allCases {
      let first = Timestamp(
        microseconds: Int64.random(in: 0..<1_900_000_000, using: &random) * 1_000_000)
      var window = unit.window(around: first, in: zone)
      for _ in 0..<400 {
        let inside = Timestamp(
          microseconds: .random(
            in: window.start.microseconds..<window.end.microseconds, using: &random))
        #expect(unit.window(around: inside, in: zone) == window)
        let next = unit.window(around: window.end, in: zone)
        #expect(next.start == window.end && next.end > next.start)
        let before = unit.window(around: next.start - TimeSpan(microseconds: 1), in: zone)
        #expect(before == window)
        window = next
      }
    }
  }

  @Test func unknownZones() throws {
    for name in ["", "Europe/Berln", "../../etc/passwd", "berlin", "Europe/Berlin ", "Europe"] {
      #expect(throws: ZoneInfo.Problem.unknown, "\(name)") { try ZoneInfo(name) }
    }
    #expect(try ZoneInfo("UTC") == .utc)
    #expect(try ZoneInfo("Europe/Berlin") == ZoneInfo("Europe/Berlin"))
    #expect(try ZoneInfo("Asia/Calcutta").name == "Asia/Calcutta")
  }

  @Test func theFarthestTimesAreNoReasonToDie() throws {
    for unit in CalendarUnit.allCases {
      for time in [Int64.min, -1, 0, .max] {
        let window = unit.window(
          around: Timestamp(microseconds: time), in: try ZoneInfo("Europe/Berlin"))
        #expect(window.start < window.end)
      }
    }
  }
}
