// What the API's closed lists mean, for people.

/** Why a call failed: what it was, and what to look at. */
export const REASONS = {
  rate_limited: "it limits our rate (429)",
  overloaded: "it is overloaded (503)",
  server_error: "it answers with server errors (5xx)",
  timeout: "it does not answer in time",
  connection: "it cannot be connected to",
  stream_broken: "its streams break off",
  credentials: "it refuses the proxy's key (401)",
  invalid_request: "requests are invalid (400)",
  context_window: "prompts exceed the context window",
  content_policy: "its content policy refuses requests",
  not_found: "the model or address is not found (404)",
  unknown_model: "clients ask for an unknown model",
  key_rejected: "the proxy rejects a client's key",
  budget_exceeded: "a budget of the proxy is exceeded",
  quota_exceeded: "a quota of the proxy is exceeded",
  blocked: "a guardrail blocks requests",
  no_deployment: "all its deployments are cooling down",
  internal: "the proxy fails internally",
  unknown: "the reason is not known",
};

export const SHORT = {
  rate_limited: "rate limited", overloaded: "overloaded", server_error: "server error",
  timeout: "timeout", connection: "connection", stream_broken: "stream broken",
  credentials: "key refused", invalid_request: "invalid request",
  context_window: "context window", content_policy: "content policy", not_found: "not found",
  unknown_model: "unknown model", key_rejected: "client's key rejected",
  budget_exceeded: "proxy's budget", quota_exceeded: "proxy's quota", blocked: "blocked",
  no_deployment: "no deployment", internal: "internal", unknown: "unknown",
};

/** State of health → how it looks and reads. */
export const LEVELS = {
  healthy: { tone: "ok", mark: "●", text: "Healthy" },
  degraded: { tone: "warn", mark: "▲", text: "Degraded" },
  unhealthy: { tone: "bad", mark: "✕", text: "Unhealthy" },
  unknown: { tone: "none", mark: "○", text: "Not heard of lately" },
};

export const reason = (code) => REASONS[code] ?? `it fails (${code})`;
export const level = (state) => LEVELS[state] ?? LEVELS.unknown;
export const capital = (text) => `${text[0].toUpperCase()}${text.slice(1)}`;
export const plural = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;
