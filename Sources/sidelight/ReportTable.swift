import Daemon
import Ledger
import Support

/// For programs: a line of names, then one for each row, fields separated by tabs, numbers exact.
enum ReportLines {
  static func lines(_ view: UsageView) -> [String] {
    let names = (view.hasSteps ? ["start"] : []) + view.labels
    let measures = [
      "requests", "errors", "input_tokens", "output_tokens", "cost_usd", "latency_seconds",
    ]
    return [(names + measures).joined(separator: "\t")]
      + view.rows.map { row in
        let start = view.hasSteps ? [row.start.rfc3339] : []
        return (start + row.labels.map(\.printable) + numbers(row.sums)).joined(separator: "\t")
      }
  }

  private static func numbers(_ sums: UsageSums) -> [String] {
    [
      "\(sums.requests)", "\(sums.errors)", "\(sums.input)", "\(sums.output)",
      JSONValue.decimal(sums.cost, decimals: 9),
      sums.averageSuccess.map { JSONValue.decimal($0.microseconds, decimals: 6) } ?? "",
    ]
  }
}

/// For people: aligned columns with units, a bar for each row's share, totals below.
struct ReportTable {
  let view: UsageView
  let terminal: Terminal
  /// Rows that are shown.
  let most: Int?

  private static let fewRows = 40
  private static let barLength = 12
  /// Labels are cut to fit, but not below this.
  private static let narrowest = 10

  var lines: [String] {
    let (start, end) = view.period
    let heading = "Usage from \(start.minuteText) to \(end.minuteText) \(view.zone)"
    let notes = view.notes.map { "Note: \($0)" }
    if view.rows.isEmpty { return [heading, "", "No requests."] + notes }
    let shown = view.rows.prefix(most ?? Self.fewRows)
    var lines = [heading, ""] + table(Array(shown))
    if shown.count < view.rows.count {
      lines.append("and \(view.rows.count - shown.count) more (--limit shows them)")
    }
    return lines + (notes.isEmpty ? [] : [""] + notes)
  }

  private func table(_ rows: [UsageView.Row]) -> [String] {
    let texts = view.labels.map { $0.uppercased().replacing("_", with: " ") }
    let names = (view.hasSteps ? ["START"] : []) + texts
    var cells = [names] + rows.map { labels($0) }
    cells.append(names.indices.map { $0 == 0 ? "TOTAL" : "" })
    let measures =
      [["REQUESTS", "ERRORS", "TOKENS", "COST", "LATENCY"]] + rows.map { numbers($0.sums) }
      + [numbers(view.totals)]
    let most = rows.map(\.sums.cost).max() ?? 0
    let bars = [""] + rows.map { bar($0.sums.cost, of: most) } + [""]
    let right = columns(measures, isRight: true)
    let hasBars = fits(right, with: Self.barLength + 2)
    let left = columns(cut(cells, beside: right.first?.width ?? 0, hasBars), isRight: false)
    return left.indices.map { index in
      let gap = names.isEmpty ? "" : "  "
      var line = left[index] + gap + right[index]
      if hasBars, !bars[index].isEmpty { line += "  \(bars[index])" }
      while line.last == " " { line.removeLast() }
      return index == 0 || index == left.count - 1 ? bold(line) : line
    }
  }

  private func labels(_ row: UsageView.Row) -> [String] {
    let start = areDays ? row.start.dateText : row.start.minuteText
    return (view.hasSteps ? [start] : []) + row.labels.map(\.printable)
  }

  /// Whether every step begins with its day.
  private var areDays: Bool { view.rows.allSatisfy { $0.start.minuteText.hasSuffix(" 00:00") } }

  private func numbers(_ sums: UsageSums) -> [String] {
    [
      ReportNumber.grouped(sums.requests), ReportNumber.share(sums.errors, of: sums.requests),
      ReportNumber.short(sums.input &+ sums.output),
      ReportNumber.dollars(sums.cost, decimals: view.totals.cost < 1_000_000_000 ? 4 : 2),
      sums.averageSuccess.map(ReportNumber.seconds) ?? "–",
    ]
  }

  private func fits(_ right: [String], with more: Int) -> Bool {
    guard let width = terminal.columns else { return true }
    let least = (view.labels.count + (view.hasSteps ? 1 : 0)) * (Self.narrowest + 2)
    return (right.first?.width ?? 0) + more + least <= width
  }

  /// Labels, but no times, shortened until the lines fit, the longest first.
  private func cut(_ cells: [[String]], beside width: Int, _ hasBars: Bool) -> [[String]] {
    guard let columns = terminal.columns, let count = cells.first?.count, count > 0 else {
      return cells
    }
    let room = columns - width - 2 - (hasBars ? Self.barLength + 2 : 0) - 2 * (count - 1)
    var widths = (0..<count).map { column in cells.map { $0[column].width }.max() ?? 0 }
    let labels = view.hasSteps ? 1 : 0
    while widths.reduce(0, +) > room, let longest = widths[labels...].max(),
      longest > Self.narrowest
    {
      widths[widths[labels...].firstIndex(of: longest) ?? labels] -= 1
    }
    return cells.map { row in zip(row, widths).map { $0.cut(to: $1) } }
  }

  private func columns(_ cells: [[String]], isRight: Bool) -> [String] {
    guard let count = cells.first?.count else { return cells.map { _ in "" } }
    let widths = (0..<count).map { column in cells.map { $0[column].width }.max() ?? 0 }
    return cells.map { row in
      zip(row, widths).map { text, width in
        let space = String(repeating: " ", count: max(0, width - text.width))
        return isRight ? space + text : text + space
      }.joined(separator: "  ")
    }
  }

  private func bar(_ amount: Int64, of most: Int64) -> String {
    guard most > 0 else { return "" }
    let eighths = Int((Double(amount) / Double(most) * Double(Self.barLength * 8)).rounded())
    let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    let bar = String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
    return terminal.hasColor && !bar.isEmpty ? "\u{1B}[36m\(bar)\u{1B}[0m" : bar
  }

  private func bold(_ text: String) -> String {
    terminal.hasColor ? "\u{1B}[1m\(text)\u{1B}[0m" : text
  }
}
