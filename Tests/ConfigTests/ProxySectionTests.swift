import Health
import Support
import TestSupport
import Testing

@testable import Config

@Suite struct ProxySectionTests {
  @Test func everyKey() throws {
    let scratch = Scratch()
    scratch.write("sk-key\n", to: "key")
    let read = try decode(
      """
      proxy:
        url: https://proxy.example/base/
        api_key_file: key
        config: litellm.yaml
        probe: live
        interval: 30s
        live_interval: 1h
        timeout: 500ms
        assume_cached: true
        ca_file: ca.pem
      """, file: scratch.file("sidelight.yaml")
    ).proxy
    #expect(read.url?.origin == "https://proxy.example")
    #expect(read.apiKey == "sk-key")
    #expect(read.config == scratch.file("litellm.yaml"))
    #expect(read.probe == .live)
    #expect(read.interval == .seconds(30))
    #expect(read.liveInterval == .hours(1))
    #expect(read.timeout == .milliseconds(500))
    #expect(read.assumeCached)
    #expect(read.caFile == scratch.file("ca.pem"))
  }

  @Test(arguments: [
    (
      "proxy: {url: localhost}",
      "1:14: proxy.url: cannot be called: it has to begin with http:// or https://, expected an"
        + " address such as http://127.0.0.1:4000"
    ),
    (
      "proxy: {url: \"http://u:SECRET@/\"}",
      "1:14: proxy.url: cannot be called: No host part in the URL, expected an address such as"
        + " http://127.0.0.1:4000"
    ),
    (
      "proxy: {url: \"http://h/?key=SECRET\"}",
      "1:14: proxy.url: has a query, after which no path can follow"
    ),
    (
      "proxy: {api_key: \"a b\"}",
      "1:18: proxy.api_key: holds characters that no token can have, only printable ASCII can be sent"
    ),
    (
      "proxy: {probe: deep}",
      "1:16: proxy.probe: expected one of basic, cached, live, off, got \"deep\""
    ),
    (
      "proxy: {interval: 0s}",
      "1:19: proxy.interval: 0s is not within 1s to 1h: each is a request to the proxy"
    ),
    (
      "proxy: {live_interval: 1s}",
      "1:24: proxy.live_interval: 1s is not within 30s to 1d: each bills tokens"
    ),
    ("proxy: {probe: live}", "1:16: proxy.probe: nothing can be probed without proxy.url"),
    ("proxy: {probe: cached}", "1:16: proxy.probe: nothing can be probed without proxy.url"),
    (
      "proxy: {url: http://h, probe: cached}",
      "1:31: proxy.probe: cached bills tokens unless the proxy checks health in the background:"
        + " name its configuration in proxy.config, or set proxy.assume_cached: true"
    ),
    ("proxy: {url: http://h, probe: cached, assume_cached: true}", ""),
    ("proxy: {url: http://h, probe: cached, config: c.yaml}", ""),
    ("proxy: {probe: off}", ""),
  ])
  func mistakes(yaml: String, told: String) {
    #expect(problems(yaml) == told)
  }

  @Test func whatIsAskedInFact() throws {
    func applied(_ yaml: String, _ checksInBackground: Bool?) throws -> ProxyOptions.Mode {
      try decode("proxy: {\(yaml)}").proxy.appliedProbe(checksInBackground: checksInBackground)
    }
    #expect(try applied("", true) == .off)
    #expect(try applied("url: http://h", nil) == .basic)
    #expect(try applied("url: http://h, probe: off", nil) == .off)
    #expect(try applied("url: http://h, probe: live", nil) == .live)
    let cached = "url: http://h, probe: cached, config: c"
    #expect(try applied(cached, true) == .cached)
    #expect(try applied(cached, false) == .basic)
    #expect(try applied(cached, nil) == .basic)
    #expect(try applied("\(cached), assume_cached: true", false) == .cached)
  }
}
