import HTTP
import Ledger
import Source
import Support
import Tally
import TestSupport
import Testing

@testable import Config

@Suite struct ValueTests {
  @Test(arguments: ["", "# nothing\n", "---\n", "~", "{}", "ledger:\nlabels: {limits: }\nweb: ~"])
  func whatIsLeftOutIsTheDefault(_ yaml: String) throws {
    #expect(try decode(yaml) == .default)
  }

  @Test func defaultsAreTheComponents() {
    let standard = Configuration(instance: "x")
    #expect(standard.web == WebOptions())
    #expect(standard.ledger == LedgerOptions())
    #expect(standard.labels == LabelOptions())
    #expect(standard.sources.map(\.name) == ["/var/log/sidelight/*.jsonl"])
    #expect(standard.pricesFile == nil)
    #expect(!Configuration.default.instance.isEmpty)
  }

  @Test func nothingButPushes() throws {
    #expect(try decode("{sources: [], web: {token: a-secret-token-of-16}}").sources == [])
  }

  @Test func everyKey() throws {
    let read = try decode(
      """
      listen: "[::1]:80"
      instance: proxy-1
      web: {token: s3cret, open: [/-/ready], hosts: [A.example.org, "b:8080"]}
      sources:
        - file: logs/*.jsonl
          format: litellm
          settle_after: 90s
          start: end
          max_line: 2MiB
        - stdin: true
      ledger:
        url: sqlite:data/ledger.db
        retention: 1y
        detail: 1d12h
        detail_size: 1.5GiB
        dedup: 2w
        commit_interval: 0.2s
      labels:
        power_level: ["tag:level=*", meta.level]
        attribution: [end_user, tag]
        extra: {tier: meta.tier, rollout: "tag:*"}
        limits: {key: 2k, value: 7}
      prices: {file: /etc/prices.json}
      """, file: "/etc/sidelight/sidelight.yaml")

    var wanted = Configuration(instance: "proxy-1")
    wanted.web.address = "::1"
    wanted.web.port = 80
    wanted.web.token = "s3cret"
    wanted.web.open = ["/-/ready"]
    wanted.web.hosts = ["a.example.org", "b:8080"]
    var log = SourceOptions(input: .files(glob: "/etc/sidelight/logs/*.jsonl"))
    log.format = .litellm
    log.settleAfter = .seconds(90)
    log.start = .end
    log.maxLine = 2 << 20
    wanted.sources = [log, SourceOptions(input: .standardInput)]
    wanted.ledger.path = "/etc/sidelight/data/ledger.db"
    wanted.ledger.retention = .days(365)
    wanted.ledger.detail = .hours(36)
    wanted.ledger.detailSize = 3 << 29
    wanted.ledger.dedup = .days(14)
    wanted.ledger.commitInterval = .milliseconds(200)
    wanted.labels.powerLevel = [.tag(prefix: "level="), .meta("level")]
    wanted.labels.attribution = [.endUser, .tag]
    wanted.labels.extra = [
      .init(name: "tier", selector: .meta("tier")),
      .init(name: "rollout", selector: .tag(prefix: "")),
    ]
    wanted.labels.limits = ["power_level": 20, "model": 500, "key": 2000, "value": 7]
    wanted.pricesFile = "/etc/prices.json"
    wanted.secretFiles = ["/etc/sidelight/sidelight.yaml"]
    #expect(read == wanted)
  }

  @Test(arguments: [
    ("4010", "127.0.0.1:4010"), (":4010", "127.0.0.1:4010"), ("0.0.0.0:80", "0.0.0.0:80"),
    ("\"[::]:0\"", "[::]:0"), ("'[fe80::1]:9'", "[fe80::1]:9"),
    ("'127.0.0.1:65535'", "127.0.0.1:65535"),
  ])
  func listenAddress(_ written: String, _ meant: String) throws {
    #expect(try decode("listen: \(written)").web.listen.text == meant)
  }

  /// What YAML 1.1 would turn into flags, numbers and dates is the text that was written.
  @Test(arguments: [
    "no", "Yes", "off", "12:30:45", "0x10", "010", "1e3", "1.10", "2026-11-21", "=", ".inf",
  ])
  func scalarsStayText(_ text: String) throws {
    #expect(try decode("instance: \(text)").instance == text)
  }

  @Test(arguments: ["true", "True", "yes", "on", "'true'"])
  func flags(_ text: String) throws {
    #expect(try decode("sources: [{stdin: \(text)}]").sources.map(\.input) == [.standardInput])
  }

  @Test func relativePathsWithoutDirectoryStayRelative() throws {
    let read = try decode("ledger: {url: sqlite:a.db}\nprices: {file: p.json}")
    #expect(read.ledger.path == "a.db")
    #expect(read.pricesFile == "p.json")
  }

  @Test func absoluteSQLiteURLs() throws {
    #expect(try decode("ledger: {url: sqlite:///a b/c.db}").ledger.path == "/a b/c.db")
    #expect(try decode("ledger: {url: sqlite:/c.db}", file: "/x/f").ledger.path == "/c.db")
  }
}

@Suite struct FileTests {
  @Test func loadsAFileAndWhatItNames() throws {
    let scratch = Scratch()
    scratch.write("\n  t0ken \n", to: "token")
    let path = scratch.write(
      "web: {token_file: \"${NAME:-token}\"}\nprices: {file: p.json}", to: "sidelight.yaml")
    let read = try Configuration.load(path: path, environment: [:])
    #expect(read.web.token == "t0ken")
    #expect(read.pricesFile == scratch.file("p.json"))
  }

  @Test func unreadableFiles() {
    let scratch = Scratch()
    let load = { (path: String) -> String in
      do throws(ConfigError) {
        _ = try Configuration.load(path: path, environment: [:])
        return ""
      } catch {
        return error.description
      }
    }
    let missing = scratch.file("none.yaml")
    #expect(
      load(missing) == "\(missing): cannot read the configuration: No such file or directory")
    #expect(
      load(scratch.path) == "\(scratch.path): cannot read the configuration: not a regular file")
    let large = scratch.write(String(repeating: "#", count: (1 << 20) + 1), to: "large")
    #expect(
      load(large) == "\(large): cannot read the configuration: larger than 1MiB, the most allowed")
    let edge = scratch.write(String(repeating: "#", count: 1 << 20), to: "edge")
    #expect(load(edge) == "")
  }

  @Test func secretFiles() {
    let scratch = Scratch()
    let told = { (name: String) in
      problems("web: {token_file: \(scratch.file(name))}").replacing(scratch.path, with: "DIR")
    }
    scratch.write(" \n", to: "empty")
    scratch.write("two\nlines", to: "lines")
    scratch.write(String(repeating: "x", count: 70_000), to: "large")
    scratch.append(bytes: [0xFF, 0x41], to: "latin")
    #expect(
      told("none") == #"1:19: web.token_file: cannot read "DIR/none": No such file or directory"#)
    #expect(told("empty") == "1:19: web.token_file: is empty")
    #expect(
      told("lines") == "1:19: web.token_file: holds characters that no token can have,"
        + " only printable ASCII can be sent")
    #expect(
      told("large")
        == #"1:19: web.token_file: cannot read "DIR/large": larger than 64KiB, the most allowed"#)
    #expect(told("latin") == #"1:19: web.token_file: "DIR/latin" is not UTF-8 text"#)
    #expect(
      problems("web: {token: a, token_file: \(scratch.file("none"))}")
        == "1:29: web.token_file: given together with token, expected one of them")
  }

  @Test func findsTheFirstThatExists() {
    let scratch = Scratch()
    let first = scratch.file("a")
    let second = scratch.write("", to: "b")
    #expect(Configuration.find(in: [first, second]) == second)
    scratch.write("", to: "a")
    #expect(Configuration.find(in: [first, second]) == first)
    #expect(Configuration.find(in: [scratch.file("c")]) == nil)
    #expect(Configuration.searchPaths == ["sidelight.yaml", "/etc/sidelight/sidelight.yaml"])
  }

  @Test func aSharedLedgerShowsNoPassword() throws {
    let yaml = """
      ledger: {url: "postgres://me:${PW}@db/ledger", password: "${PW}", local: a.db}
      """
    let read = try decode(yaml, environment: ["PW": "s3cret"])
    #expect(read.ledger.shared == "postgres://me:s3cret@db/ledger")
    #expect(read.ledger.password == "s3cret")
    #expect(read.ledger.path == "a.db")
    #expect(!read.redacted().contains("s3cret") && !read.redactedJSON().contains("s3cret"))
    #expect(read.redacted().contains("postgres://me:<redacted>@db/ledger"))
    #expect(read.secretFiles == [])
    let plain = try decode("ledger: {url: \"postgres://me:s3cret@db/ledger\"}")
    #expect(plain.secretFiles == ["sidelight.yaml"])
  }
}
