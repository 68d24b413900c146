import CZlib
import HTTP
import TestSupport
import Testing

@testable import Page

@Suite struct WebPageTests {
  private let router: Router = {
    var router = Router()
    WebPage().add(to: &router)
    return router
  }()

  private func get(_ path: String, _ headers: HTTPHeaders = [:]) throws -> HTTPResponse {
    try #require(router.respond(to: HTTPRequest(.get, path, headers: headers)))
  }

  @Test func thePageAllowsNothingButItsOwnFiles() throws {
    let page = try get("/")
    #expect(page.status == 200)
    #expect(page.headers["Content-Type"] == "text/html; charset=utf-8")
    let policy = try #require(page.headers["Content-Security-Policy"])
    #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self';"))
    #expect(!policy.contains("unsafe"))
    #expect(String(decoding: page.body, as: UTF8.self).hasPrefix("<!doctype html>"))
  }

  @Test(
    arguments: [
      ("/page/main.js", "text/javascript; charset=utf-8"),
      ("/page/chart.min.js", "text/javascript; charset=utf-8"),
      ("/page/page.css", "text/css; charset=utf-8"), ("/page/icon.svg", "image/svg+xml"),
    ])
  func filesHaveTheirTypes(path: String, type: String) throws {
    let file = try get(path)
    #expect(file.status == 200 && !file.body.isEmpty)
    #expect(file.headers["Content-Type"] == type)
  }

  @Test(arguments: ["/page/", "/page/nothing.js", "/page/../main.js", "/page/main.js/"])
  func otherPathsAreUnknown(path: String) throws {
    #expect(try get(path).status == 404)
  }

  @Test func whatIsKnownIsNotSentAgain() throws {
    let tag = try #require(try get("/page/main.js").headers["ETag"])
    for known in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
      let again = try get("/page/main.js", ["If-None-Match": known])
      #expect(again.status == 304 && again.body.isEmpty, "\(known)")
      #expect(again.headers["ETag"] == tag)
    }
    #expect(try get("/page/main.js", ["If-None-Match": "\"other\""]).status == 200)
    #expect(try get("/page/dom.js").headers["ETag"] != tag)
  }

  @Test func packedForWhoTakesIt() throws {
    let plain = try get("/page/chart.min.js")
    let packed = try get("/page/chart.min.js", ["Accept-Encoding": "br, gzip"])
    #expect(plain.headers["Content-Encoding"] == nil)
    #expect(packed.headers["Content-Encoding"] == "gzip")
    #expect(plain.headers["Vary"] == "Accept-Encoding")
    #expect(packed.body.count < plain.body.count / 2)
    #expect(gunzip(packed.body) == plain.body)
  }

  @Test func allOfItIsBelow150KilobytesOnTheWire() {
    let sizes = PageFile.all().map { $0.packed?.count ?? $0.bytes.count }
    #expect(sizes.count > 10 && sizes.reduce(0, +) < 150_000)
  }

  @Test func theFilesAreThoseOfTheFolder() throws {
    let folder = try Repository.files(below: "Sources/Page/web", ending: "")
    let names = Set(folder.compactMap { $0.split(separator: "/").last.map(String.init) })
    #expect(Set(PageFile.all().map(\.name)) == names.union(["chart.min.js"]))
  }

  @Test func modulesAreFetchedTogether() throws {
    let page = try Repository.text("Sources/Page/web/index.html")
    for file in try Repository.files(below: "Sources/Page/web", ending: ".js") {
      let name = try #require(file.split(separator: "/").last)
      #expect(page.contains("\"/page/\(name)\""), "\(name) is found late")
    }
  }

  /// Names are strangers': they become text, never markup.
  @Test func nothingIsMadeOfMarkup() throws {
    for file in try Repository.files(below: "Sources/Page/web", ending: ".js") {
      let text = try Repository.text(file)
      for word in [
        "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(",
        "http://", "https://",
      ] {
        #expect(!text.contains(word), "\(file) has \(word)")
      }
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.count <= 301, "\(file)")
      for (number, line) in lines.enumerated() {
        #expect(line.count <= 100, "\(file):\(number + 1)")
      }
    }
  }

  private func gunzip(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    guard
      inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { return [] }
    defer { inflateEnd(&stream) }
    var input = bytes
    var output = [UInt8](repeating: 0, count: 1 << 20)
    let count = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        (stream.next_in, stream.avail_in) = (input.baseAddress, UInt32(input.count))
        (stream.next_out, stream.avail_out) = (output.baseAddress, UInt32(output.count))
        inflate(&stream, Z_FINISH)
        return Int(stream.total_out)
      }
    }
    return Array(output[..<count])
  }
}
