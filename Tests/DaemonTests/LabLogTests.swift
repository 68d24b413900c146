import FoundationEssentials
import Support
import TestSupport
import Testing

@testable import Daemon

/// One run of the real proxy, written in both formats: every number against what the clients and the
/// providers saw (`truth.json`, made by the lab without a look at the logs).
@Suite struct LabLogTests {
  static let billion: Int64 = 1_000_000_000

  /// A section of the truth, and the family that must say the same.
  struct Section: Sendable, CustomTestStringConvertible {
    let name: String
    let family: String
    let labels: [String]
    /// What one of the truth's units is in the series' billionths.
    var unit = billion
    var testDescription: String { name }

    init(_ name: String, _ family: String, _ labels: String..., unit: Int64 = billion) {
      (self.name, self.family, self.labels, self.unit) = (name, family, labels, unit)
    }
  }

  /// The payload loses the power level of `/v1/messages` and of rejected requests.
  static let knownToBoth = [
    Section("requests", "llm_requests_total", "provider", "model", "status"),
    Section("failures", "llm_request_failures_total", "provider", "model", "fault", "reason"),
    Section(
      "fallbacks", "llm_fallbacks_total", "primary_provider", "fallback_provider", "reason"),
    Section("route_fallbacks", "llm_route_fallbacks_total", "route", "served_route", "reason"),
    Section("retried_requests", "llm_retried_requests_total", "provider", "model", "reason"),
    Section("cached_requests", "llm_cached_requests_total", "provider", "model"),
    Section("tokens", "llm_tokens_total", "provider", "model", "type"),
    Section("cost_nano_dollars", "llm_cost_total", "provider", "model", unit: 1),
  ]

  static let knownToNative =
    knownToBoth + [
      Section("requests", "llm_requests_total", "provider", "model", "power_level", "status"),
      Section("attempts", "llm_attempts_total", "provider", "model", "result"),
      Section(
        "deployment_attempts", "llm_deployment_attempts_total", "deployment", "route", "result"),
      Section("unpriced_requests", "llm_unpriced_requests_total", "provider", "model"),
    ]

  private let truth: Truth

  init() throws { truth = try Truth(Repository.text("Tests/Data/lab/truth.json")) }

  @Test(arguments: knownToNative)
  func native(_ section: Section) throws {
    let series = try Self.read("native.jsonl.gz")
    #expect(difference(series, section) == [:])
  }

  @Test(arguments: knownToBoth)
  func payload(_ section: Section) throws {
    let series = try Self.read("payload.jsonl.gz")
    #expect(difference(series, section) == [:])
  }

  /// What the series say more (or less) than the truth.
  func difference(_ series: Series, _ section: Section) -> [String: Int64] {
    series.sums(section.family, by: section.labels)
      .merging(truth.values(of: section).mapValues { -$0 }, uniquingKeysWith: +)
      .filter { $0.value != 0 }
  }

  private static func read(_ log: String) throws -> Series {
    // Some hours after the run.
    let rig = Rig(clock: ManualClock(Timestamp(microseconds: 1_795_284_000_000_000)))
    rig.scratch.write(
      try Captured.lines("lab/\(log)").joined(separator: "\n") + "\n", to: "proxy.jsonl")
    try rig.run()
    return rig.series
  }
}

/// The lab's `truth.json`: for each section a list of labels with a value.
struct Truth {
  private enum Cell: Decodable {
    case text(String)
    case number(Int64)
    case other

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Int64.self) {
        self = .number(number)
      } else if let text = try? container.decode(String.self) {
        self = .text(text)
      } else {
        self = .other
      }
    }
  }

  private enum Part: Decodable {
    case rows([[String: Cell]])
    case other

    init(from decoder: any Decoder) throws {
      let rows = try? decoder.singleValueContainer().decode([[String: Cell]].self)
      self = rows.map(Part.rows) ?? .other
    }
  }

  private let parts: [String: Part]

  init(_ text: String) throws {
    parts = try JSONDecoder().decode([String: Part].self, from: Data(text.utf8))
  }

  func values(of section: LabLogTests.Section) -> [String: Int64] {
    guard case .rows(let rows)? = parts[section.name] else { return [:] }
    var values: [String: Int64] = [:]
    for row in rows {
      guard case .number(let value)? = row["value"], value != 0 else { continue }
      let labels = section.labels.map { label in
        if case .text(let text)? = row[label] { text } else { "?" }
      }
      values[labels.joined(separator: "|"), default: 0] += value * section.unit
    }
    return values
  }
}
