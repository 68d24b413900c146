import Postgres
import Support
import TestSupport
import Testing

/// Statements, parameters, rows and copies, against a real server.
@Suite(.enabled(if: PostgresServer.isInstalled))
struct ConnectionTests {
  private func connect(_ change: (inout PostgresOptions) -> Void = { _ in }) throws
    -> PostgresConnection
  {
    var options = PostgresOptions(url: PostgresServer.shared.url)
    change(&options)
    return try PostgresConnection(options)
  }

  @Test func parametersAndRowsKeepTheirValues() throws {
    let database = try connect()
    let rows = try database.query(
      "SELECT $1::bigint, $2::text, $3::bytea, $4::float8, $5::bool, $6::text",
      [
        .integer(.min), PostgresValue(text: "é\0'; DROP"), .bytes([0, 0x5C, 0xFF]), .number(0.1),
        .flag(true), .null,
      ])
    #expect(rows.count == 1)
    #expect(rows.integer(0, 0) == .min)
    #expect(rows.text(0, 1) == "é\u{FFFD}'; DROP")
    #expect(rows.bytes(0, 2) == [0, 0x5C, 0xFF])
    #expect(rows.number(0, 3) == 0.1)
    #expect(rows.flag(0, 4))
    #expect(rows.isNull(0, 5))
    #expect(rows.integer(0, 5) == nil)
  }

  @Test func copiedRowsAreThere() throws {
    let database = try connect()
    try database.execute("CREATE TEMP TABLE t(a bigint, b integer, c text, d float8, e bigint)")
    var rows = CopyRows()
    let long = String(repeating: "€", count: 100_000)
    for number in 0..<5000 {
      rows.beginRow(columns: 5)
      rows.add(Int64(number) << 33)
      rows.add(Int32(-number))
      rows.add(number == 7 ? long : "x\ty\\\0")
      rows.add(Double(number) / 3)
      rows.add(optional: number % 2 == 0 ? nil : 1)
    }
    try database.copy(rows, into: "t(a, b, c, d, e)")
    let sums = try database.query(
      "SELECT count(*), sum(a), sum(b), count(e), max(c), max(d) FROM t WHERE c = 'x\ty\\�'")
    #expect(sums.integer(0, 0) == 4999)
    #expect(sums.integer(0, 1) == Int64(12_497_493) << 33)
    #expect(sums.integer(0, 2) == -12_497_493)
    #expect(sums.integer(0, 3) == 2499)
    #expect(sums.number(0, 5) == 4999.0 / 3)
    #expect(try database.query("SELECT c FROM t WHERE b = -7").text(0, 0) == long)
    try database.copy(CopyRows(), into: "t(a, b, c, d, e)")
  }

  @Test func aStatementIsPreparedOnce() throws {
    let database = try connect()
    for number in 0..<3 {
      #expect(
        try database.query("SELECT $1::int", [.integer(Int64(number))]).integer(0, 0)
          == Int64(number))
    }
    let prepared = try database.query("SELECT count(*) FROM pg_prepared_statements")
    #expect(prepared.integer(0, 0) == 2)
  }

  @Test func aFailedTransactionIsUndone() throws {
    let database = try connect()
    try database.execute("CREATE TEMP TABLE t(a bigint PRIMARY KEY)")
    let error = #expect(throws: PostgresError.self) {
      try database.transaction { () throws(PostgresError) in
        try database.execute("INSERT INTO t VALUES (1)")
        try database.execute("INSERT INTO t VALUES (1)")
      }
    }
    #expect(error?.state == .uniqueViolation)
    #expect(error?.state?.isAboutData == true)
    #expect(try database.query("SELECT count(*) FROM t").integer(0, 0) == 0)
  }

  @Test func aCopyThatIsRefusedLeavesTheConnectionOfUse() throws {
    let database = try connect()
    try database.execute("CREATE TEMP TABLE t(a bigint PRIMARY KEY)")
    var rows = CopyRows()
    for _ in 0..<2 {
      rows.beginRow(columns: 1)
      rows.add(Int64(1))
    }
    let error = #expect(throws: PostgresError.self) { try database.copy(rows, into: "t(a)") }
    #expect(error?.state == .uniqueViolation)
    let missing = #expect(throws: PostgresError.self) { try database.copy(rows, into: "u(a)") }
    #expect(missing?.state == .undefinedTable)
    #expect(try database.query("SELECT 1").integer(0, 0) == 1)
  }

  @Test func aStatementThatTakesTooLongIsEnded() throws {
    let database = try connect { $0.timeout = .milliseconds(200) }
    let error = #expect(throws: PostgresError.self) { try database.query("SELECT pg_sleep(30)") }
    #expect(error?.state == SQLState("57014"))
    #expect(try database.query("SELECT 1").integer(0, 0) == 1)
  }

  @Test func aReadOnlyConnectionWritesNothing() throws {
    let database = try connect { $0.isReadOnly = true }
    let error = #expect(throws: PostgresError.self) {
      try database.execute("CREATE TABLE nothing(a int)")
    }
    #expect(error?.state == .readOnly)
  }

  @Test func aServerThatOnlyReadsIsNotWrittenTo() throws {
    let server = PostgresServer.shared
    let url = server.makeDatabase("replica")
    try connect().execute("ALTER DATABASE replica SET default_transaction_read_only = on")
    let error = #expect(throws: PostgresError.self) {
      try PostgresConnection(PostgresOptions(url: url))
    }
    #expect("\(error.map { "\($0)" } ?? "")".contains("read-only"))
  }

  @Test func sessionsThatTheServerEndsAreLost() throws {
    let database = try connect()
    let id = try database.query("SELECT pg_backend_pid()").integer(0, 0) ?? 0
    _ = try connect().query("SELECT pg_terminate_backend($1::int)", [.integer(id)])
    let error = #expect(throws: PostgresError.self) { try database.query("SELECT 1") }
    guard case .lost = error else {
      Issue.record("\(error.map { "\($0)" } ?? "no error")")
      return
    }
    #expect(!database.isOpen)
  }
}

/// Servers that are not there, or not as they should be.
struct UnreachableTests {
  @Test func nobodyListens() {
    let error = #expect(throws: PostgresError.self) {
      try PostgresConnection(PostgresOptions(url: "postgres://user:secret@127.0.0.1:1/ledger"))
    }
    let text = error.map { "\($0)" } ?? ""
    #expect(text.hasPrefix("PostgreSQL at 127.0.0.1:1/ledger cannot be reached: "))
    #expect(!text.contains("secret"))
  }

  @Test func somebodyListensAndNeverAnswers() throws {
    let server = try #require(SilentServer())
    var options = PostgresOptions(url: "postgres://user@127.0.0.1:\(server.port)/ledger")
    options.connectTimeout = .milliseconds(150)
    let error = #expect(throws: PostgresError.self) { try PostgresConnection(options) }
    #expect(
      error
        == .unreachable(
          place: "127.0.0.1:\(server.port)/ledger", reason: "no answer within 150ms"))
  }

  @Test func whoIsCancelledWaitsNoLonger() throws {
    let server = try #require(SilentServer())
    let error = #expect(throws: PostgresError.self) {
      try PostgresConnection(
        PostgresOptions(url: "postgres://user@127.0.0.1:\(server.port)/ledger"),
        isCancelled: { true })
    }
    #expect(error == .cancelled)
  }

  @Test func urlsAreCheckedWithoutBeingRepeated() throws {
    for url in ["postgres://a:pass@h/d?x=1", "http://a:pass@b"] {
      let problem = #expect(throws: PostgresURL.Problem.self) { try PostgresURL(url) }
      #expect(problem?.reason.contains("pass") == false)
    }
    #expect(try PostgresURL("postgres://a@h:1,i:2/d").place == "h,i:1,2/d")
  }

  @Test func passwordsAreNotShown() throws {
    let url = try PostgresURL(
      "postgresql://me:s%40cret@db.example:5432/ledger?password=more&sslmode=require")
    #expect(url.place == "db.example:5432/ledger")
    #expect(url.hasPassword)
    #expect(
      url.redacted
        == "postgresql://me:<redacted>@db.example:5432/ledger?password=<redacted>&sslmode=require")
    let plain = try PostgresURL("postgres://me@db/ledger")
    #expect(!plain.hasPassword)
    #expect(plain.redacted == "postgres://me@db/ledger")
  }
}
