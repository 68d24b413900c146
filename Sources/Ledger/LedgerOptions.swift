package import Support

/// `ledger:` in the configuration.
package struct LedgerOptions: Sendable, Equatable {
  /// The database file: the ledger, or what is this sidecar's own beside a shared one; from `url: sqlite:///var/lib/sidelight/ledger.db`.
  package var path = "/var/lib/sidelight/ledger.db"
  /// The PostgreSQL database that is shared with other sidecars, if there is one: `postgres://…`.
  package var shared: String?
  /// For it, in place of one in its URL.
  package var password: String?
  /// How many bytes may wait for it.
  package var spoolSize: Int64 = 1 << 30
  /// How long roll-ups are kept.
  package var retention = TimeSpan.days(400)
  /// How long single requests are kept.
  package var detail = TimeSpan.days(7)
  /// How many bytes single requests may take, oldest dropped first.
  package var detailSize: Int64 = 1 << 30
  /// How long identities are remembered, so that a repeated event is known.
  package var dedup = TimeSpan.days(7)
  /// The longest that a read line waits for its commit under load.
  package var commitInterval = TimeSpan.milliseconds(50)

  /// Every default.
  package init() {}
}
