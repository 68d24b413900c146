import Postgres
import Support

/// Reads the table in a thread of its own, some pages ahead of who takes them.
///
/// A database that is slow or away keeps nobody waiting but this thread.
final class SpendLogReader: Sendable {
  /// Rows that were read with one statement.
  struct Page: Sendable {
    var rows: [SpendLogRow]
    /// Where reading goes on after it; nil for rows that came late.
    var cursor: SpendLogCursor?
  }

  /// Where the table is, and where to begin.
  struct Start: Sendable {
    var database: PostgresOptions
    var cursor: SpendLogCursor
    /// Rows that began before are not wanted.
    var floor: Timestamp
    /// How long it is known what was counted.
    var dedup: TimeSpan
  }

  private let exchange: Exchange
  private let thread: WorkerThread?

  /// Starts to read; `onArrival` is called from the thread when there is something to take or to
  /// tell.
  init(_ start: Start, onArrival: @escaping @Sendable () -> Void) {
    let exchange = Exchange(wakeup: Wakeup(), onArrival: onArrival)
    self.exchange = exchange
    thread = WorkerThread.start(name: "spend-logs") { Loop(start, exchange).run() }
    if thread == nil { exchange.fail("no thread is left for it") }
  }

  deinit {
    exchange.stop()
    thread?.join()
  }

  /// The next page; nil if none is there.
  func take() -> Page? { exchange.take() }

  /// Whether there is a page to take.
  var hasPages: Bool { exchange.hasPages }

  /// What keeps it from reading.
  var problem: String? { exchange.problem }
}

/// What the thread shares with the one that takes its pages.
private final class Exchange: Sendable {
  /// Pages that may wait: some thousand rows of some KiB.
  private static let mostPages = 4

  private struct State: Sendable {
    var pages: [SpendLogReader.Page] = []
    var problem: String?
    var isStopped = false
  }

  private let state = Locked(State())
  /// Wakes the thread; nil where there are no descriptors left, and it looks every second.
  private let wakeup: Wakeup?
  private let onArrival: @Sendable () -> Void

  init(wakeup: Wakeup?, onArrival: @escaping @Sendable () -> Void) {
    self.wakeup = wakeup
    self.onArrival = onArrival
  }

  var isStopped: Bool { state.withLock { $0.isStopped } }
  var hasRoom: Bool { state.withLock { $0.pages.count < Self.mostPages } }
  var hasPages: Bool { state.withLock { !$0.pages.isEmpty } }
  var problem: String? { state.withLock { $0.problem } }

  func stop() {
    state.withLock { $0.isStopped = true }
    wakeup?.send()
  }

  func take() -> SpendLogReader.Page? {
    let page = state.withLock { $0.pages.isEmpty ? nil : $0.pages.removeFirst() }
    if page != nil { wakeup?.send() }
    return page
  }

  func put(_ page: SpendLogReader.Page) {
    let hasNews = state.withLock { state in
      let hadProblem = state.problem != nil
      state.problem = nil
      guard page.cursor != nil || !page.rows.isEmpty else { return hadProblem }
      state.pages.append(page)
      return true
    }
    if hasNews { onArrival() }
  }

  func fail(_ problem: String) {
    let isNew = state.withLock { state in
      defer { state.problem = problem }
      return state.problem != problem
    }
    if isNew { onArrival() }
  }

  /// Waits so long, or until something has changed.
  func pause(_ span: TimeSpan) {
    let milliseconds = Int32(clamping: min(max(span.microseconds / 1000, 1), 1000))
    guard let wakeup else { return Pause.wait(-1, milliseconds) }
    Pause.wait(wakeup.descriptor, milliseconds)
    wakeup.drain()
  }
}

/// The thread's own: connection, statements, plan.
private struct Loop: ~Copyable {
  private let start: SpendLogReader.Start
  private let exchange: Exchange
  private var plan: SpendLogPlan
  private var connection: PostgresConnection?
  private var query: SpendLogQuery?
  private var seen = RecentRows()

  private static let timer = WallClock.monotonic

  init(_ start: SpendLogReader.Start, _ exchange: Exchange) {
    self.start = start
    self.exchange = exchange
    let now = WallClock.system.now()
    plan = SpendLogPlan(
      cursor: start.cursor, floor: start.floor,
      remembered: now - start.dedup + SpendLogPlan.overlap, now: now)
  }

  consuming func run() {
    while !exchange.isStopped {
      guard exchange.hasRoom else {
        exchange.pause(.seconds(1))
        continue
      }
      let action = plan.next(steady: Self.timer.now())
      if case .wait(let span) = action {
        exchange.pause(span)
        continue
      }
      do throws(PostgresError) {
        try perform(action)
      } catch {
        (connection, query) = (nil, nil)
        plan.didFail(steady: Self.timer.now())
        if error != .cancelled { exchange.fail("\(error)") }
      }
    }
  }

  private mutating func perform(_ action: SpendLogPlan.Action) throws(PostgresError) {
    let (connection, query) = try connected()
    let (asked, now) = (Self.timer.now(), WallClock.system.now())
    func time(_ time: Timestamp) -> PostgresValue { .integer(time.microseconds) }
    switch action {
    case .wait: return
    case .forward(let after):
      let rows = try connection.query(
        query.forward, [time(after.start), PostgresValue(text: after.id)])
      let page = read(rows)
      exchange.put(.init(rows: page.new, cursor: page.last))
      plan.didForward(
        last: page.last, isFull: rows.count == SpendLogQuery.page, steady: Self.timer.now())
    case .late(let after, let upTo, let created):
      let rows = try connection.query(
        query.late,
        [
          time(after.start), PostgresValue(text: after.id), time(upTo.start),
          PostgresValue(text: upTo.id), time(created),
        ])
      let page = read(rows)
      exchange.put(.init(rows: page.new, cursor: nil))
      plan.didLate(
        action, last: page.last, isFull: rows.count == SpendLogQuery.page, asked: asked,
        steady: Self.timer.now(), now: now)
    }
  }

  private mutating func connected() throws(PostgresError) -> (PostgresConnection, SpendLogQuery) {
    if let connection, let query { return (connection, query) }
    let connection = try PostgresConnection(start.database) { [exchange] in exchange.isStopped }
    let query = try SpendLogQuery(connection)
    (self.connection, self.query) = (connection, query)
    return (connection, query)
  }

  /// The rows that were not read before, and the last of all.
  private mutating func read(_ rows: PostgresRows) -> (new: [SpendLogRow], last: SpendLogCursor?) {
    var new: [SpendLogRow] = []
    var last: SpendLogCursor?
    for row in 0..<rows.count {
      let id = rows.text(row, 0)
      last = SpendLogCursor(
        start: Timestamp(microseconds: rows.integer(row, 1) ?? 0), id: id)
      guard seen.insert(rows.withText(row, 0) { hash64($0) }) else { continue }
      new.append(SpendLogRow(line: rows.withText(row, 2) { Array($0) }))
    }
    return (new, last)
  }
}

extension SpendLogQuery {
  /// Finds out which columns there are.
  init(_ connection: PostgresConnection) throws(PostgresError) {
    let rows = try connection.query(Self.columns)
    let columns = Set((0..<rows.count).map { rows.text($0, 0) })
    guard let query = SpendLogQuery(columns: columns) else {
      throw .refused(
        place: connection.place,
        reason: columns.isEmpty
          ? "there is no table LiteLLM_SpendLogs, or this user does not see it"
          : "LiteLLM_SpendLogs has no request_id, startTime or endTime")
    }
    self = query
  }
}

/// Ids of rows that were read lately, by their hashes; bounded.
struct RecentRows {
  private static let most = 250_000

  private var recent: Set<UInt64> = []
  private var older: Set<UInt64> = []

  /// False if it is known.
  mutating func insert(_ id: UInt64) -> Bool {
    if older.contains(id) { return false }
    guard recent.insert(id).inserted else { return false }
    if recent.count >= Self.most { (older, recent) = (recent, []) }
    return true
  }
}
