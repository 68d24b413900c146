import Testing

@testable import Metrics

@Suite struct CatalogueTests {
  @Test func everyFamilyHasItsDescriptorAtItsIndex() {
    #expect(Catalogue.descriptors.map(\.family) == Family.allCases)
    #expect(Family.allCases.map { Int($0.rawValue) } == Array(0..<Family.allCases.count))
  }

  @Test func namesAreUniqueAndLeadBack() {
    #expect(Set(Catalogue.descriptors.map(\.name)).count == Family.allCases.count)
    for family in Family.allCases { #expect(Family(name: family.descriptor.name) == family) }
    #expect(Family(name: "llm_requests") == nil)
  }

  @Test(arguments: Family.allCases)
  func namesFollowTheConventions(_ family: Family) {
    let descriptor = family.descriptor
    let lowerCase = descriptor.name.utf8.allSatisfy {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "_")
    }
    #expect(lowerCase)
    #expect(
      ["llm_", "sidelight_", "process_"].contains { descriptor.name.hasPrefix($0) },
      "\(descriptor.name)")
    #expect((descriptor.kind == .counter) == descriptor.name.hasSuffix("_total"))
    for suffix in ["_count", "_sum", "_bucket", "_created"] {
      #expect(!descriptor.baseName.hasSuffix(suffix))
    }
  }

  /// A series of one family must never be read as a sample of another.
  @Test func sampleNamesOfFamiliesDoNotMeet() {
    let names = Set(Catalogue.descriptors.map(\.baseName))
    #expect(names.count == Family.allCases.count)
    for name in names {
      for suffix in ["_total", "_count", "_sum", "_bucket", "_created", "_info"] {
        #expect(!names.contains(name + suffix), "\(name)\(suffix)")
      }
    }
  }

  @Test(arguments: Family.allCases)
  func labelsAreFewAndDistinct(_ family: Family) {
    let labels = family.descriptor.labels
    #expect(labels.count <= 4)
    #expect(Set(labels).count == labels.count)
  }

  @Test(arguments: Family.allCases)
  func helpIsOneLineThatReadsTheSameInBothFormats(_ family: Family) {
    let help = family.descriptor.help
    #expect(help.count >= 10)
    #expect(help.hasSuffix("."))
    #expect(!help.contains("\\") && !help.contains("\"") && !help.contains("\n"))
    #expect(!help.contains("  ") && !help.contains("|"))
  }

  @Test(arguments: Family.allCases)
  func unitsAgreeWithNames(_ family: Family) {
    let descriptor = family.descriptor
    if descriptor.unit == .micro { #expect(descriptor.namedUnit == "seconds") }
    if descriptor.unit == .nano { #expect(descriptor.name.contains("_cost_")) }
    if descriptor.origin == .tallied, descriptor.name.contains("_seconds") {
      #expect(descriptor.unit == .micro)
    }
    if descriptor.origin == .tallied, descriptor.name.contains("_cost_") {
      #expect(descriptor.unit == .nano)
    }
    if descriptor.buckets != nil { #expect(descriptor.unit == .micro) }
  }

  @Test func theSixFamiliesOfTheMissionAreAsPromised() {
    func shape(_ family: Family) -> String {
      let descriptor = family.descriptor
      let labels = descriptor.labels.map(\.text).joined(separator: ",")
      return "\(descriptor.name){\(labels)} \(descriptor.kind.text)"
    }
    #expect(
      [Family.requests, .requestDuration, .tokens, .cost, .fallbacks].map(shape) == [
        "llm_requests_total{provider,model,power_level,status} counter",
        "llm_request_duration_seconds{provider,model} histogram",
        "llm_tokens_total{provider,model,type} counter",
        "llm_cost_total{provider,model,power_level} counter",
        "llm_fallbacks_total{primary_provider,fallback_provider,reason} counter",
      ])
  }

  @Test func attributionFamiliesAreAsPromised() {
    let shapes = Catalogue.attribution.descriptors.map { descriptor in
      "\(descriptor.name){\(descriptor.labels.map(\.text).joined(separator: ","))}"
    }
    #expect(
      shapes == [
        "llm_key_requests_total{key,team,status}", "llm_key_cost_total{key,team}",
        "llm_key_tokens_total{key,team,type}", "llm_key_last_used_timestamp_seconds{key}",
        "llm_team_requests_total{team,status}", "llm_team_cost_total{team}",
        "llm_team_tokens_total{team,type}",
        "llm_user_requests_total{user,status}", "llm_user_cost_total{user}",
        "llm_user_tokens_total{user,type}",
        "llm_end_user_requests_total{end_user,status}", "llm_end_user_cost_total{end_user}",
        "llm_end_user_tokens_total{end_user,type}",
        "llm_tag_requests_total{tag,status}", "llm_tag_cost_total{tag}",
        "llm_tag_tokens_total{tag,type}",
        "llm_extra_requests_total{name,value}", "llm_extra_cost_total{name,value}",
      ])
  }

  @Test func markdownHasARowForEachFamily() {
    let lines = Catalogue.markdown().split(separator: "\n", omittingEmptySubsequences: false)
    #expect(
      lines.prefix(4) == [
        "### Requests", "", "| family | type | labels | meaning |", "|---|---|---|---|",
      ])
    #expect(lines.count { $0.hasPrefix("| `") } == Family.allCases.count)
    #expect(
      lines.contains(
        "| `llm_tokens_total` | counter | `provider`, `model`, `type` | Tokens as billed: cached"
          + " prompt tokens are part of input, reasoning is part of output; answers from the cache"
          + " of the proxy are not counted. |"))
    #expect(lines.contains("| `process_open_fds` | gauge |  | Number of open file descriptors. |"))
  }

  @Test func textIsWrappedForATerminal() {
    let text = Catalogue.text()
    #expect(
      text.contains(
        """

        llm_cost_total{provider, model, power_level} (counter)
            Spend in US dollars. Requests without a known price add nothing, see
            llm_unpriced_requests_total.

        """))
    #expect(text.hasPrefix("REQUESTS\n\nllm_requests_total{"))
    for line in text.split(separator: "\n") where line.hasPrefix(" ") { #expect(line.count <= 80) }
  }
}
