package import Config
import HTTP
package import Ledger
import Shared
package import Support
import Tally

/// Usage as the ledger tells it, read beside a daemon or without one.
package struct UsageView {
  /// Why there is nothing to show.
  package enum Failure: Error, Equatable {
    /// What was asked, and what would be right: `from: expected …`.
    case mistake(String)
    case failed(String)
  }

  /// One line of a table.
  package struct Row {
    /// The begin of its step, as clocks in the question's zone show it.
    package var start: CivilTime
    /// In the order of `labels`.
    package var labels: [String]
    package var sums: UsageSums
  }

  private let report: UsageReport

  /// Asks with the parameters of `/api/v1/usage`, pages left out.
  package init(
    _ configuration: Configuration, _ parameters: [(name: String, value: String)], now: Timestamp
  ) throws(Failure) {
    let request = try Self.request(configuration, parameters, now: now)
    do throws(LedgerError) {
      let options = configuration.ledger
      if let shared = options.database {
        report = try UsageReport(request, from: SharedReader(shared), options: options, now: now)
      } else {
        let ledger = try LedgerReader(path: options.path)
        report = try UsageReport(request, from: ledger, options: options, now: now)
      }
    } catch {
      throw .failed("\(error)")
    }
  }

  private static func request(
    _ configuration: Configuration, _ parameters: [(name: String, value: String)], now: Timestamp
  ) throws(Failure) -> UsageRequest {
    let extras = ExtraLabels(configuration.labels)
    let query = QueryParameters(
      HTTPQuery(parameters), known: UsageRequest.known(extras, paged: false))
    do throws(QueryProblem) {
      try query.check()
      return try UsageRequest(query, extras: extras, now: now, paged: false)
    } catch {
      throw .mistake(error.message)
    }
  }

  /// Hands out CSV as `usage.csv` has it, line by line, without keeping it.
  package static func writeCSV(
    _ configuration: Configuration, _ parameters: [(name: String, value: String)], now: Timestamp,
    to body: ([UInt8]) -> Void
  ) throws(Failure) {
    let request = try request(configuration, parameters, now: now)
    do throws(LedgerError) {
      let csv = UsageCSV(request: request)
      if let shared = configuration.ledger.database {
        try csv.write(from: SharedReader(shared), to: body)
      } else {
        try csv.write(from: LedgerReader(path: configuration.ledger.path), to: body)
      }
    } catch {
      throw .failed("\(error)")
    }
  }

  /// As `/api/v1/usage` has it, all on one page.
  package var json: String { report.json.encoded }

  /// What rows are told apart by.
  package var labels: [String] { report.request.query.by.map(\.name) }

  package var hasSteps: Bool { report.request.step != nil }

  package var rows: [Row] {
    report.rows.map {
      Row(start: report.request.local($0.start), labels: $0.labels, sums: $0.sums)
    }
  }

  package var totals: UsageSums { report.totals }

  /// What a reader should know besides.
  package var notes: [String] { report.notes.map(\.message) }

  /// Begin and end of what was summed up.
  package var period: (start: CivilTime, end: CivilTime) {
    let request = report.request
    return (request.local(request.period.start), request.local(request.period.end))
  }

  package var zone: String { report.request.zone.name }
}
