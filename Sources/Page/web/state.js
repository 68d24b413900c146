// What is shown is in the address, so that it can be reloaded, bookmarked and sent to others.

export const PERIODS = { "24h": "24 hours", "7d": "7 days", "30d": "30 days", "90d": "90 days",
  custom: "Custom" };
export const GROUPS = { provider: "Provider", model: "Model", key: "Key", team: "Team",
  route: "Route", power_level: "Power level", status: "Outcome" };
export const MEASURES = { cost: "Spend", requests: "Requests", tokens: "Tokens", errors: "Errors" };
export const COLUMNS = ["name", "cost", "requests", "errors", "fallbacks", "input", "output",
  "latency"];
export const FILTERS = { "": "Everything", health: "Health", budgets: "Budgets",
  notifications: "Notifications", sidelight: "Sidelight" };

const DEFAULTS = { period: "24h", by: "model", show: "cost", sort: "cost", order: "desc", from: "",
  to: "", events: "" };
const ALLOWED = { period: Object.keys(PERIODS), by: Object.keys(GROUPS),
  show: Object.keys(MEASURES), sort: COLUMNS, order: ["asc", "desc"],
  events: Object.keys(FILTERS) };
const DATE = /^\d{4}-\d\d-\d\d$/;

/** The address's choices; what makes no sense is as if it was not there. */
export function read() {
  const query = new URLSearchParams(location.search);
  const state = { ...DEFAULTS };
  for (const name of Object.keys(DEFAULTS)) {
    const value = query.get(name);
    const isGood = ALLOWED[name] ? ALLOWED[name].includes(value) : DATE.test(value ?? "");
    if (isGood) state[name] = value;
  }
  if (state.period === "custom" && !(state.from && state.to && state.from <= state.to)) {
    return { ...state, period: DEFAULTS.period, from: "", to: "" };
  }
  return state;
}

/** Writes the choices into the address; `isStep` lets the back button return. */
export function write(state, isStep) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(state)) {
    if (value !== DEFAULTS[name]) query.set(name, value);
  }
  const address = query.size > 0 ? `?${query}` : location.pathname;
  if (isStep) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
}

function midnight(offset, base) {
  return new Date(base.getFullYear(), base.getMonth(), base.getDate() + offset).getTime() / 1000;
}

function localDay(text, offset = 0) {
  const [year, month, day] = text.split("-").map(Number);
  return new Date(year, month - 1, day + offset).getTime() / 1000;
}

export function dateText(seconds) {
  const time = new Date(seconds * 1000);
  const pad = (number) => String(number).padStart(2, "0");
  return `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())}`;
}

const STEPS = [[8 * 3600, "15m", 900], [36 * 3600, "1h", 3600], [11 * 86400, "6h", 21_600],
  [130 * 86400, "1d", 86_400], [800 * 86400, "1w", 604_800], [Infinity, "1mo", 2_592_000]];

/** From when to when, in which steps; days begin at midnight here, not at the sidecar's. */
export function range(state, now = Date.now() / 1000) {
  const days = { "7d": 7, "30d": 30, "90d": 90 }[state.period];
  let [from, to] = [Math.floor((now - 86_400) / 900) * 900, now];
  if (days) from = midnight(1 - days, new Date(now * 1000));
  if (state.period === "custom") {
    from = localDay(state.from);
    to = Math.min(now, localDay(state.to, 1));
    if (to <= from) to = localDay(state.to, 1);
  }
  const [, step, seconds] = STEPS.find(([most]) => to - from <= most);
  return { from: Math.floor(from), to: Math.ceil(to), step, seconds, isNow: to >= now - 1 };
}

export const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
