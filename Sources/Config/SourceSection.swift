import Postgres
import Source
import Support

extension SourceOptions {
  /// `file:`, nil for another input.
  var file: String? {
    get { if case .files(let glob) = input { glob } else { nil } }
    set { if let newValue { input = .files(glob: newValue) } }
  }

  /// `stdin:`, nil for another input.
  var stdin: Bool? {
    get { input == .standardInput ? true : nil }
    set { if newValue == true { input = .standardInput } }
  }

  /// `spend_logs:`, nil for another input.
  var spendLogs: SpendLogsURL? {
    get { if case .spendLogs(let url) = input { SpendLogsURL(url: url) } else { nil } }
    set { if let newValue { input = .spendLogs(url: newValue.url) } }
  }

  static let section = Section(
    blank: SourceOptions(input: .files(glob: "")),
    keys: [
      Key(
        optional: "file", .path("glob", expected: "files such as /var/log/sidelight/*.jsonl"),
        \.file, fallback: "required, or `stdin` or `spend_logs`",
        "The log to read: a file, or a pattern with `*`, `?` and `[…]` for several."),
      Key(
        optional: "stdin", .flag, \.stdin, fallback: "false",
        "Reads standard input instead of a file."),
      Key(
        optional: "spend_logs", SpendLogsURL.kind, \.spendLogs,
        "Reads LiteLLM's own database instead, `postgres://user@host/database` with any parameter of"
          + " libpq."),
      Key(
        secret: "password", Secret { _ in }, \.password,
        "Of that database, if it is neither in the URL nor in libpq's `PGPASSFILE`."),
      Key(
        "format", .choice(), \.format,
        "What the lines are; `auto` tells them apart one by one."),
      Key(
        "settle_after",
        .duration(
          .seconds(1) ... .hours(24), "a failure is reported late by this much"),
        \.settleAfter,
        "How long a failed payload waits for the success that may follow it, and, beside native "
          + "lines, a payload for its native copy."),
      Key(
        "start", .choice(), \.start,
        "Where to begin in a file that was never read before."),
      Key(
        "max_line",
        .size(1 << 10...64 << 20, "each source keeps one line in memory"), \.maxLine,
        "Longer lines are counted as rejected and skipped."),
      Key("rotate", section: rotationSection, \.rotation),
    ],
    check: { options, mapping, decoder in
      if let spendLogs = mapping["spend_logs"] {
        return checkSpendLogs(options, spendLogs, mapping, &decoder)
      }
      if let password = mapping["password"] ?? mapping["password_file"] {
        decoder.complain(password, "given without spend_logs")
      }
      let hasFile = mapping["file"] != nil
      if hasFile, options.stdin == true, let stdin = mapping["stdin"] {
        decoder.complain(stdin, "given together with file, expected one of them")
      } else if options.stdin == true, options.rotation.size != nil, let rotate = mapping["rotate"]
      {
        decoder.complain(rotate, "given for stdin, which has no file to rotate")
      } else if !hasFile, options.stdin != true, decoder.isSound(mapping["stdin"]) {
        decoder.complain(
          mapping.mark,
          "\(mapping.path) names nothing to read, expected file, stdin: true or spend_logs")
      }
    })

  private static func checkSpendLogs(
    _ options: SourceOptions, _ field: Field, _ mapping: Mapping, _ decoder: inout ConfigDecoder
  ) {
    for name in ["file", "stdin", "format", "rotate"] {
      if let other = mapping[name] {
        decoder.complain(other, "given together with spend_logs, which is no log")
      }
    }
    // A variable keeps a password out of the file.
    if let url = options.spendLogs?.url, (try? PostgresURL(url))?.hasPassword == true,
      case .scalar(let raw, _) = field.node.content, raw == url
    {
      decoder.secretFiles.append(decoder.file)
    }
  }

  private static let rotationSection = Section(
    blank: SourceOptions.Rotation(),
    keys: [
      Key(
        optional: "size",
        .size(1 << 20...1 << 40, "each rotation costs the writer a reopening"), \.size,
        "A file as large as this is renamed to `NAME.1` once it was read to its end."),
      Key(
        "keep", .count(0...32, "they are followed all the time"), \.keep,
        "How many renamed files stay; the others are deleted once nobody writes to them."),
    ])

  /// Tells of sources that would read the same, and if there would be nothing to read at all.
  static func check(
    _ sources: [SourceOptions], takesPushes: Bool, _ mapping: Mapping,
    _ decoder: inout ConfigDecoder
  ) {
    guard let field = mapping["sources"], case .sequence(let nodes) = field.node.content else {
      return
    }
    if nodes.isEmpty, !takesPushes {
      decoder.complain(
        field, "is empty, expected at least one entry, or web.token for what is pushed")
    }
    var first: [String: Int] = [:]
    // Without a name is what could not be read.
    for (index, (source, node)) in zip(sources, nodes).enumerated() where !source.name.isEmpty {
      guard let other = first[source.name] else {
        first[source.name] = index
        continue
      }
      decoder.complain(
        node.mark, "sources[\(index)] reads \(source.name.quoted), as sources[\(other)] does")
    }
  }
}

/// `spend_logs:`.
struct SpendLogsURL: Equatable, Sendable {
  var url: String

  static let kind = Kind<SpendLogsURL>.scalar(
    "URL", expected: "a URL such as postgres://user@host/database",
    show: { .text((try? PostgresURL($0.url))?.redacted ?? "postgres:…") }
  ) { text, _ throws(Complaint) in
    guard text.hasPrefix("postgres:") || text.hasPrefix("postgresql:") else { return nil }
    do throws(PostgresURL.Problem) {
      _ = try PostgresURL(text)
      return SpendLogsURL(url: text)
    } catch { throw Complaint(error.reason) }
  }
}
