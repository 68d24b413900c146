import Ledger
import Support

extension LedgerOptions {
  static let section = Section(
    blank: LedgerOptions(),
    keys: [
      Key(
        "url", url, \.path, change: .byRestart,
        "The SQLite database: `sqlite:///an/absolute/path`, or `sqlite:path` beside this file."),
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
      let areSound = decoder.isSound(mapping["detail"]) && decoder.isSound(mapping["retention"])
      guard areSound, options.detail > options.retention else { return }
      let message =
        "detail (\(Quantity.text(options.detail))) is longer than retention"
        + " (\(Quantity.text(options.retention)))"
      let mark = mapping["detail"]?.node.mark ?? mapping["retention"]?.node.mark
      decoder.complain(mark ?? mapping.mark, "\(mapping.path): \(message)")
    })

  private static let url = Kind<String>.scalar(
    "URL", expected: "a URL such as sqlite:///var/lib/sidelight/ledger.db",
    show: { .text($0.hasPrefix("/") ? "sqlite://\($0)" : "sqlite:\($0)") }
  ) { text, decoder throws(Complaint) in
    if text.hasPrefix("postgres:") || text.hasPrefix("postgresql:") {
      // Not repeated: such a URL may hold a password.
      throw Complaint("PostgreSQL is not supported by this version, expected sqlite:///…")
    }
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
