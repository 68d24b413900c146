import Testing

@testable import Config

/// One bad file for each mistake, the whole message asserted.
@Suite struct MistakeTests {
  struct Mistake: CustomTestStringConvertible, Sendable {
    let yaml: String
    let told: String
    var testDescription: String { yaml }

    init(_ yaml: String, _ told: String) {
      self.yaml = yaml
      self.told = told
    }
  }

  static let known = Configuration.section.keys.flatMap(\.names).joined(separator: ", ")

  static let keys = [
    Mistake("lisen: 1", #"1:1: unknown key "lisen", did you mean "listen"?"#),
    Mistake(
      "ledger:\n  detial: 1d\n",
      #"2:3: unknown key "detial" in ledger, did you mean "detail"?"#),
    Mistake(
      "sources:\n- {file: a, settle: 1m}",
      #"2:13: unknown key "settle" in sources[0] (known: "#
        + "file, stdin, spend_logs, password, password_file, format, settle_after, start, max_line,"
        + " rotate)"),
    Mistake("prices: {url: x}", #"1:10: unknown key "url" in prices (known: file)"#),
    Mistake("instance: a\ninstance: b", #"2:1: key "instance" is given twice, first at 1:1"#),
    Mistake(
      "\"in\\e[31m\": 1",
      #"1:1: unknown key "in\u{1b}[31m" (known: "#
        + "\(known))"
    ),
    Mistake("? [a]\n: b", "1:3: a key must be a word, not a list or a mapping"),
    Mistake(
      "<<: {listen: 1}",
      #"1:1: unknown key "<<" (known: "#
        + "\(known))"),
  ]

  static let types = [
    Mistake("just text", #"1:1: expected a mapping of keys to values, got "just text""#),
    Mistake("[a]", "1:1: expected a mapping of keys to values, got a list"),
    Mistake("ledger: on", #"1:9: ledger: expected a mapping of keys to values, got "on""#),
    Mistake("instance:", "1:10: instance: expected a name such as proxy-1, got nothing"),
    Mistake("instance: ~", "1:11: instance: expected a name such as proxy-1, got nothing"),
    Mistake(#"instance: """#, #"1:11: instance: expected a name such as proxy-1, got """#),
    Mistake("instance: [a]", "1:11: instance: expected a name such as proxy-1, got a list"),
    Mistake("instance: {a: b}", "1:11: instance: expected a name such as proxy-1, got a mapping"),
    Mistake(#"instance: "a\nb""#, "1:11: instance: holds a control character or a line break"),
    Mistake(#"instance: "a\u202eb""#, "1:11: instance: holds a control character or a line break"),
    Mistake(
      "sources: {file: a}",
      #"1:10: sources: expected a list of mappings ("- key: value"), got a mapping"#),
    Mistake(
      "sources:", #"1:9: sources: expected a list of mappings ("- key: value"), got nothing"#),
    Mistake(
      "sources: []",
      "1:10: sources: is empty, expected at least one entry, or web.token for what is pushed"),
    Mistake(
      "sources: [a.jsonl]",
      #"1:11: sources[0]: expected a mapping of keys to values, got "a.jsonl""#),
    Mistake(
      "web: {open: /metrics}",
      #"1:13: web.open: expected a list such as [/metrics], got "/metrics""#),
    Mistake(
      "ledger: {dedup: soon}",
      #"1:17: ledger.dedup: expected a duration such as "2m", got "soon""#),
    Mistake(
      "ledger: {dedup: 7}",
      #"1:17: ledger.dedup: expected a duration such as "2m", got "7""#),
    Mistake(
      "ledger: {detail_size: 256M}",
      #"1:23: ledger.detail_size: expected a size such as "256MiB", got "256M""#),
    Mistake(
      "labels: {limits: {key: 0x10}}",
      #"1:24: labels.limits.key: expected a whole number such as 500 or 10k, got "0x10""#),
    Mistake(
      "labels: {limits: {key: 010}}",
      #"1:24: labels.limits.key: expected a whole number such as 500 or 10k, got "010""#),
    Mistake(
      "sources: [{stdin: 1}]",
      #"1:19: sources[0].stdin: expected true or false, got "1""#),
  ]

  static let web = [
    Mistake(
      "listen: localhost:4010",
      #"1:9: listen: "localhost" is not an address to listen on, names are not looked up"#
        + " (127.0.0.1 for this machine, 0.0.0.0 or [::] for all networks)"),
    Mistake(
      "listen: ::1:4010",
      "1:9: listen: expected an address and a port such as 127.0.0.1:4010 or [::1]:4010,"
        + #" got "::1:4010""#),
    Mistake(
      "listen: 127.0.0.1",
      "1:9: listen: expected an address and a port such as 127.0.0.1:4010 or [::1]:4010,"
        + #" got "127.0.0.1""#),
    Mistake(
      "listen: 0xfaa",
      "1:9: listen: expected an address and a port such as 127.0.0.1:4010 or [::1]:4010,"
        + #" got "0xfaa""#),
    Mistake(
      "listen: 04010",
      "1:9: listen: expected an address and a port such as 127.0.0.1:4010 or [::1]:4010,"
        + #" got "04010""#),
    Mistake("listen: :65536", "1:9: listen: port 65536 is over 65535"),
    Mistake(
      "web: {open: [metrics]}",
      #"1:14: web.open[0]: expected a path such as /metrics, got "metrics""#),
    Mistake(
      "web: {open: [/api/*]}",
      #"1:14: web.open[0]: "/api/*" is not a whole path, patterns and queries are not known here"#),
    Mistake("web: {open: [/a, /b, /a]}", "1:22: web.open[2]: given twice, first at 1:14"),
    Mistake(
      "web: {hosts: [\"https://a.org\"]}",
      "1:15: web.hosts[0]: expected a host such as sidelight.example.org, without scheme or path,"
        + #" got "https://a.org""#),
    Mistake("web: {token: ''}", "1:14: web.token: is empty"),
    Mistake(
      "web: {token: with space}",
      "1:14: web.token: holds characters that no token can have,"
        + " only printable ASCII can be sent"),
  ]

  static let sources = [
    Mistake(
      "sources: [{format: auto}]",
      "1:11: sources[0] names nothing to read, expected file, stdin: true or spend_logs"),
    Mistake(
      "sources: [{stdin: false}]",
      "1:11: sources[0] names nothing to read, expected file, stdin: true or spend_logs"),
    Mistake(
      "sources: [{file: a, stdin: true}]",
      "1:28: sources[0].stdin: given together with file, expected one of them"),
    Mistake(
      "sources:\n- file: a\n- file: b\n- file: a",
      #"4:3: sources[2] reads "a", as sources[0] does"#),
    Mistake(
      "sources: [{file: a, format: natve}]",
      "1:29: sources[0].format: expected one of auto, native, litellm,"
        + #" got "natve", did you mean "native"?"#),
    Mistake(
      "sources: [{file: a, start: middle}]",
      #"1:28: sources[0].start: expected one of beginning, end, got "middle""#),
    Mistake(
      "sources: [{file: a, settle_after: 2d}]",
      "1:35: sources[0].settle_after: 2d is not within 1s to 1d:"
        + " a failure is reported late by this much"),
    Mistake(
      "sources: [{file: a, max_line: 1GiB}]",
      "1:31: sources[0].max_line: 1GiB is not within 1KiB to 64MiB:"
        + " each source keeps one line in memory"),
    Mistake(
      "sources: [{file: a, rotate: {size: 1KiB}}]",
      "1:36: sources[0].rotate.size: 1KiB is not within 1MiB to 1TiB:"
        + " each rotation costs the writer a reopening"),
    Mistake(
      "sources: [{stdin: true, rotate: {size: 1GiB}}]",
      "1:33: sources[0].rotate: given for stdin, which has no file to rotate"),
  ]

  static let ledger = [
    Mistake(
      "ledger: {url: \"postgres://user:pass@db/sidelight?ssl=1\"}",
      "1:15: ledger.url: is no connection URI such as postgres://user@host:5432/database"),
    Mistake(
      "ledger: {url: /var/ledger.db}",
      #"1:15: ledger.url: did you mean "sqlite:///var/ledger.db"?"#),
    Mistake(
      "ledger: {url: sqlite://var/ledger.db}",
      #"1:15: ledger.url: "sqlite://var/ledger.db" names a host,"#
        + #" did you mean "sqlite:///var/ledger.db"?"#),
    Mistake(
      "ledger: {url: mysql:db}",
      "1:15: ledger.url: expected a URL such as sqlite:///var/lib/sidelight/ledger.db"),
    Mistake("ledger: {url: \"sqlite:\"}", "1:15: ledger.url: names no file"),
    Mistake("ledger: {url: sqlite:///var/lib/}", "1:15: ledger.url: names no file"),
    Mistake(
      "ledger: {url: \"sqlite::memory:\"}",
      "1:15: ledger.url: a ledger in memory would forget its counters, expected a file"),
    Mistake(
      "ledger: {url: \"sqlite:a.db?mode=ro\"}",
      #"1:15: ledger.url: parameters ("?…") are not supported, expected a file alone"#),
    Mistake(
      "ledger: {dedup: 59m}",
      "1:17: ledger.dedup: 59m is not within 1h to 90d:"
        + " a repeat that comes later is counted again"),
    Mistake(
      "ledger: {commit_interval: 6s}",
      "1:27: ledger.commit_interval: 6s is not within 1ms to 5s:"
        + " metrics and budgets lag behind by this much"),
    Mistake(
      "ledger: {retention: 0}",
      "1:21: ledger.retention: 0 is not within 1d to 3660d:"
        + " budgets and reports need at least the last day"),
    Mistake(
      "ledger: {detail_size: 10kB}",
      "1:23: ledger.detail_size: 10kB is not within 1MiB to 1TiB:"
        + " less would be dropped while it is written"),
    Mistake(
      "ledger:\n  retention: 5d\n",
      "2:14: ledger: detail (7d) is longer than retention (5d)"),
    Mistake(
      "ledger:\n  detail: 500d\n",
      "2:11: ledger: detail (500d) is longer than retention (400d)"),
  ]

  static let labels = [
    Mistake(
      "labels: {power_level: [header.x]}",
      #"1:24: labels.power_level[0]: expected meta.NAME or "tag:PREFIX*", got "header.x""#),
    Mistake(
      "labels: {power_level: [meta.]}",
      #"1:24: labels.power_level[0]: expected meta.NAME or "tag:PREFIX*", got "meta.""#),
    Mistake(
      "labels: {power_level: [\"tag:level\"]}",
      #"1:24: labels.power_level[0]: "tag:level" must end with its only "*","#
        + #" such as "tag:tier=*""#),
    Mistake(
      "labels: {power_level: meta.tier}",
      #"1:23: labels.power_level: expected a list such as"#
        + #" [meta.power_level, "tag:power_level=*"], got "meta.tier""#),
    Mistake(
      "labels: {attribution: [key, team, usr]}",
      "1:35: labels.attribution[2]: expected one of key, team, user, end_user, tag,"
        + #" got "usr", did you mean "user"?"#),
    Mistake(
      "labels: {attribution: [key, key]}",
      "1:29: labels.attribution[1]: given twice, first at 1:24"),
    Mistake(
      "labels: {extra: {1st: meta.a}}",
      #"1:18: labels.extra: "1st" is not a label's name"#
        + " (letters, digits and _, no digit first, 64 at most)"),
    Mistake(
      "labels: {extra: {\"\": meta.a}}",
      #"1:18: labels.extra: "" is not a label's name"#
        + " (letters, digits and _, no digit first, 64 at most)"),
    Mistake(
      "labels: {extra: {team: meta.a}}",
      #"1:18: labels.extra: "team" is a name that Sidelight uses itself"#),
    Mistake(
      "labels: {extra: {tier: tier}}",
      #"1:24: labels.extra.tier: expected meta.NAME or "tag:PREFIX*", got "tier""#),
    Mistake(
      "labels: {limits: {keys: 5}}",
      #"1:19: unknown label "keys" in labels.limits, did you mean "key"?"#),
    Mistake(
      "labels: {limits: {color: 5}}",
      #"1:19: unknown label "color" in labels.limits (known: provider, model, route,"#
        + " deployment, power_level, key, team, user, end_user, tag, value)"),
    Mistake(
      "labels: {limits: {key: 0}}",
      "1:24: labels.limits.key: 0 is not within 1 to 100000:"
        + " each value costs memory in every family"),
  ]

  @Test(arguments: keys + types + web + sources + ledger + labels)
  func message(_ mistake: Mistake) {
    #expect(problems(mistake.yaml) == mistake.told)
  }
}
