import Support
import Testing

@Suite struct QuantityTests {
  @Test(arguments: [
    ("0", 0), ("0s", 0), ("50ms", 50_000), ("7us", 7), ("7µs", 7), ("2m", 120_000_000),
    ("1h30m", 5_400_000_000), ("1.5h", 5_400_000_000), ("1 h", 3_600_000_000), ("0.5ms", 500),
    ("400d", 34_560_000_000_000), ("2w", 1_209_600_000_000), ("1y", 31_536_000_000_000),
    ("1m0.25s", 60_250_000),
  ])
  func duration(_ text: String, _ microseconds: Int64) {
    #expect(Quantity.duration(text)?.microseconds == microseconds)
  }

  @Test(arguments: [
    "", "5", "m", "-1m", "+1m", "1M", "1H", "1m1h", "1m1m", "1.5h2m", "1.", ".5s", "1.s", "01m",
    "1e3s", "0x1s", "0.5us", "1,5h", "1  h", " 1h", "1h ", "1h 30m ", "300000y", "1٣s", "99s1",
    "99999999999999999999s", "292471y365d", "soon", "1:30",
  ])
  func noDuration(_ text: String) {
    #expect(Quantity.duration(text) == nil)
  }

  @Test(arguments: [
    ("0", 0), ("1048576", 1 << 20), ("1B", 1), ("256MiB", 256 << 20), ("1.5GiB", 3 << 29),
    ("10kB", 10_000), ("10KB", 10_000), ("2MB", 2_000_000), ("1TiB", 1 << 40), ("8 KiB", 8192),
  ])
  func bytes(_ text: String, _ count: Int64) {
    #expect(Quantity.bytes(text) == count)
  }

  @Test(arguments: ["", "256M", "1G", "1k", "-1", "0.3B", "1KiB2B", "9000000TiB", "1mib", "B"])
  func noBytes(_ text: String) {
    #expect(Quantity.bytes(text) == nil)
  }

  @Test(arguments: [
    ("0", 0), ("500", 500), ("10k", 10_000), ("10K", 10_000), ("2M", 2_000_000),
    ("1.5G", 1_500_000_000), ("9223372036854775807", Int64.max),
  ])
  func count(_ text: String, _ count: Int64) {
    #expect(Quantity.count(text) == count)
  }

  @Test(arguments: ["", "0x10", "010", "1_000", "1e3", "1.5", "1m", "9223372036854775808", "1k1"])
  func noCount(_ text: String) {
    #expect(Quantity.count(text) == nil)
  }

  @Test(arguments: [
    ("0", "0s"), ("120s", "2m"), ("90m", "90m"), ("2w", "14d"), ("1500ms", "1500ms"),
    ("24h", "1d"), ("1y", "365d"), ("1us", "1us"),
  ])
  func durationsAreWrittenShort(_ text: String, _ written: String) throws {
    let span = try #require(Quantity.duration(text))
    #expect(Quantity.text(span) == written)
    #expect(Quantity.duration(written) == span)
  }

  @Test(arguments: [
    ("0", "0B"), ("1024", "1KiB"), ("1000", "1000B"), ("1536MiB", "1536MiB"), ("1024GiB", "1TiB"),
  ])
  func sizesAreWrittenShort(_ text: String, _ written: String) throws {
    let size = try #require(Quantity.bytes(text))
    #expect(Quantity.text(bytes: size) == written)
    #expect(Quantity.bytes(written) == size)
  }
}
