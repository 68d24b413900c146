import FoundationEssentials
import TestSupport
import Testing

@testable import Config

@Suite struct ReferenceTests {
  static let example = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "deploy/sidelight.example.yaml").path

  @Test func allKeys() {
    #expect(
      ConfigurationReference.rows.map(\.path) == [
        "listen", "instance", "web.token", "web.token_file", "web.open", "web.hosts",
        "web.config_file", "proxy.url", "proxy.api_key", "proxy.api_key_file", "proxy.config",
        "proxy.probe", "proxy.interval", "proxy.live_interval", "proxy.timeout",
        "proxy.assume_cached", "proxy.ca_file", "sources", "sources[].file", "sources[].stdin",
        "sources[].spend_logs", "sources[].password", "sources[].password_file", "sources[].format",
        "sources[].settle_after", "sources[].start", "sources[].max_line", "sources[].rotate.size",
        "sources[].rotate.keep", "ledger.url", "ledger.password", "ledger.password_file",
        "ledger.local", "ledger.spool_size", "ledger.retention", "ledger.detail",
        "ledger.detail_size", "ledger.dedup", "ledger.commit_interval", "labels.power_level",
        "labels.attribution", "labels.extra", "labels.limits", "health.window", "health.lookback",
        "health.min_attempts", "health.unhealthy_ratio", "health.degraded_ratio",
        "health.rate_limited_weight", "health.down_faults", "health.down_after",
        "health.hysteresis", "health.recover_attempts", "health.recover_after",
        "health.forget_after", "health.providers", "health.notify_after",
        "health.score.power_levels", "health.score.quality", "health.score.default_quality",
        "health.score.max_latency", "prices.file", "compat", "receivers", "receivers[].name",
        "receivers[].events", "receivers[].webhook.url", "receivers[].webhook.secret",
        "receivers[].webhook.secret_file", "receivers[].telegram.bot_token",
        "receivers[].telegram.bot_token_file", "receivers[].telegram.chat_id",
        "receivers[].telegram.message_thread_id", "receivers[].telegram.api_url",
        "receivers[].slack.url", "receivers[].slack.url_file", "receivers[].alertmanager.urls",
        "budgets", "budgets[].name", "budgets[].limit", "budgets[].period", "budgets[].timezone",
        "budgets[].thresholds", "budgets[].match", "budgets[].per", "budgets[].notify",
        "budgets[].forecast", "budgets[].gate_on_error", "include",
      ])
  }

  /// Every row's key is known to the decoder, and its default is one that the decoder reads.
  @Test func theDecoderKnowsEveryRow() throws {
    let words = ["none", "the host name", "required, or `stdin` or `spend_logs`"]
    // Some need several keys or a file; those have tests of their own.
    let own = ["receivers", "budgets", "web.config_file", "sources[].spend", "sources[].pass"]
    for row in ConfigurationReference.rows where !own.contains(where: row.path.hasPrefix) {
      let value =
        row.type == "URL" && row.fallback == "none"
        ? "http://h"
        : row.type == "size" && row.fallback == "none"
          ? "1MiB" : words.contains(row.fallback) ? "/x" : row.fallback
      let parts = row.path.split(separator: ".")
      let inner = parts.last.map { "\($0): \(value)" } ?? ""
      let yaml: String
      switch parts.count {
      case 1: yaml = inner
      case _ where row.path == "sources[].file": yaml = "sources: [{\(inner)}]"
      case _ where row.path == "sources[].stdin": yaml = "sources: [{file: a, \(inner)}]"
      case 3 where parts[0] == "sources[]":
        yaml = "sources: [{file: a, \(parts[1]): {\(inner)}}]"
      case 3: yaml = "\(parts[0]): {\(parts[1]): {\(inner)}}"
      case _ where parts[0] == "sources[]": yaml = "sources: [{file: a, \(inner)}]"
      default: yaml = "\(parts[0]): {\(inner)}"
      }
      let told = problems(yaml)
      let expected =
        row.type == "file" && row.meaning.hasPrefix("The file that holds")
        ? "1:\(row.path.utf8.count + 5): \(row.path): cannot read \"/x\": No such file or directory"
        : ""
      #expect(told == expected, "\(row.path)")
    }
  }

  @Test func everyMeaningIsASentence() {
    for row in ConfigurationReference.rows {
      #expect(row.meaning.hasSuffix(".") && row.meaning.first?.isLetter != false, "\(row.path)")
      #expect(!row.meaning.contains("|") && !row.type.isEmpty && !row.fallback.isEmpty)
    }
  }

  @Test func markdown() {
    let lines = ConfigurationReference.markdown().split(separator: "\n")
    #expect(lines.count == ConfigurationReference.rows.count + 2)
    #expect(
      lines.prefix(5).joined(separator: "\n") == """
        | key | type | default | meaning |
        | --- | --- | --- | --- |
        | `listen` | address | `127.0.0.1:4010` | The address and port of the web server; \
        a port alone means loopback. Needs a restart. |
        | `instance` | text | the host name | What this Sidelight calls itself in notifications. |
        | `web.token` | secret | none | The bearer token that opens everything; without it, \
        only loopback is answered in full. |
        """)
    #expect(lines.contains { $0.hasPrefix("| `web.open` | list of paths | `[/metrics, ") })
    #expect(
      lines.contains { $0.hasPrefix("| `sources[].start` | one of beginning, end | `beginning` |") }
    )
    #expect(lines.contains { $0.hasPrefix("| `sources[].file` | glob | required, or `stdin` or") })
  }

  @Test func theExampleIsTheDefaultsAndNamesEveryKey() throws {
    let read = try Configuration.load(path: Self.example, environment: [:])
    #expect(read == .default)
    let text = try String(contentsOfFile: Self.example, encoding: .utf8)
    for row in ConfigurationReference.rows {
      let name = row.path.split(separator: ".").last ?? ""
      #expect(text.contains("\(name):"), "\(row.path)")
    }
  }

  /// What is commented out in the example is right as well.
  @Test func theExampleUncommented() throws {
    let text = try String(contentsOfFile: Self.example, encoding: .utf8)
    let samples = [
      "# instance: proxy-1", "# token: \"${SIDELIGHT_TOKEN}\"", "# hosts: [sidelight.example.org]",
      "# url: http://127.0.0.1:4000", "# config: litellm_config.yaml",
      "# ca_file: /etc/ssl/proxy-ca.pem",
      "# url: postgres://sidelight@db.example.org/sidelight?sslmode=verify-full",
      "# local: /var/lib/sidelight/ledger.db",
      "# - stdin: true", "# extra: {tier: meta.tier, rollout: \"tag:rollout=*\"}",
      "# providers: {openai: {min_attempts: 20, forget_after: 1h}}",
      "# quality: {gpt-4o: 0.8, anthropic/claude-sonnet-4-5: 0.9}",
      "# prices: {file: model_prices.json}", "# compat: [litellm]",
      "# receivers: [{name: n8n, webhook: {url: \"https://n8n.example.org/webhook/spend\"}}]",
      "# budgets: [{name: daily, limit: 10 USD}]", "# include: [budgets/*.yaml]",
    ]
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let empty = [
      "  url: sqlite:///var/lib/sidelight/ledger.db", "  hosts: []", "  extra: {}",
      "  providers: {}", "    quality: {}", "prices: {}",
      "compat: []", "receivers: []", "budgets: []", "include: []",
    ]
    lines.removeAll { empty.contains($0) }
    for sample in samples {
      let index = try #require(lines.firstIndex { $0.hasSuffix(sample) })
      lines[index] = lines[index].replacing(sample, with: String(sample.dropFirst(2)))
    }
    let read = try decode(
      lines.joined(separator: "\n"), environment: ["SIDELIGHT_TOKEN": "t"])
    #expect(read.instance == "proxy-1")
    #expect(read.web.token == "t")
    #expect(read.web.hosts == ["sidelight.example.org"])
    #expect(read.sources.map(\.name) == ["/var/log/sidelight/*.jsonl", "stdin"])
    #expect(read.labels.extra.map(\.name) == ["tier", "rollout"])
    #expect(read.health.bounds(of: "openai").minAttempts == 20)
    #expect(read.health.score.quality.count == 2)
    #expect(read.pricesFile == "model_prices.json")
    #expect(read.proxy.url?.origin == "http://127.0.0.1:4000")
    #expect(read.proxy.config == "litellm_config.yaml")
    #expect(read.ledger.shared?.hasPrefix("postgres://sidelight@db.example.org/") == true)
    #expect(read.proxy.caFile == "/etc/ssl/proxy-ca.pem")
    #expect(read.compatibility == [.litellm])
    #expect(read.receivers.map(\.name) == ["n8n"])
    #expect(read.budgets.map(\.name) == ["daily"] && read.include == ["budgets/*.yaml"])
  }
}

@Suite struct RenderingTests {
  private let sample = """
    listen: "[::1]:80"
    instance: "no"
    web: {token: hunter2, hosts: ["b:8080"]}
    proxy:
      {url: "http://127.0.0.1:4000", api_key: hunter3, config: /c.yaml, probe: cached,
       interval: 30s, assume_cached: true}
    sources:
      - {file: "/a b/*.jsonl", max_line: 1500B}
      - stdin: true
    ledger: {url: "sqlite:$$x.db", dedup: 90m, detail: 0}
    labels: {extra: {tier: 'meta.a"\\b'}, limits: {key: 2k}}
    prices: {file: /p.json}
    """

  @Test func yaml() throws {
    #expect(
      try decode(sample).redacted()
        == #"""
        listen: "[::1]:80"
        instance: "no"
        web:
          token: <redacted>
          open: [/metrics, /-/healthy, /-/ready]
          hosts: [b:8080]
        proxy:
          url: http://127.0.0.1:4000
          api_key: <redacted>
          config: /c.yaml
          probe: cached
          interval: 30s
          live_interval: 5m
          timeout: 5s
          assume_cached: true
        sources:
          - file: "/a b/*.jsonl"
            format: auto
            settle_after: 2m
            start: beginning
            max_line: "1500B"
            rotate:
              keep: 1
          - stdin: true
            format: auto
            settle_after: 2m
            start: beginning
            max_line: 1MiB
            rotate:
              keep: 1
        ledger:
          url: "sqlite:$$x.db"
          spool_size: 1GiB
          retention: 400d
          detail: 0s
          detail_size: 1GiB
          dedup: 90m
          commit_interval: 50ms
        labels:
          power_level: [meta.power_level, "tag:power_level=*"]
          attribution: [key, team]
          extra:
            tier: "meta.a\"\\b"
          limits:
            key: 2000
            model: 500
            power_level: 20
        health:
          window: 1m
          lookback: 5m
          min_attempts: 5
          unhealthy_ratio: 0.5
          degraded_ratio: 0.1
          rate_limited_weight: 0.5
          down_faults: 3
          down_after: 15s
          hysteresis: 0.2
          recover_attempts: 10
          recover_after: 15s
          forget_after: 15m
          providers: {}
          notify_after: 1m
          score:
            power_levels:
              balanced:
                cost: 0.4
                latency: 0.4
                quality: 0.2
                ceiling: 0.01
              eco:
                cost: 0.7
                latency: 0.2
                quality: 0.1
                ceiling: 0.001
              precision:
                cost: 0.1
                latency: 0.3
                quality: 0.6
                ceiling: 0.1
            quality: {}
            default_quality: 0.5
            max_latency: 10s
        prices:
          file: /p.json
        compat: []
        include: []

        """#.replacing("\"1500B\"", with: "1500B"))
  }

  @Test func withoutSecretsItReadsBackAsItself() throws {
    let read = try decode(
      sample.replacing("token: hunter2, ", with: "").replacing("api_key: hunter3, ", with: ""))
    #expect(try decode(read.redacted()) == read)
    #expect(try decode(Configuration.default.redacted()) == .default)
  }

  @Test func json() throws {
    let text = try decode(sample).redactedJSON()
    #expect(
      text.hasPrefix(
        #"{"listen":"[::1]:80","instance":"no","web":{"token":"<redacted>","open":["/metrics","#))
    #expect(text.contains(#""power_level":20}},"health":{"window":"1m","#))
    #expect(text.contains(#""unhealthy_ratio":0.5,"#))
    #expect(text.hasSuffix(#""prices":{"file":"/p.json"},"compat":[],"include":[]}"#))
    #expect(text.contains(#"{"stdin":true,"format":"auto","#))
    #expect(text.contains(#""url":"sqlite:$x.db","#))
    #expect(text.contains(#""extra":{"tier":"meta.a\"\\b"}"#))
    #expect(!text.contains("hunter"))
  }

  @Test func restartNeeded() throws {
    let old = try decode("instance: a")
    #expect(old.restartNeeded(from: old) == [])
    let other = try decode(
      "instance: b\nlisten: 81\nledger: {url: sqlite:b.db, dedup: 1d}\nlabels: {limits: {key: 5}}")
    #expect(other.restartNeeded(from: old) == ["listen", "ledger.url", "ledger.dedup"])
    #expect(old.restartNeeded(from: other) == ["listen", "ledger.url", "ledger.dedup"])
  }
}
