package import Support

/// Of which providers people were told that they are unhealthy.
extension CostLedger {
  /// Since when each was unhealthy.
  package func toldAlarms() throws(LedgerError) -> [String: Timestamp] {
    let query = try database.prepare("SELECT provider, since FROM alarm")
    var told: [String: Timestamp] = [:]
    while try query.step() {
      told[query.text(0)] = Timestamp(microseconds: query.integer(1))
    }
    return told
  }

  /// Replaces them, within the batch's transaction.
  package func write(toldAlarms told: [String: Timestamp]) throws(LedgerError) {
    try database.execute("DELETE FROM alarm")
    let insert = try database.prepare("INSERT INTO alarm(provider, since) VALUES(?, ?)")
    for (provider, since) in told {
      insert.bind(provider)
      insert.bind(since.microseconds)
      try insert.run()
    }
  }
}
