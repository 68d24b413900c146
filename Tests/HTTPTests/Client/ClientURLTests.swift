import Testing

@testable import HTTP

@Suite struct ClientURLTests {
  @Test(arguments: [
    ("http://127.0.0.1:4000", "http://127.0.0.1:4000"),
    ("https://api.telegram.org/bot123:SECRET/sendMessage", "https://api.telegram.org"),
    ("https://user:SECRET@hooks.example/x?token=SECRET#SECRET", "https://hooks.example"),
    ("HTTP://[::1]:80/", "http://[::1]:80"),
  ])
  func onlyTheOriginIsShown(text: String, origin: String) throws {
    let url = try ClientURL(text)
    #expect(url.origin == origin)
    #expect("\(url)" == origin)
  }

  @Test(arguments: [
    "", "localhost:4000", "127.0.0.1:4000", "/relative", "ftp://host/", "file:///etc/passwd",
    "gopher://host/", "http://", "http://host:99999/", "http://ho st/",
    "http://host/\r\nX: y", "http://host/\0", "http://" + String(repeating: "a", count: 9000),
  ])
  func whatCannotBeCalledIsRefused(text: String) {
    #expect { try ClientURL(text) } throws: { error in
      (error as? ClientError)?.kind == .badURL
    }
  }

  @Test func reasonsAreInPlainWords() {
    #expect(throws: ClientError(.badURL, "it has to begin with http:// or https://")) {
      try ClientURL("localhost:4000")
    }
    #expect(throws: ClientError(.badURL, "the scheme has to be http or https")) {
      try ClientURL("ftp://host/")
    }
  }

  @Test func pathsAreAppended() throws {
    #expect(try ClientURL("http://h/").appending("/health").text == "http://h/health")
    #expect(
      try ClientURL("http://h/base//").appending("/health?a=b").text == "http://h/base/health?a=b")
    for text in ["http://h/?a=b", "http://h/#x"] {
      let url = try ClientURL(text)
      #expect(url.hasQuery)
      #expect(throws: ClientError.self) { try url.appending("/health") }
    }
  }
}
