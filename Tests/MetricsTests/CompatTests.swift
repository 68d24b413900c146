import Support
import Testing

@testable import Metrics

/// The families of others, made from the published ones.
struct CompatTests {
  private static let since = Timestamp(microseconds: 1_700_000_000_000_000)
  private static let now = Timestamp(microseconds: 1_700_000_100_000_000)

  private static func registry() -> Registry {
    let registry = Registry()
    registry.publish { series in
      func add(_ family: Family, _ labels: [String], _ value: Int64) {
        series.set(family, row: series.add(family, labels: labels), value)
      }
      add(.cost, ["openai", "gpt-4o", "eco"], 1_500_000_000)
      add(.cost, ["openai", "gpt-4o", "balanced"], 250_000_001)
      add(.cost, ["openai", "a\"b\\c\nd", "eco"], 1)
      add(.tokens, ["openai", "gpt-4o", "input"], 70)
      add(.tokens, ["openai", "gpt-4o", "output"], 30)
      add(.requests, ["openai", "gpt-4o", "eco", "success"], 5)
      add(.requests, ["openai", "gpt-4o", "eco", "cancelled"], 1)
      add(.requests, ["openai", "gpt-4o", "eco", "failure"], 3)
      add(.requestFailures, ["openai", "gpt-4o", "provider", "rate_limited"], 2)
      add(.requestFailures, ["none", "none", "policy", "key_rejected"], 1)
      add(.routeFallbacks, ["claude", "gpt-4o", "overloaded"], 4)
      add(.routeFallbacks, ["claude", "gpt-4o", "no_deployment"], 6)
      let row = series.add(.requestDuration, labels: ["openai", "gpt-4o"])
      var counts = [Int64](repeating: 0, count: Buckets.duration.count)
      counts[3] = 4
      counts[5] = 1
      series.setHistogram(.requestDuration, row: row, counts: counts.span, sum: 700_000)
    }
    return registry
  }

  private static func lines(
    _ registry: Registry, _ format: ExpositionFormat = .text
  ) -> [Substring] {
    let text = String(decoding: registry.render(format, now: now), as: UTF8.self)
    return text.split(separator: "\n").filter { $0.contains("litellm_") }
  }

  @Test("nothing unless asked for, and nothing any more after that")
  func offByDefault() {
    let registry = Self.registry()
    #expect(Self.lines(registry) == [])
    registry.expose([.litellm], since: Self.since)
    #expect(!Self.lines(registry).isEmpty)
    registry.expose([])
    #expect(Self.lines(registry) == [])
  }

  @Test("rows that lose a label are added up, exactly, and escapes stay")
  func sums() {
    let registry = Self.registry()
    registry.expose([.litellm], since: Self.since)
    let spend = Self.lines(registry).filter { $0.hasPrefix("litellm_spend_metric_total{") }
    #expect(
      spend == [
        #"litellm_spend_metric_total{model="a\"b\\c\nd",requested_model="a\"b\\c\nd",api_provider="openai"} 0.000000001"#,
        #"litellm_spend_metric_total{model="gpt-4o",requested_model="gpt-4o",api_provider="openai"} 1.750000001"#,
      ])
  }

  @Test("a family may have several sources")
  func requests() {
    let registry = Self.registry()
    registry.expose([.litellm], since: Self.since)
    let requests = Self.lines(registry).filter {
      $0.hasPrefix("litellm_proxy_total_requests_metric_total{")
    }
    #expect(
      requests == [
        #"litellm_proxy_total_requests_metric_total{requested_model="gpt-4o",api_provider="openai",status_code="200"} 5"#,
        #"litellm_proxy_total_requests_metric_total{requested_model="gpt-4o",api_provider="openai",status_code="429"} 2"#,
        #"litellm_proxy_total_requests_metric_total{requested_model="gpt-4o",api_provider="openai",status_code="499"} 1"#,
        #"litellm_proxy_total_requests_metric_total{requested_model="none",api_provider="none",status_code="401"} 1"#,
      ])
  }

  @Test("errors in LiteLLM's words")
  func errors() {
    let registry = Self.registry()
    registry.expose([.litellm], since: Self.since)
    let lines = Self.lines(registry)
    #expect(
      lines.contains(
        #"litellm_proxy_failed_requests_metric_total{requested_model="gpt-4o",api_provider="openai",exception_status="429",exception_class="Openai.RateLimitError"} 2"#
      ))
    #expect(
      lines.contains(
        #"litellm_deployment_successful_fallbacks_total{requested_model="claude",fallback_model="gpt-4o",exception_status="503",exception_class="ServiceUnavailableError"} 4"#
      ))
    #expect(LiteLLMError(reason: "new").name(from: "none") == "APIError")
  }

  @Test("_created samples as prometheus_client writes them")
  func created() {
    let registry = Self.registry()
    registry.expose([.litellm], since: Self.since)
    let labels = #"{model="gpt-4o",requested_model="gpt-4o",api_provider="openai"}"#
    let text = Self.lines(registry).filter { $0.contains("litellm_input_tokens_metric") }
    #expect(
      text == [
        "# HELP litellm_input_tokens_metric_total Input tokens.",
        "# TYPE litellm_input_tokens_metric_total counter",
        "litellm_input_tokens_metric_total\(labels) 70",
        "# HELP litellm_input_tokens_metric_created Input tokens.",
        "# TYPE litellm_input_tokens_metric_created gauge",
        "litellm_input_tokens_metric_created\(labels) 1700000000",
      ])
    let open = Self.lines(registry, .openMetrics).filter { $0.contains("litellm_input_tokens") }
    #expect(
      open == [
        "# HELP litellm_input_tokens_metric Input tokens.",
        "# TYPE litellm_input_tokens_metric counter",
        "litellm_input_tokens_metric_total\(labels) 70",
        "litellm_input_tokens_metric_created\(labels) 1700000000",
      ])
  }

  @Test("histograms keep their buckets")
  func histograms() {
    let registry = Self.registry()
    registry.expose([.litellm], since: Self.since)
    let lines = Self.lines(registry).filter { $0.contains("total_latency_metric") }
    let labels = #"model="gpt-4o",requested_model="gpt-4o",api_provider="openai""#
    #expect(lines.count { $0.contains("_bucket{") } == Buckets.duration.count)
    #expect(lines.contains("litellm_request_total_latency_metric_bucket{\(labels),le=\"0.04\"} 0"))
    #expect(lines.contains("litellm_request_total_latency_metric_bucket{\(labels),le=\"0.08\"} 4"))
    #expect(lines.contains("litellm_request_total_latency_metric_bucket{\(labels),le=\"+Inf\"} 5"))
    #expect(lines.contains("litellm_request_total_latency_metric_count{\(labels)} 5"))
    #expect(lines.contains("litellm_request_total_latency_metric_sum{\(labels)} 0.7"))
  }

  @Test("LiteLLM's states of deployments, the other way round")
  func states() {
    let registry = Self.registry()
    registry.addCollector { samples in
      for (deployment, health) in [("a", 1), ("b", 0.5), ("c", 0)] {
        samples.add(.deploymentHealth, labels: [deployment, "r", "openai", "gpt-4o"], health)
      }
    }
    registry.expose([.litellm], since: Self.since)
    let states = Self.lines(registry).filter { $0.hasPrefix("litellm_deployment_state{") }
    let expected = [("a", 0), ("b", 1), ("c", 2)].map { deployment, state in
      #"litellm_deployment_state{litellm_model_name="gpt-4o",model_id="\#(deployment)","#
        + #"api_provider="openai"} \#(state)"#
    }
    #expect(states.map(String.init) == expected)
    #expect(!Self.lines(registry).contains { $0.contains("state_created") })
  }

  @Test("every family is projected from one kind and unit, under a name of its own")
  func table() {
    let families = Compatibility.allCases.flatMap(\.families)
    #expect(Set(families.map(\.name)).count == families.count)
    for family in families {
      let descriptors = family.sources.map(\.family.descriptor)
      #expect(Set(descriptors.map(\.kind.text)).count == 1, "\(family.name)")
      #expect(Set(descriptors.map(\.unit)).count == 1, "\(family.name)")
      #expect(family.name.hasSuffix("_total") == (family.descriptor?.kind == .counter))
      #expect(Family(name: family.name) == nil)
    }
  }
}
