import Testing

@testable import HTTP

@Suite struct PasswordTests {
  /// Published test vectors of bcrypt, and what htpasswd and the toolkit's documentation print.
  @Test(arguments: [
    ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"),
    ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", "U*U*"),
    ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy", ""),
    ("$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e", "\u{FFFD}"),
    ("$2b$04$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u", "not it"),
  ])
  func vectors(text: String, password: String) throws {
    let hash = try #require(PasswordHash(text))
    let isKnown = text.hasPrefix("$2a$")
    #expect(hash.matches(password) == isKnown)
    #expect(!hash.matches(password + "x"))
    #expect(!hash.matches(password + "\0"))
  }

  @Test(arguments: [
    "", "secret", "$1$abc$def", "$2y$10$short", "$2x$10$" + String(repeating: "a", count: 53),
    "$2y$99$" + String(repeating: "a", count: 53), "$2y$03$" + String(repeating: "a", count: 53),
    "$2y$+5$" + String(repeating: "a", count: 53), "$2y$10$" + String(repeating: "!", count: 53),
    "$2y$10$" + String(repeating: "a", count: 54), "x$2y$10$" + String(repeating: "a", count: 52),
  ])
  func noHash(text: String) {
    #expect(PasswordHash(text) == nil)
  }

  @Test func cost() {
    #expect(PasswordHash("$2y$12$" + String(repeating: "a", count: 53))?.cost == 12)
  }

  @Test(
    arguments: [
      (nil, .none), ("", .none), ("Basic", .none), ("Basic ", .none), ("Digest YTpi", .none),
      ("Basic YTpi", .password(user: "a", password: "b")),
      ("bASIC  YTpi", .password(user: "a", password: "b")),
      ("Basic YTo=", .password(user: "a", password: "")),
      ("Basic OmI=", .password(user: "", password: "b")),
      ("Basic YTpiOmM=", .password(user: "a", password: "b:c")),
      ("Basic w7w6w6Q=", .password(user: "ü", password: "ä")),
      ("Basic YWI=", .none), ("Basic /////w==", .none), ("Basic ****", .none),
      ("Bearer t", .token("t")), ("bearer   t u", .token("t u")), ("Bearer", .none),
    ] as [(String?, Credentials)])
  func credentials(header: String?, expected: Credentials) {
    #expect(Credentials(header) == expected)
  }
}
