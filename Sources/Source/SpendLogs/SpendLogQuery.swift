import Postgres
import Support

/// A place in the table, whose rows are in the order of their start and id.
struct SpendLogCursor: Hashable, Sendable {
  var start: Timestamp
  var id: String
}

/// One row, as the decoder takes it.
struct SpendLogRow: Sendable {
  var line: [UInt8]
}

/// The statements that read `LiteLLM_SpendLogs`, with the columns that this release of LiteLLM has.
struct SpendLogQuery {
  /// Rows of one answer.
  static let page = 500

  private let rows: String
  /// Whether a row tells when it was inserted.
  let hasCreation: Bool

  static let columns = """
    SELECT attname FROM pg_attribute
    WHERE attrelid = to_regclass('"LiteLLM_SpendLogs"') AND attnum > 0 AND NOT attisdropped
    """

  /// Nil if the table lacks what cannot be done without, or is not there.
  init?(columns: Set<String>) {
    guard columns.isSuperset(of: ["request_id", "startTime", "endTime"]) else { return nil }
    hasCreation = columns.contains("created_at")
    rows = """
      SELECT request_id, (extract(epoch FROM "startTime") * 1000000)::bigint,
        jsonb_strip_nulls(\(SpendLogColumns(names: columns).payload))::text
      FROM "LiteLLM_SpendLogs"
      """
  }

  /// The start of the latest row.
  static let latest = """
    SELECT (extract(epoch FROM "startTime") * 1000000)::bigint FROM "LiteLLM_SpendLogs"
    ORDER BY "startTime" DESC LIMIT 1
    """

  /// Rows after `$1` (microseconds) and `$2` (id). One from the future, by the database's clock, is
  /// left until then: whatever comes meanwhile would lie before it.
  var forward: String {
    rows + " WHERE " + Self.after
      + " AND \"startTime\" <= (now() AT TIME ZONE 'UTC') + interval '5 minutes'" + Self.ordered
  }

  /// The same up to `$3` and `$4`, inserted after `$5` if the table tells.
  var late: String {
    rows + " WHERE " + Self.after
      + " AND (\"startTime\", request_id) <= (\(Self.time("$3")), $4)"
      + (hasCreation ? " AND created_at >= \(Self.time("$5"))" : " AND $5::bigint IS NOT NULL")
      + Self.ordered
  }

  private static let after = "(\"startTime\", request_id) > (\(time("$1")), $2)"
  private static let ordered = " ORDER BY \"startTime\", request_id LIMIT \(page)"

  private static func time(_ parameter: String) -> String {
    "(timestamp 'epoch' + \(parameter)::bigint * interval '1 microsecond')"
  }
}

/// The columns that a release of LiteLLM has, as SQL; NULL stands for those that it has not.
private struct SpendLogColumns {
  let names: Set<String>

  func column(_ name: String) -> String { names.contains(name) ? "\"\(name)\"" : "NULL" }

  /// What lies in `metadata` under these keys, as JSON.
  func inner(_ keys: String...) -> String { metadata("#>", keys) }

  /// The same as text.
  func text(_ keys: String...) -> String { metadata("#>>", keys) }

  private func metadata(_ sign: String, _ keys: [String]) -> String {
    names.contains("metadata") ? "metadata \(sign) '{\(keys.joined(separator: ","))}'" : "NULL"
  }

  func either(_ name: String, _ key: String) -> String {
    "coalesce(\(column(name)), \(text(key)))"
  }

  func seconds(_ name: String) -> String {
    names.contains(name) ? "extract(epoch FROM \"\(name)\")" : "NULL"
  }

  func object(_ entries: [(String, String)]) -> String {
    "jsonb_build_object(" + entries.map { "'\($0.0)', \($0.1)" }.joined(separator: ", ") + ")"
  }

  /// A payload's keys, of what is there. No prompt, answer or traceback leaves the database.
  var payload: String {
    let streams =
      names.contains("completionStartTime") ? "\"completionStartTime\" < \"endTime\"" : "false"
    let call = "coalesce(\(column("litellm_call_id")), \(text("litellm_call_id")), request_id)"
    return object([
      ("id", "request_id"), ("litellm_call_id", call), ("trace_id", column("session_id")),
      ("call_type", column("call_type")),
      ("status", "coalesce(\(column("status")), \(text("status")), 'success')"),
      ("startTime", seconds("startTime")), ("endTime", seconds("endTime")),
      ("stream", streams), ("completionStartTime", seconds("completionStartTime")),
      ("model", column("model")), ("model_id", column("model_id")),
      ("model_group", column("model_group")), ("route", text("original_model_group")),
      ("custom_llm_provider", column("custom_llm_provider")), ("api_base", column("api_base")),
      ("prompt_tokens", column("prompt_tokens")),
      ("completion_tokens", column("completion_tokens")), ("response_cost", column("spend")),
      ("cache_hit", "lower(\(column("cache_hit"))) = 'true'"),
      ("request_tags", column("request_tags")), ("end_user", column("end_user")),
      ("error_information", error), ("hidden_params", wayThere), ("metadata", caller),
    ])
  }

  private var error: String {
    let keys = ["error_code", "error_class", "normalized_error", "error_rate_limit_category"]
    return object(keys.map { ($0, inner("error_information", $0)) })
  }

  private var wayThere: String {
    let attempts = object([
      ("x-litellm-attempted-retries", inner("attempted_retries")),
      ("x-litellm-attempted-fallbacks", inner("attempted_fallbacks")),
    ])
    return object([
      ("litellm_overhead_time_ms", inner("litellm_overhead_time_ms")),
      ("additional_headers", attempts),
    ])
  }

  private var caller: String {
    object([
      ("user_api_key_hash", column("api_key")),
      ("user_api_key_alias", inner("user_api_key_alias")),
      ("user_api_key_team_id", either("team_id", "user_api_key_team_id")),
      ("user_api_key_team_alias", inner("user_api_key_team_alias")),
      ("user_api_key_org_id", either("organization_id", "user_api_key_org_id")),
      ("user_api_key_user_id", column("user")), ("usage_object", inner("usage_object")),
      ("spend_logs_metadata", inner("spend_logs_metadata")),
    ])
  }
}
