import Support

/// What to ask the table next; pure, so that time is a parameter.
///
/// LiteLLM inserts rows when their requests have ended, some at a time, so a row may come after
/// others that began later. Behind the cursor, rows are therefore looked for again and again, as far
/// back as a request may last; what comes twice is known by its id.
struct SpendLogPlan {
  enum Action: Equatable {
    /// The next page after the cursor.
    case forward(after: SpendLogCursor)
    /// A page of what was inserted behind the cursor since `created`.
    case late(after: SpendLogCursor, upTo: SpendLogCursor, created: Timestamp)
    case wait(TimeSpan)
  }

  /// How long after its start a row is still looked for.
  static let overlap = TimeSpan.hours(1)
  /// From one look for new rows to the next.
  static let interval = TimeSpan.seconds(2)
  /// From one look for late rows to the next, at least.
  static let lateInterval = TimeSpan.seconds(15)
  /// Looking for late rows takes at most one part in so many of the time.
  static let lateShare: Int64 = 50
  /// `created_at` is when the inserting transaction began; it may have lasted so long.
  static let transaction = TimeSpan.minutes(2)

  /// After the last row that was read in order.
  private(set) var cursor: SpendLogCursor
  /// Rows that began before are not wanted.
  private let floor: Timestamp
  /// Whether all that was there has been read since the start.
  private(set) var isCaughtUp = false
  private var nextForward: Timestamp?
  private var nextLate: Timestamp?
  /// A look for late rows: where it stands, how far it goes.
  private var late: (after: SpendLogCursor, upTo: SpendLogCursor, created: Timestamp)?
  private var lateBegan: Timestamp?
  /// Up to when late rows have been looked for.
  private var looked: Timestamp
  private var failures: Int64 = 0
  private var notBefore: Timestamp?

  /// Goes on after `cursor`. What came late behind it is looked for first, unless it is so old that
  /// nobody remembers what was counted: `remembered` is as far back as that goes.
  init(cursor: SpendLogCursor, floor: Timestamp, remembered: Timestamp, now: Timestamp) {
    self.cursor = cursor
    self.floor = floor
    looked = now
    let window = Self.window(of: cursor, floor: floor)
    if window.start >= remembered { late = (window, cursor, window.start - Self.transaction) }
  }

  /// `steady` is a clock that nobody sets.
  func next(steady: Timestamp) -> Action {
    if let notBefore, notBefore > steady { return .wait(notBefore - steady) }
    if let late { return .late(after: late.after, upTo: late.upTo, created: late.created) }
    guard let nextForward, nextForward > steady else { return .forward(after: cursor) }
    guard let nextLate else { return .wait(nextForward - steady) }
    if nextLate <= steady {
      let window = Self.window(of: cursor, floor: floor)
      return .late(after: window, upTo: cursor, created: looked - Self.transaction)
    }
    return .wait(min(nextForward, nextLate) - steady)
  }

  /// Where a row that is still looked for may begin.
  private static func window(of cursor: SpendLogCursor, floor: Timestamp) -> SpendLogCursor {
    SpendLogCursor(start: max(cursor.start - overlap, floor), id: "")
  }

  /// The answer to `.forward` came; `last` is nil if it was empty.
  mutating func didForward(last: SpendLogCursor?, isFull: Bool, steady: Timestamp) {
    recover()
    if let last { cursor = last }
    nextForward = isFull ? nil : steady + Self.interval
    guard !isFull, !isCaughtUp else { return }
    isCaughtUp = true
    nextLate = steady + Self.lateInterval
  }

  /// The answer to `action`, a look for late rows, came; it was asked at `asked` and `now`.
  mutating func didLate(
    _ action: Action, last: SpendLogCursor?, isFull: Bool, asked: Timestamp, steady: Timestamp,
    now: Timestamp
  ) {
    recover()
    guard case .late(_, let upTo, let created) = action else { return }
    let began = lateBegan ?? asked
    if isFull, let last {
      (late, lateBegan) = ((last, upTo, created), began)
      return
    }
    (late, lateBegan) = (nil, nil)
    looked = now - (steady - began)
    let pause = TimeSpan(microseconds: (steady - began).microseconds * Self.lateShare)
    if isCaughtUp { nextLate = steady + max(Self.lateInterval, pause) }
  }

  /// Nothing came; the next attempt is later each time, at most a minute.
  mutating func didFail(steady: Timestamp) {
    failures = min(failures + 1, 7)
    notBefore = steady + min(.minutes(1), .seconds(1 << (failures - 1)))
  }

  private mutating func recover() { (failures, notBefore) = (0, nil) }
}
