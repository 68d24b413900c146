import Ledger
import Postgres
import Support

extension LedgerOptions {
  static let section = Section(
    blank: LedgerOptions(),
    keys: [
      Key(
        "url", url, \.url, change: .byRestart,
        "The SQLite database: `sqlite:///an/absolute/path`, or `sqlite:path` beside this file."
          + " Or the PostgreSQL database that several sidecars share: `postgres://user@host/database`"
          + " with any parameter of libpq."),
      Key(
        secret: "password", Secret { _ in }, \.password,
        "For PostgreSQL, if it is neither in the URL nor in libpq's `PGPASSFILE`."),
      Key(
        optional: "local", .path("file", expected: "a file such as /var/lib/sidelight/ledger.db"),
        \.local, fallback: "/var/lib/sidelight/ledger.db", change: .byRestart,
        "With PostgreSQL, the SQLite file that this sidecar counts in first, and spools what it"
          + " forwards."),
      Key(
        "spool_size", .size(1 << 20...1 << 40, "a batch has to fit in"), \.spoolSize,
        change: .byRestart,
        "How much may wait in that file while PostgreSQL is away; what comes then is missing there."
      ),
      Key(
        "retention",
        .duration(.days(1) ... .days(3660), "budgets and reports need at least the last day"),
        \.retention, change: .byRestart, "How long roll-ups are kept."),
      Key(
        "detail", .duration(.seconds(0) ... .days(3660), "it cannot outlast the roll-ups"),
        \.detail, change: .byRestart, "How long single requests are kept."),
      Key(
        "detail_size", .size(1 << 20...1 << 40, "less would be dropped while it is written"),
        \.detailSize, change: .byRestart,
        "How much room single requests may take; the oldest are dropped first."),
      Key(
        "dedup",
        .duration(
          .hours(1) ... .days(90), "a repeat that comes later is counted again"),
        \.dedup, change: .byRestart, "How long an event is remembered, to know its repetition."),
      Key(
        "commit_interval",
        .duration(
          .milliseconds(1) ... .seconds(5), "metrics and budgets lag behind by this much"),
        \.commitInterval, change: .byRestart,
        "The longest that a line waits for its commit under load."),
    ],
    check: { options, mapping, decoder in
      checkShared(options, mapping, &decoder)
      let areSound = decoder.isSound(mapping["detail"]) && decoder.isSound(mapping["retention"])
      guard areSound, options.detail > options.retention else { return }
      let message =
        "detail (\(Quantity.text(options.detail))) is longer than retention"
        + " (\(Quantity.text(options.retention)))"
      let mark = mapping["detail"]?.node.mark ?? mapping["retention"]?.node.mark
      decoder.complain(mark ?? mapping.mark, "\(mapping.path): \(message)")
    })

  private static func checkShared(
    _ options: LedgerOptions, _ mapping: Mapping, _ decoder: inout ConfigDecoder
  ) {
    guard let url = options.shared, let field = mapping["url"],
      (try? PostgresURL(url))?.hasPassword == true
    else { return }
    // A variable keeps it out of the file.
    if case .scalar(let raw, _) = field.node.content, raw == url {
      decoder.secretFiles.append(decoder.file)
    }
  }

  private static let url = Kind<LedgerURL>.scalar(
    "URL", expected: "a URL such as sqlite:///var/lib/sidelight/ledger.db", show: \.shown
  ) { text, decoder throws(Complaint) in
    if text.hasPrefix("postgres:") || text.hasPrefix("postgresql:") {
      do throws(PostgresURL.Problem) {
        _ = try PostgresURL(text)
        return .postgres(text)
      } catch { throw Complaint(error.reason) }
    }
    return .sqlite(try path(text, decoder))
  }

  private static func path(
    _ text: String, _ decoder: ConfigDecoder
  ) throws(Complaint) -> String {
    if text.hasPrefix("/") { throw Complaint("did you mean \("sqlite://\(text)".quoted)?") }
    guard text.hasPrefix("sqlite:") else {
      throw Complaint("expected a URL such as sqlite:///var/lib/sidelight/ledger.db")
    }
    let path = text.dropFirst("sqlite:".count)
    if path.hasPrefix("///") { return try file(path.dropFirst(2)) }
    if path.hasPrefix("//") {
      let meant = "sqlite:/\(path)"
      throw Complaint("\(text.quoted) names a host, did you mean \(meant.quoted)?")
    }
    return try decoder.resolve(file(path))
  }

  private static func file(_ path: Substring) throws(Complaint) -> String {
    guard !path.isEmpty, !path.hasSuffix("/") else { throw Complaint("names no file") }
    guard !path.hasPrefix(":") else {
      throw Complaint("a ledger in memory would forget its counters, expected a file")
    }
    guard !path.contains("?") else {
      throw Complaint("parameters (\"?…\") are not supported, expected a file alone")
    }
    return String(path)
  }
}

/// What `ledger.url` names.
enum LedgerURL: Equatable, Sendable {
  /// The path of a file.
  case sqlite(String)
  case postgres(String)

  fileprivate var shown: ShownValue {
    switch self {
    case .sqlite(let path): .text(path.hasPrefix("/") ? "sqlite://\(path)" : "sqlite:\(path)")
    case .postgres(let url): .text((try? PostgresURL(url))?.redacted ?? "postgres:…")
    }
  }
}

extension LedgerOptions {
  fileprivate var url: LedgerURL {
    get { shared.map(LedgerURL.postgres) ?? .sqlite(path) }
    set {
      switch newValue {
      case .sqlite(let path): (self.path, shared) = (path, nil)
      case .postgres(let url): shared = url
      }
    }
  }

  /// Of a sidecar that shares its ledger.
  fileprivate var local: String? {
    get { shared == nil ? nil : path }
    set { if shared != nil, let newValue { path = newValue } }
  }
}
