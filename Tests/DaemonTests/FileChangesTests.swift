import Glibc
import HTTP
import TestSupport
import Testing

@testable import Daemon

@Suite struct FileChangesTests {
  private let scratch = Scratch()

  private func files() -> [WebAccess.File] {
    [WebAccess.File(scratch.file("a")), WebAccess.File(scratch.file("b"))]
  }

  @Test func readOnceNobodyTouchesThem() {
    scratch.write("1", to: "a")
    let inForce = files()
    var changes = FileChanges()
    var looks: [Bool] = []
    func look() { looks.append(changes.look(files(), inForce: inForce)) }
    look()
    look()
    scratch.write("22", to: "a")
    look()
    // The other file of the pair comes a moment later.
    scratch.write("22", to: "b")
    look()
    look()
    #expect(looks == [false, false, false, false, true])
  }

  @Test func whatWasRefusedIsReadOnce() {
    let inForce = files()
    var changes = FileChanges()
    scratch.write("1", to: "a")
    var looks = (0..<2).map { _ in changes.look(files(), inForce: inForce) }
    changes.refuse()
    looks += (0..<2).map { _ in changes.look(files(), inForce: inForce) }
    scratch.append("2", to: "a")
    looks += (0..<2).map { _ in changes.look(files(), inForce: inForce) }
    #expect(looks == [false, true, false, false, false, true])
  }

  /// As Kubernetes swaps the files of a secret.
  @Test func aSwappedLinkIsAChange() {
    scratch.write("1", to: "one")
    scratch.write("1", to: "two")
    #expect(symlink(scratch.file("one"), scratch.file("a")) == 0)
    let inForce = files()
    var changes = FileChanges()
    #expect(symlink(scratch.file("two"), scratch.file("new")) == 0)
    #expect(rename(scratch.file("new"), scratch.file("a")) == 0)
    let looks = (0..<2).map { _ in changes.look(files(), inForce: inForce) }
    #expect(looks == [false, true])
  }
}
