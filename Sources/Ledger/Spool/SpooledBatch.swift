package import Record
package import Support
package import Tally

/// What one commit has for the shared ledger. Labels are ids of the local ledger.
package struct SpooledBatch: Sendable {
  /// A counted request: what it adds to the sums, and its own row.
  package struct Request: Sendable {
    package var identity: Identity
    package var end: Timestamp
    package var key: RollupKey
    package var sums: RollupSums
    /// 0: nobody's.
    package var user: UInt32 = 0
    package var endUser: UInt32 = 0
    package var tags: [UInt32] = []
    package var row = Row()
    package var shares: [Share] = []
  }

  /// What a request's own row holds besides.
  package struct Row: Sendable {
    package var attemptStart: Int64?
    package var firstToken: Int64?
    package var isLate = false
    package var isCached = false
    package var servedRoute: UInt32 = 0
    package var deployment: UInt32 = 0
    package var attempts: Int64 = 0
    package var retries: Int64 = 0
    package var fallbacks: Int64 = 0
    package var firstProvider: UInt32 = 0
    package var firstModel: UInt32 = 0
    package var reason: Int64?
    package var input: Int64 = 0
    package var output: Int64 = 0
    package var cost: Int64?
    package var id = ""
    package var trace = ""
  }

  /// A budget's scope that requests of the batch belong to.
  package struct Scope: Sendable, Equatable {
    /// What identifies the budget.
    package var budget: String
    /// The value of its `per`, or the empty one.
    package var text: String
    /// The length of its periods, which says how fast its rate fades; 0 of a rolling window.
    package var period: TimeSpan

    package init(budget: String, text: String, period: TimeSpan) {
      self.budget = budget
      self.text = text
      self.period = period
    }
  }

  /// What a request adds to one scope.
  package struct Share: Sendable, Equatable {
    /// The scope's place in the batch.
    package var scope: Int
    /// Of the period or step.
    package var start: Timestamp
    package var amount: Int64

    package init(scope: Int, start: Timestamp, amount: Int64) {
      self.scope = scope
      self.start = start
      self.amount = amount
    }
  }

  package var scopes: [Scope] = []
  package var requests: [Request] = []
  package var events: [LedgerEvent] = []

  static let version: UInt64 = 1
}

/// Reads what `SpoolWriter` wrote.
extension SpooledBatch {
  init(encoded: [UInt8]) throws(PackedReader.Damage) {
    let result = encoded.withUnsafeBytes { bytes -> Result<SpooledBatch, PackedReader.Damage> in
      do throws(PackedReader.Damage) {
        var reader = PackedReader(bytes)
        return .success(try SpooledBatch(&reader))
      } catch { return .failure(error) }
    }
    self = try result.get()
  }

  private init(_ reader: inout PackedReader) throws(PackedReader.Damage) {
    guard try reader.unsigned() == Self.version else { throw PackedReader.Damage() }
    for _ in 0..<(try reader.count()) {
      let (budget, text) = (try reader.text(), try reader.text())
      scopes.append(
        Scope(
          budget: reader.string(budget), text: reader.string(text),
          period: TimeSpan(microseconds: try reader.integer())))
    }
    for _ in 0..<(try reader.count()) {
      let time = Timestamp(microseconds: try reader.integer())
      let texts = (try reader.text(), try reader.text(), try reader.text())
      guard let kind = LedgerEvent.Kind(rawValue: reader.string(texts.0)) else { continue }
      events.append(
        LedgerEvent(
          time: time, kind: kind, subject: reader.string(texts.1),
          detail: .written(reader.string(texts.2))))
    }
    let count = try reader.count()
    requests.reserveCapacity(count)
    for _ in 0..<count { requests.append(try Request(&reader, scopes: scopes.count)) }
    guard reader.isAtEnd else { throw PackedReader.Damage() }
  }
}

extension SpooledBatch.Request {
  fileprivate init(
    _ reader: inout PackedReader, scopes: Int
  ) throws(PackedReader.Damage) {
    let start = Timestamp(microseconds: try reader.integer())
    identity = Identity(start: start, hash: try reader.unsigned())
    end = start + TimeSpan(microseconds: try reader.integer())
    let flags = try reader.unsigned()
    key = RollupKey(
      quarter: Int32(clamping: end.microseconds / RollupKey.quarterMicroseconds),
      status: try reader.id(), provider: try reader.id(), model: try reader.id(),
      route: try reader.id(), powerLevel: try reader.id(), key: try reader.id(),
      team: try reader.id(), extras: try reader.id())
    sums = try RollupSums(&reader)
    user = try reader.id()
    endUser = try reader.id()
    for _ in 0..<(try reader.count()) { tags.append(try reader.id()) }
    row = try SpooledBatch.Row(&reader, flags: flags, start: start)
    for _ in 0..<(try reader.count()) {
      let scope = try reader.id()
      guard scope < scopes else { throw PackedReader.Damage() }
      shares.append(
        SpooledBatch.Share(
          scope: Int(scope), start: Timestamp(microseconds: try reader.integer()),
          amount: try reader.integer()))
    }
  }
}

extension RollupSums {
  fileprivate init(_ reader: inout PackedReader) throws(PackedReader.Damage) {
    self.init()
    // A bit for each that is not 0.
    let mask = try reader.unsigned()
    for place in 0..<Self.count where mask & 1 << UInt64(place) != 0 {
      self[place] = try reader.integer()
    }
  }
}

extension SpooledBatch.Row {
  enum Flag {
    static let late: UInt64 = 1
    static let cached: UInt64 = 2
    static let attemptStart: UInt64 = 4
    static let firstToken: UInt64 = 8
    static let reason: UInt64 = 16
    static let cost: UInt64 = 32
  }

  fileprivate init(
    _ reader: inout PackedReader, flags: UInt64, start: Timestamp
  ) throws(PackedReader.Damage) {
    isLate = flags & Flag.late != 0
    isCached = flags & Flag.cached != 0
    if flags & Flag.attemptStart != 0 {
      attemptStart = start.microseconds &+ (try reader.integer())
    }
    if flags & Flag.firstToken != 0 { firstToken = start.microseconds &+ (try reader.integer()) }
    if flags & Flag.reason != 0 { reason = try reader.integer() }
    if flags & Flag.cost != 0 { cost = try reader.integer() }
    (servedRoute, deployment) = (try reader.id(), try reader.id())
    attempts = try reader.integer()
    retries = try reader.integer()
    fallbacks = try reader.integer()
    (firstProvider, firstModel) = (try reader.id(), try reader.id())
    (input, output) = (try reader.integer(), try reader.integer())
    let texts = (try reader.text(), try reader.text())
    (id, trace) = (reader.string(texts.0), reader.string(texts.1))
  }
}
