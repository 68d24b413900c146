import Testing

@testable import HTTP

@Suite struct AuthorityTests {
  @Test(
    arguments: [
      ("localhost", "localhost", nil), ("LocalHost:4010", "localhost", 4010),
      ("localhost.", "localhost", nil), ("127.0.0.1:1", "127.0.0.1", 1), ("[::1]", "::1", nil),
      ("[::1]:65535", "::1", 65535), ("a-b_c.example", "a-b_c.example", nil),
    ] as [(String, String, UInt16?)])
  func readsHostAndPort(text: String, host: String, port: UInt16?) {
    let authority = Authority(text)
    #expect(authority?.host == host)
    #expect(authority?.port == port)
  }

  @Test(arguments: [
    "", ":80", ".", "a:", "a:b", "a:65536", "a:-1", "a:+1", "a:1:2", "::1", "[::1", "[::1]x", "[a]",
    "[127.0.0.1]", "user@localhost", "localhost/x", "a b", "localhost,evil", "é.example",
  ])
  func refusesEverythingElse(text: String) {
    #expect(Authority(text) == nil)
  }

  @Test(arguments: [
    "localhost", "localhost:1", "localhost.:1", "127.0.0.1", "127.255.0.9:4010", "[::1]",
    "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]",
  ])
  func knowsLoopback(text: String) {
    #expect(Authority(text)?.isLoopback == true)
  }

  @Test(arguments: [
    "example.com", "localhost.evil.com", "127.0.0.1.evil.com", "128.0.0.1", "0.0.0.0", "[::]",
    "127.1", "2130706433", "[::ffff:10.0.0.1]", "127.0.0.1..",
  ])
  func knowsForeign(text: String) {
    #expect(Authority(text)?.isLoopback != true)
  }

  @Test func originFillsInThePort() {
    #expect(Authority(origin: "http://a.example")?.port == 80)
    #expect(Authority(origin: "https://a.example")?.port == 443)
    #expect(Authority(origin: "https://a.example:8443")?.port == 8443)
    for none in ["null", "", "ftp://a", "http://", "a.example", "http://a/b", "file://"] {
      #expect(Authority(origin: none) == nil, "\(none)")
    }
  }
}

@Suite struct IPAddressTests {
  @Test(arguments: [
    ("127.0.0.1", "127.0.0.1:80"), ("10.1.2.3", "10.1.2.3:80"), ("::1", "[::1]:80"),
    ("2001:DB8:0::5", "[2001:db8::5]:80"), ("::ffff:10.0.0.1", "10.0.0.1:80"),
    ("0.0.0.0", "0.0.0.0:80"), ("::", "[::]:80"),
  ])
  func readsAndWrites(text: String, written: String) {
    #expect(IPAddress(text)?.description(port: 80) == written)
  }

  @Test(arguments: ["", "localhost", "1.2.3", "1.2.3.4.5", "256.0.0.1", "[::1]", "::1%lo", " ::1"])
  func refusesNames(text: String) {
    #expect(IPAddress(text) == nil)
  }

  @Test(arguments: ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
  func isLoopback(text: String) { #expect(IPAddress(text)?.isLoopback == true) }

  @Test(arguments: ["126.0.0.1", "128.0.0.1", "0.0.0.0", "::", "::2", "1::1", "::ffff:10.0.0.1"])
  func isNotLoopback(text: String) { #expect(IPAddress(text)?.isLoopback == false) }

  @Test(arguments: ["192.0.2.7", "2001:db8::7"])
  func survivesTheSocketForm(text: String) {
    let address = IPAddress(text)
    #expect(address?.withSocketAddress(port: 5) { form, _ in IPAddress(form) } == address)
  }
}
