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

  private func upload(_ room: UploadRoom, announced: Int = 0) -> Upload {
    Upload(
      Upload.Limits(keep: 1 << 20, discard: 1 << 20, refusal: nil, announced: announced),
      room: room)
  }

  @Test func anAnnouncedBodyIsRefusedBeforeItComes() {
    let room = UploadRoom(bytes: 100_000)
    var first = upload(room, announced: 60_000)
    #expect(first.refusal == nil)
    do {
      var second = upload(room, announced: 60_000)
      #expect(second.refusal?.status == 429 && second.refusal?.headers["Retry-After"] == "1")
      #expect(receive(&second, 60_000) == .goOn)
      #expect(second.bytes == [])
    }
    #expect(receive(&first, 60_000) == .goOn)
    #expect(first.bytes.count == 60_000 && first.refusal == nil)
    // What needs no room is taken all the same.
    #expect(upload(room, announced: Upload.free).refusal == nil)
    // Its own room is all that it used.
    #expect(upload(room, announced: 40_000 + 2 * Upload.free).refusal == nil)
    #expect(upload(room, announced: 40_001 + 2 * Upload.free).refusal?.status == 429)
  }

  @Test func roomIsGivenBack() {
    let room = UploadRoom(bytes: 100_000)
    for _ in 0..<3 {
      var body = upload(room)
      #expect(receive(&body, 100_000) == .goOn)
      #expect(body.refusal == nil)
    }
    for _ in 0..<3 {
      var body = upload(room, announced: 200_000)
      #expect(receive(&body, 1) == .goOn)
      #expect(body.refusal?.status == 429)
    }
    #expect(upload(room, announced: 100_000).refusal == nil)
  }

  @Test func aBodyOfUnknownSizeIsRefusedWhereRoomEnds() {
    let room = UploadRoom(bytes: 10_000)
    var body = upload(room)
    #expect(receive(&body, Upload.free + 10_000) == .goOn)
    #expect(body.refusal == nil && body.bytes.count == Upload.free + 10_000)
    #expect(receive(&body, 1) == .goOn)
    #expect(body.refusal?.status == 429 && body.bytes == [])
    #expect(upload(room, announced: 10_000).refusal == nil)
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
