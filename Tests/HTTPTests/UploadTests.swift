import Testing

@testable import HTTP

@Suite struct UploadTests {
  private func receive(_ upload: inout Upload, _ count: Int) -> Upload.Verdict {
    [UInt8](repeating: 7, count: count).withUnsafeBytes { upload.receive($0) }
  }

  @Test func keepsUpToTheLimit() {
    var upload = Upload(limit: 10, discard: 0, refusal: nil)
    #expect(receive(&upload, 4) == .goOn)
    #expect(receive(&upload, 6) == .goOn)
    #expect(upload.bytes == [UInt8](repeating: 7, count: 10))
    #expect(upload.refusal == nil)
    #expect(receive(&upload, 1) == .hangUp)
  }

  @Test func throwsTheRestAwayAndAnswers413() {
    var upload = Upload(limit: 10, discard: 8, refusal: nil)
    #expect(receive(&upload, 8) == .goOn)
    #expect(receive(&upload, 3) == .goOn)
    #expect(upload.bytes == [])
    #expect(
      upload.refusal
        == .error(413, "body_too_large", "the body is longer than the 10 bytes taken here"))
    #expect(receive(&upload, 5) == .goOn)
    #expect(receive(&upload, 1) == .hangUp)
  }

  @Test func keepsNothingOfARefusedBody() {
    let refusal = HTTPResponse.error(401, "unauthorized", "no")
    var upload = Upload(limit: 10, discard: 8, refusal: refusal)
    #expect(receive(&upload, 8) == .goOn)
    #expect(upload.bytes == [])
    #expect(upload.refusal == refusal)
    #expect(receive(&upload, 1) == .hangUp)
  }
}
