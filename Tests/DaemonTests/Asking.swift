import Config
import HTTP
import Ledger
import Support
import Tally
import TestSupport
import Testing

@testable import Daemon

extension Rig {
  /// Asks the API over a socket; the ledger stays open for its pipeline.
  func get(_ paths: String...) throws -> [RawHTTP.Response] {
    let publisher = try #require(publisher)
    let (ledger, labels) = (settings.ledger, settings.labels)
    var router = Router()
    API(
      ledgerPath: ledger.path, live: publisher.live, budgets: publisher.budgets, clock: clock.clock,
      configuration: {
        var configuration = Configuration(instance: "x")
        (configuration.ledger, configuration.labels) = (ledger, labels)
        return configuration
      }, about: .nothing
    ).add(to: &router)
    var options = WebOptions()
    options.port = 0
    let server = try HTTPServer(options: options, router: router)
    defer { server.stop(within: .seconds(1)) }
    return try paths.map { try RawHTTP(port: server.port).get($0) }
  }

  /// What usage answers to parameters such as `by=model&from=7d`, without a server.
  func usage(_ parameters: String) throws -> UsageReport {
    let items = parameters.split(separator: "&").map { pair in
      let sides = pair.split(separator: "=", maxSplits: 1).map(String.init)
      return (name: sides[0], value: sides.count > 1 ? sides[1] : "")
    }
    let extras = ExtraLabels(settings.labels)
    let query = QueryParameters(HTTPQuery(items), known: UsageRequest.known(extras))
    try query.check()
    let request = try UsageRequest(query, extras: extras, now: clock.now)
    let reader = try LedgerReader(path: settings.ledger.path)
    return try UsageReport(request, from: reader, options: settings.ledger, now: clock.now)
  }
}

extension UsageReport {
  /// A measure by labels: `a|b`.
  func sums(_ measure: (UsageSums) -> Int64) -> [String: Int64] {
    var sums: [String: Int64] = [:]
    for row in rows { sums[row.labels.joined(separator: "|"), default: 0] += measure(row.sums) }
    return sums.filter { $0.value != 0 }
  }
}
