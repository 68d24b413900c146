import Ledger
import Source
import Support

/// Native lines rank above payloads, which may be copies of them: so they are read first, and what
/// they told is not told again. Young events are known to the ledger in any case, old ones for as
/// long as a command reads both formats.
extension Importer {
  /// Native logs first, and in order of their first events, so that a request's lines in two files
  /// find each other.
  static func readsBefore(_ left: ImportCandidate, _ right: ImportCandidate) -> Bool {
    func rank(_ candidate: ImportCandidate) -> (Int, Timestamp, String) {
      (
        candidate.isPayload ? 1 : 0, candidate.first ?? Timestamp(microseconds: .max),
        candidate.path
      )
    }
    return rank(left) < rank(right)
  }

  static func haveFormats(_ candidates: [ImportCandidate]) -> Bool {
    candidates.contains { $0.isPayload } && candidates.contains { !$0.isPayload && $0.first != nil }
  }

  /// What is known of formats now. Nothing waits for the other format: all that comes is here.
  func newAdmission() throws(LedgerError) -> Admission {
    let memory = hasFormats ? TimeSpan.days(100 * 365) : settings.ledger.dedup
    let ranking = FormatRanking(
      sources: settings.sources, dedup: memory, metadataNames: settings.labels.metadataNames,
      restored: try ledger.formats())
    return Admission(ranking: ranking, dedup: memory, waits: false)
  }
}
