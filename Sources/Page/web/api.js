// Asks the sidecar this page came from, and says plainly what kept it from answering.

const TIMEOUT = 15_000;

/** Why there is no answer; `message` is for people. */
export class Problem extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

/** The JSON at `path`; parameters that are null are left out, of a list each is one. */
export async function ask(path, parameters = {}, signal = undefined) {
  const response = await load(address(path, parameters), signal);
  const answer = await response.json().catch(() => null);
  if (response.ok && answer) return answer;
  throw new Problem(explain(response.status, answer), response.status);
}

export function address(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of [value ?? []].flat()) query.append(name, one);
  }
  return `/api/v1/${path}${query.size > 0 ? `?${query}` : ""}`;
}

async function load(url, signal) {
  const timeout = AbortSignal.timeout(TIMEOUT);
  try {
    return await fetch(url, {
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout, cache: "no-store",
      headers: { Accept: "application/json" },
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(timeout.aborted ? "Sidelight did not answer within 15 s"
      : "Sidelight does not answer; is it running?");
  }
}

function explain(status, answer) {
  if (status === 401) return "Sidelight asks for credentials; reload the page to sign in";
  return answer?.error?.message ?? `Sidelight answered ${status}`;
}
