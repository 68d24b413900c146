package import Config
import Glibc
import HTTP
import Ledger
import Record
import Source
package import Support

/// Looks whether what the configuration names is there and can be used.
package enum Checker {
  /// A finding for each thing, in the order of the configuration. Nothing is changed.
  package static func findings(_ configuration: Configuration, now: Timestamp) async -> [Finding] {
    let ledger = Result { () throws(LedgerError) in
      try LedgerInspection(path: configuration.ledger.path)
    }
    let isRunning = (try? ledger.get())?.isInUse ?? false
    let priceList = configuration.pricesFile.flatMap { try? PriceBook(path: $0) }
    return [listening(configuration.web, isRunning: isRunning)]
      + access(configuration.web, now: now)
      + (await proxy(configuration.proxy, prices: priceList))
      + (configuration.sources.isEmpty
        ? [Finding(.ok, "sources", "none, only what is pushed counts")]
        : configuration.sources.map { source($0, now: now) })
      + [store(ledger, path: configuration.ledger.path)]
      + (configuration.ledger.database.map { [shared($0, configuration.instance)] } ?? [])
      + (configuration.pricesFile.map { [prices($0)] } ?? [])
      + configuration.allBudgets.prefix(20).map(budget)
      + (await ReceiverCheck.findings(configuration.receivers))
      + configuration.secretFiles.compactMap(secret)
  }

  private static func listening(_ web: WebOptions, isRunning: Bool) -> Finding {
    let address = web.address.contains(":") ? "[\(web.address)]" : web.address
    let name = "\(address):\(web.port)"
    do throws(HTTPServerError) {
      let server = try HTTPServer(options: web, router: Router())
      server.stop(within: .seconds(0))
      return Finding(.ok, "listen", "\(name) is free\(web.access.tls == nil ? "" : ", for TLS")")
    } catch {
      if case .inUse = error, isRunning {
        return Finding(.ok, "listen", "\(name) is taken, and a sidelight is running")
      }
      return Finding(.failed, "listen", "\(error)")
    }
  }

  private static func source(_ options: SourceOptions, now: Timestamp) -> Finding {
    let subject = "source \(options.name)"
    if options.isSpendLogs { return spendLogs(options, now: now) }
    guard case .files = options.input else { return Finding(.ok, subject, "standard input") }
    let found = SourceInspection(options, now: now)
    if let problem = found.problems.first { return Finding(.failed, subject, problem) }
    guard found.files > 0 else {
      return Finding(
        .warning, subject,
        "no file matches yet; is the callback installed, and does it write there?")
    }
    let files = found.files == 1 ? "1 file" : "\(found.files) files"
    let size = Quantity.rounded(bytes: found.bytes)
    let usable = found.native + found.payloads
    let difference = clockDifference(of: found)
    guard usable > 0 else {
      let why = difference ?? found.rejected.keys.map(\.meaning).sorted().first
      return Finding(
        .warning, subject,
        "\(files), \(size), but no usable line at the end\(why.map { ": \($0)" } ?? "")")
    }
    let format =
      found.payloads == 0
      ? "native" : found.native == 0 ? "LiteLLM payloads (attempts are partial)" : "both formats"
    let age = found.lastWrite.map { now - $0 } ?? .days(0)
    let text = "\(files), \(size), \(format), last written \(Quantity.rounded(age)) ago"
    if age > .days(1) {
      return Finding(.warning, subject, "\(text): does the proxy still write to it?")
    }
    if let difference { return Finding(.warning, subject, "\(text); \(difference)") }
    guard found.rejected.isEmpty else {
      let count = found.rejected.values.reduce(0, +)
      return Finding(
        .warning, subject, "\(text); \(count) of the last \(usable + count) lines are unusable")
    }
    return Finding(.ok, subject, text)
  }

  private static func clockDifference(of found: SourceInspection) -> String? {
    guard let end = found.lastEvent, let written = found.lastWrite else { return nil }
    return ClockWatch.difference(end, at: written)
  }

  private static func store(
    _ ledger: Result<LedgerInspection, LedgerError>, path: String
  ) -> Finding {
    switch ledger {
    case .failure(let error): return Finding(.failed, "ledger", "\(error)")
    case .success(let found):
      guard let schema = found.schema else {
        return Finding(.ok, "ledger", "\(path) will be made")
      }
      let state = found.isInUse ? "in use by a running sidelight" : "not in use"
      let upgrade =
        schema < LedgerInspection.latestSchema
        ? ", to be brought to \(LedgerInspection.latestSchema)" : ""
      return Finding(
        .ok, "ledger",
        "\(path), \(Quantity.rounded(bytes: found.size)), schema \(schema)\(upgrade), \(state)")
    }
  }

  private static func prices(_ path: String) -> Finding {
    do throws(PriceBook.Problem) {
      return Finding(.ok, "prices", "\(path) has \(try PriceBook(path: path).count) models")
    } catch {
      return Finding(.failed, "prices", "\(AppError.prices("\(error)"))")
    }
  }

  private static func secret(_ path: String) -> Finding? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    if status.st_mode & 0o007 == 0 {
      return Finding(.ok, "secret", "\(path) is closed to other users")
    }
    return Finding(.warning, "secret", "\(path) is open to every user; chmod o= \(path)")
  }
}
