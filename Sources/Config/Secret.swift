import Support

/// How a secret is read: in place, or from the file that its `_file` key names.
///
/// No message ever shows what a secret is.
struct Secret: Sendable {
  /// More bytes than this are no secret but the wrong file.
  static let maximumBytes = 1 << 16

  /// Throws where the text cannot be such a secret.
  let check: @Sendable (String) throws(Complaint) -> Void

  /// What stands in an `Authorization: Bearer` header.
  static let bearerToken = Secret { text throws(Complaint) in
    guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw Complaint("holds characters that no token can have, only printable ASCII can be sent")
    }
  }

  func read(
    _ mapping: Mapping, _ name: String, _ fileName: String, _ decoder: inout ConfigDecoder
  ) -> String? {
    let inline = mapping[name]
    let file = mapping[fileName]
    if inline != nil, let file {
      decoder.complain(file, "given together with \(name), expected one of them")
    }
    if let inline {
      guard let text = decoder.text(inline, expected: "text") else { return nil }
      // A variable keeps it out of the file.
      if case .scalar(let raw, _) = inline.node.content, raw == text {
        decoder.secretFiles.append(decoder.file)
      }
      return checked(text, inline, &decoder)
    }
    guard let file, let named = decoder.text(file, expected: "the name of a file") else {
      return nil
    }
    let path = decoder.resolve(named)
    decoder.secretFiles.append(path)
    do {
      let bytes = try BoundedFile.read(path, limit: Self.maximumBytes)
      guard let text = String(validating: bytes, as: UTF8.self) else {
        decoder.complain(file, "\(path.quoted) is not UTF-8 text")
        return nil
      }
      return checked(text, file, &decoder)
    } catch {
      decoder.complain(file, "cannot read \(path.quoted): \(error.reason)")
      return nil
    }
  }

  private func checked(_ raw: String, _ field: Field, _ decoder: inout ConfigDecoder) -> String? {
    let start = raw.drop { $0.isWhitespace }
    let end = start.reversed().prefix { $0.isWhitespace }.count
    let text = String(start.dropLast(end))
    do throws(Complaint) {
      if text.isEmpty { throw Complaint("is empty") }
      try check(text)
      return text
    } catch {
      decoder.complain(field, error.text)
      return nil
    }
  }
}
