import Record
import Support
import TestSupport

@testable import Source

/// However lines are put into batches and whenever the process dies between them, the same requests
/// come out, and every cost once.
enum SettlementProperties {
  static func check(_ input: [UInt8]) throws(Violation) {
    let lines = lines(of: input)
    var cost: Int64 = 0
    let decoding = Decoding()
    for line in lines {
      decoding.batch.removeAll()
      let result = decoding.add(line)
      try NativeProperties.checkRecords(of: decoding.batch, result)
      for record in decoding.batch.requests { cost += record.cost?.nanodollars ?? 0 }
    }
    let seed = chances(of: input)
    let steady = settled(lines, seed, restarts: false)
    let restarted = settled(lines, seed, restarts: true)
    try hold(restarted.told, is: steady.told, "a restart changes what is settled")
    try hold(steady.cost, is: cost, "costs are lost or counted twice")
    let together = settled(lines, seed, restarts: false, waits: true)
    try hold(together.cost, is: cost, "costs are lost or counted twice in one batch")
  }

  private struct Settled {
    var told: [String] = []
    var cost: Int64 = 0
  }

  /// Decodes and settles line by line, with the clock moving on at times; or all at once.
  private static func settled(
    _ lines: [[UInt8]], _ seed: SeededRandom, restarts: Bool, waits: Bool = false
  ) -> Settled {
    var random = seed
    var fate = seed
    var ledger: [[UInt8]: WaitingFailure] = [:]
    var settlement = makeSettlement([])
    var settled = Settled()
    let decoding = Decoding()
    for line in lines {
      decoding.add(line)
      if waits { continue }
      settlement.settle(&decoding.batch)
      let horizon = noon - .milliseconds(Int64.random(in: 0...86_400_000, using: &random))
      if Int.random(in: 0..<4, using: &random) == 0 {
        settlement.expire(&decoding.batch, horizon: horizon)
      }
      take(&decoding.batch, into: &settled)
      let changes = settlement.takeChanges()
      for id in changes.removed { ledger[id] = nil }
      for entry in changes.saved { ledger[entry.callID] = entry }
      if restarts, Int.random(in: 0..<3, using: &fate) == 0 {
        settlement = makeSettlement(Array(ledger.values))
      }
    }
    if waits { settlement.settle(&decoding.batch) }
    settlement.settleAll(&decoding.batch)
    take(&decoding.batch, into: &settled)
    settled.told.sort()
    return settled
  }

  private static func makeSettlement(_ restored: [WaitingFailure]) -> Settlement {
    Settlement(
      settleAfter: [.minutes(2)], metadataNames: Decoding.names, restored: restored)
  }

  private static func take(_ batch: inout RecordBatch, into settled: inout Settled) {
    for record in batch.requests where record.form != .void {
      settled.told.append(batch.told(record))
      settled.cost += record.cost?.nanodollars ?? 0
    }
    for record in batch.attempts { settled.told.append(batch.told(record)) }
    batch.removeAll()
  }
}
