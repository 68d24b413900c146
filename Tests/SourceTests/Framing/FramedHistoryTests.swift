import Glibc
import TestSupport
import Testing

@testable import Source

/// Finished logs that a container runtime wrote.
@Suite struct FramedHistoryTests {
  let scratch = Scratch()

  private func read(
    _ name: String, from offset: Int64 = 0, budget: Int = 1 << 20
  ) throws(HistoryFileError) -> (lines: [String], endsOpen: Bool) {
    var file = try HistoryFile(path: scratch.file(name), maxLine: 1 << 16, offset: offset)
    var lines: [String] = []
    while try file.read(
      budget: budget,
      { line, place in lines.append("\(place):\(String(decoding: line, as: UTF8.self))") }
    ).hasMore {}
    return (lines, file.endsOpen)
  }

  private func text(_ runtime: Runtime) -> String {
    let out = frames(#"{"o":"0123456789"}"#, by: runtime, size: 5)
    let err = frames(#"{"e":"0123456789"}"#, by: runtime, stream: "stderr", size: 7)
    let noise = frames("no object at all", by: runtime, stream: "stderr", size: 4)
    return
      ([
        "plain\n", out[0], noise[0], noise[1], out[1], noise[2], out[2], noise[3], err[0], out[3],
        err[1], frame("{}", by: runtime), err[2], "plain again\n",
      ] + frames(#"{"long":"\#(String(repeating: "x", count: 40_000))"}"#, by: runtime, size: 9000)
      + (0..<200).map { frame(#"{"n":\#($0)}"#, by: runtime) }).joined()
  }

  @Test(arguments: Runtime.allCases) func whateverTheBudget(runtime: Runtime) throws {
    scratch.write(text(runtime), to: "log")
    let whole = try read("log")
    let texts = whole.lines.map { String($0.drop { $0 != ":" }.dropFirst()) }
    #expect(
      texts.prefix(5) == [
        "plain", #"{"o":"0123456789"}"#, "no o", #"{"e":"0123456789"}"#, "{}",
      ])
    #expect(texts[5] == "plain again" && texts[6].count == 40_011 && texts.count == 207)
    #expect(texts.last == #"{"n":199}"# && !whole.endsOpen)
    for budget in [1, 100, 5000] { #expect(try read("log", budget: budget).lines == whole.lines) }
  }

  @Test(arguments: Runtime.allCases, [false, true])
  func fromAnyLineOn(runtime: Runtime, packed: Bool) throws {
    let text = text(runtime)
    if packed {
      scratch.append(bytes: gzip(Array(text.utf8)), to: "log")
    } else {
      scratch.write(text, to: "log")
    }
    let whole = try read("log").lines
    for (index, line) in whole.enumerated().prefix(12) {
      let place = Int64(line.prefix { $0 != ":" }) ?? -1
      #expect(try read("log", from: place, budget: 1).lines == Array(whole[index...]))
    }
  }

  @Test(arguments: Runtime.allCases) func theEndMayBeOpen(runtime: Runtime) throws {
    let out = frames(#"{"o":"0123456789"}"#, by: runtime, size: 7)
    scratch.write(frame("{}", by: runtime) + out[0], to: "log")
    let open = try read("log")
    #expect(open.lines.count == 2 && open.endsOpen)
    scratch.append(out[1] + out[2], to: "log")
    let place = Int64(open.lines[1].prefix { $0 != ":" }) ?? -1
    #expect(try read("log", from: place).lines == [#"\#(place):{"o":"0123456789"}"#])
    // Without a line feed at the end, and in front of lines of the other stream.
    let err = (0..<3).map { frame("{\($0)}", by: runtime, stream: "stderr") }.joined()
    scratch.write(out[0] + err.dropLast(), to: "blocked")
    #expect(
      try read("blocked").lines.map { $0.drop { $0 != ":" } } == [
        #":{"o":"0"#, ":{0}", ":{1}", ":{2}",
      ])
  }

  @Test func aLineOfManyLongParts() throws {
    let part = #"{"x":""# + String(repeating: "x", count: 60_000)
    let text = (0..<40).map { _ in frame(part, by: .cri, isFinal: false) }.joined()
    scratch.write(text + frame("\"}", by: .cri) + frame("{}", by: .cri), to: "log")
    let end = text.utf8.count + frame("\"}", by: .cri).utf8.count
    #expect(try read("log").lines == ["\(end):{}"])
  }
}
