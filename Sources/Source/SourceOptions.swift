import Postgres
package import Support

/// One entry of `sources:` in the configuration.
package struct SourceOptions: Sendable, Equatable {
  /// Where the lines come from.
  package enum Input: Sendable, Equatable {
    /// All files that match a glob such as `/var/log/sidelight/*.jsonl`.
    case files(glob: String)
    case standardInput
    /// Bodies that are posted to `/ingest/litellm`.
    case push
    /// LiteLLM's own table of spend in the database at this URL.
    case spendLogs(url: String)
  }

  /// What the lines are.
  package enum Format: String, Sendable, CaseIterable {
    /// Told line by line from the keys that each format alone has.
    case auto
    /// Lines of `sidelight_callback.py`.
    case native
    /// LiteLLM's bare `StandardLoggingPayload`.
    case litellm
  }

  /// Where to begin in a file that no checkpoint knows.
  package enum Start: String, Sendable, CaseIterable {
    case beginning
    case end
  }

  /// When Sidelight itself rotates a file, which it does if `size` is given.
  package struct Rotation: Sendable, Equatable {
    /// Bytes from which on a file is renamed.
    package var size: Int64?
    /// How many renamed files stay beside it.
    package var keep = 1

    /// Never.
    package init(size: Int64? = nil, keep: Int = 1) {
      self.size = size
      self.keep = keep
    }
  }

  package var input: Input
  package var format = Format.auto
  package var start = Start.beginning
  /// How long a payload log's failure waits for the success that may follow it.
  package var settleAfter = TimeSpan.minutes(2)
  /// Lines longer than this many bytes are counted as rejected and skipped.
  package var maxLine = 1 << 20
  package var rotation = Rotation()
  /// Of the database, if it is not in its URL.
  package var password: String?

  /// Options for `input` with every default.
  package init(input: Input) { self.input = input }

  /// The value of the `source` label: the glob, `stdin`, `push`, or host and name of a database.
  package var name: String {
    switch input {
    case .files(let glob): glob
    case .standardInput: "stdin"
    case .push: "push"
    case .spendLogs(let url): "postgres://\((try? PostgresURL(url))?.place ?? "")"
    }
  }

  /// Whether it is LiteLLM's database rather than a log.
  package var isSpendLogs: Bool {
    if case .spendLogs = input { true } else { false }
  }
}
