import Glibc
package import Ledger
package import Postgres
package import Support

/// The thread that carries the spool to the shared ledger.
///
/// `@unchecked Sendable`: after `init`, everything but `board` and `isStopping`, which are
/// safe from any thread, is touched only by the one thread that calls `run`.
package final class Forwarder: @unchecked Sendable {
  /// Where and as whom.
  package struct Settings: Sendable {
    package var database: PostgresOptions
    package var instance: String
    package var ledger: LedgerOptions
    package var secret: [UInt8]
    package var writer: CostLedger.Writer
    /// The last row of the spool when the ledger was opened.
    package var known: Int64

    package init(
      database: PostgresOptions, instance: String, ledger: LedgerOptions, secret: [UInt8],
      writer: CostLedger.Writer, known: Int64
    ) {
      self.database = database
      self.instance = instance
      self.ledger = ledger
      self.secret = secret
      self.writer = writer
      self.known = known
    }
  }

  package let board: SharedBoard
  private let settings: Settings
  private let clock: WallClock
  private let onApplied: @Sendable () -> Void
  private let isStopping = Locked(Timestamp?.none)

  private var writer: CostLedger.Writer
  private var shared: SharedLedger?
  private var spool: SpoolReader?
  private var applied: Int64 = 0
  private var gate = LogGate()
  private var failures = 0
  private var lastBeat = Timestamp(microseconds: 0)
  private var pause = TimeSpan.milliseconds(0)
  private var generator = SystemRandomNumberGenerator()

  /// Requests and bytes in one transaction.
  private static let groupRequests = 20_000
  private static let groupBytes = 8 << 20
  /// Between two groups, unless more waits than one holds: a few large transactions are cheaper for
  /// the database than many small ones.
  private static let interval = TimeSpan.milliseconds(500)
  private static let longestPause = TimeSpan.seconds(5)
  private static let beat = TimeSpan.seconds(5)
  private static let timer = WallClock.monotonic

  /// `onApplied` is called, on its thread, when the board has news for the local ledger.
  package init(
    _ settings: Settings, board: SharedBoard, clock: WallClock,
    onApplied: @escaping @Sendable () -> Void
  ) {
    self.settings = settings
    self.board = board
    self.clock = clock
    self.onApplied = onApplied
    writer = settings.writer
  }

  /// Has it end: what waits is still forwarded, for so long, if the database answers.
  package func stop(within limit: TimeSpan) {
    isStopping.withLock { $0 = Self.timer.now() + limit }
    board.wakeup.send()
  }

  private var mustEnd: Bool { isStopping.withLock { $0 }.map { Self.timer.now() >= $0 } ?? false }
  private var isEnding: Bool { isStopping.withLock { $0 } != nil }

  /// Forwards until `stop`; to be called on a thread of its own.
  package func run() {
    while !mustEnd {
      do throws(SharedLedgerError) {
        let hasMore = try step()
        failures = 0
        if isEnding, !hasMore { break }
        if !hasMore { rest(max(Self.interval, pause)) }
      } catch {
        if isEnding { break }
        fail(error)
      }
    }
    shared?.leave()
    shared = nil
    spool = nil
  }

  /// Connects, or forwards a group. True if more waits.
  private func step() throws(SharedLedgerError) -> Bool {
    if spool == nil {
      spool = try local { () throws(LedgerError) in try SpoolReader(path: settings.ledger.path) }
    }
    guard let spool else { return false }
    if shared == nil { try connect(spool) }
    guard let shared else { return false }
    let rows = try local { () throws(LedgerError) in
      try spool.rows(
        after: applied, requests: Self.groupRequests, bytes: Self.groupBytes)
    }
    if Self.timer.now() - lastBeat >= Self.beat {
      try shared.beat()
      lastBeat = Self.timer.now()
    }
    guard let last = rows.last else { return false }
    let begun = Self.timer.now()
    let outcome = try apply(rows, to: shared, spool)
    pause = min(
      Self.longestPause, TimeSpan(microseconds: (Self.timer.now() - begun).microseconds * 4))
    note(outcome, rows, upTo: last.number)
    return board.current.last > applied && Self.isFull(rows)
  }

  private static func isFull(_ rows: [SpoolReader.Row]) -> Bool {
    rows.reduce(0) { $0 + ($1.batch?.requests.count ?? 0) } >= groupRequests / 2
      || rows.reduce(0) { $0 + $1.size } >= groupBytes / 2
  }

  /// A group whose values the database refuses is sent row by row, and the one at fault left out.
  private func apply(
    _ rows: [SpoolReader.Row], to shared: SharedLedger, _ spool: SpoolReader
  ) throws(SharedLedgerError) -> SharedLedger.Outcome {
    do throws(SharedLedgerError) {
      return try repeating { () throws(SharedLedgerError) in
        try shared.apply(rows, from: spool, now: clock.now())
      }
    } catch {
      guard error.isAboutData else { throw error }
    }
    var outcome = SharedLedger.Outcome()
    for row in rows {
      do throws(SharedLedgerError) {
        let part = try repeating { () throws(SharedLedgerError) in
          try shared.apply([row], from: spool, now: clock.now())
        }
        outcome.requests += part.requests
        outcome.duplicates += part.duplicates
      } catch {
        guard error.isAboutData else { throw error }
        Log.error("row \(row.number) of the spool is left out: \(error)")
        try shared.skip(row.number)
        board.update { $0.dropped += Int64(row.batch?.requests.count ?? 0) }
      }
    }
    return outcome
  }

  /// What the database wants repeated is repeated.
  private func repeating<Value>(
    _ body: () throws(SharedLedgerError) -> Value
  ) throws(SharedLedgerError) -> Value {
    var attempts = 0
    while true {
      attempts += 1
      do throws(SharedLedgerError) { return try body() } catch {
        guard case .database(let cause) = error, let state = cause.state, attempts < 8,
          state.asksForRepetition, !isEnding
        else { throw error }
        usleep(useconds_t.random(in: 1000...(10_000 << UInt32(attempts)), using: &generator))
      }
    }
  }

  private func connect(_ spool: SpoolReader) throws(SharedLedgerError) {
    let first = try local { () throws(LedgerError) in
      try spool.rows(after: applied, requests: 1, bytes: 1).first?.number
    }
    let made = try SharedLedger(
      settings.database,
      member: SharedLedger.Member(instance: settings.instance, writer: writer),
      next: first ?? board.current.last + 1, known: max(settings.known, applied),
      detail: settings.ledger.detail,
      isCancelled: { [weak self] in self?.mustEnd ?? true })
    let secret = try made.secret(offering: settings.secret)
    writer = made.member.writer
    applied = made.applied
    let confirmed = writer
    let reached = applied
    board.update { board in
      board.isConnected = true
      board.writer = confirmed
      board.applied = max(board.applied, reached)
      if secret != settings.secret { board.secret = secret }
    }
    lastBeat = Self.timer.now()
    shared = made
    Log.info("connected to the shared ledger at \(made.place) as \(settings.instance.quoted)")
    onApplied()
  }

  private func note(
    _ outcome: SharedLedger.Outcome, _ rows: [SpoolReader.Row], upTo number: Int64
  ) {
    applied = number
    for row in rows where row.batch == nil {
      Log.error("\(SharedLedgerError.damaged(number: row.number))")
    }
    board.update { board in
      board.applied = number
      board.requests += Int64(outcome.requests)
      board.duplicates += Int64(outcome.duplicates)
    }
    onApplied()
  }

  private func fail(_ error: SharedLedgerError) {
    failures += 1
    if let held = gate.pass(error.kind, now: Self.timer.now()) {
      Log.warn(held == 0 ? "\(error)" : "\(error) (and \(held) like it before)")
    }
    // A new connection is the way out of everything.
    shared = nil
    board.update { $0.isConnected = false }
    if case .local = error { spool = nil }
    rest(delay(after: error))
  }

  /// Longer from time to time, and not all sidecars at once; a name that is taken is asked for
  /// again when its holder may have fallen silent.
  private func delay(after error: SharedLedgerError) -> TimeSpan {
    let base: Int64
    switch error {
    case .replaced, .nameTaken, .newerSchema, .noRights: base = 10_000
    case .database, .local, .damaged: base = min(10_000, 100 << min(failures, 7))
    }
    return .milliseconds(base + Int64.random(in: 0...base / 4, using: &generator))
  }

  /// Waits for so long, or until it has to end; what is spooled meanwhile goes together.
  private func rest(_ span: TimeSpan) {
    let deadline = Self.timer.now() + span
    while !isEnding {
      let left = (deadline - Self.timer.now()).microseconds / 1000
      guard left > 0 else { return }
      var request = pollfd(fd: board.wakeup.descriptor, events: Int16(POLLIN), revents: 0)
      if poll(&request, 1, Int32(min(left, 1000))) > 0 { board.wakeup.drain() }
    }
  }
}

extension SharedLedgerError {
  /// The same values would be refused again.
  fileprivate var isAboutData: Bool {
    if case .database(let error) = self { error.state?.isAboutData ?? false } else { false }
  }

  /// Which messages are alike.
  fileprivate var kind: String {
    switch self {
    case .database(let error): error.state?.code ?? "connection"
    case .local: "local"
    case .newerSchema: "schema"
    case .noRights: "rights"
    case .nameTaken: "name"
    case .replaced: "replaced"
    case .damaged: "damaged"
    }
  }
}
