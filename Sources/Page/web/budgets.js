// Budgets as bars: what is spent, where it is going, how long it has to last.

import { h, name, visible } from "./dom.js";
import { amount, moment, percent, share, span } from "./format.js";

const MOST_SCOPES = 4;

/** Every scope with its budget. */
export function allScopes(answer) {
  return answer.budgets.flatMap((budget) => budget.scopes.map((scope) => (
    { budget, scope, of: scopeName(budget, scope) })));
}

/** Whose it is; the one scope of a budget that is for all together has no name. */
const scopeName = (budget, scope) => budget.per ? scope.scope : "";

function tone({ limit }, scope) {
  if (scope.spent >= limit) return "bad";
  return scope.exhausted_at || (scope.forecast ?? 0) > limit ? "warn" : "ok";
}

const width = (part, limit) => (
  { width: limit > 0 ? `${(100 * Math.min(1, part / limit)).toFixed(2)}%` : "100%" });

function bar(budget, scope, label) {
  const used = scope.used_percent === null ? 100 : scope.used_percent;
  return h("div", {
    class: `meter ${tone(budget, scope)}`, role: "meter", "aria-valuemin": 0, "aria-valuemax": 100,
    "aria-valuenow": Math.min(100, used), "aria-valuetext": `${percent(used / 100)} used`,
    "aria-label": label },
    scope.forecast !== null
      ? h("span", { class: "forecast", style: width(scope.forecast, budget.limit) }) : null,
    h("span", { class: "spent", style: width(scope.spent, budget.limit) }),
    budget.thresholds.filter((threshold) => threshold < 100).map((threshold) =>
      h("span", { class: "tick", style: { left: `${threshold}%` } })));
}

function outlook(budget, scope, now) {
  if (scope.spent >= budget.limit) return "spent";
  if (scope.exhausted_at) return `runs out ${moment(Date.parse(scope.exhausted_at) / 1000, now)}`;
  if (scope.forecast === null) return "too early to forecast";
  return `about ${amount(scope.forecast, budget.unit)} by the end`;
}

function scopeRow(budget, scope, now) {
  const of = scopeName(budget, scope);
  const [part, whole] = share(scope.spent, budget.limit, budget.unit);
  return h("li", { "data-key": scope.scope, class: "scope" },
    of ? h("p", { class: "row" }, name(of)) : null,
    bar(budget, scope, visible(of ? `${budget.name} for ${of}` : budget.name)),
    h("p", { class: "row figures" },
      h("span", { "data-value": scope.spent }, h("strong", {}, part), ` ${whole}`),
      h("span", { class: `end ${tone(budget, scope)}-text` }, outlook(budget, scope, now))));
}

const PERIODS = { minute: "each minute", hour: "each hour", day: "each day", week: "each week",
  month: "each month" };

function left(budget, now) {
  if (!budget.period) return "";
  const kind = PERIODS[budget.period.kind];
  if (!kind) return budget.period.kind;
  return `${kind}, ${span(Date.parse(budget.period.end) / 1000 - now)} left`;
}

function one(budget, now) {
  const [first, rest] = [budget.scopes.slice(0, MOST_SCOPES), budget.scopes.slice(MOST_SCOPES)];
  const more = budget.more ?? 0;
  const rows = (scopes) => h("ul", { class: "plain" },
    scopes.map((scope) => scopeRow(budget, scope, now)));
  return h("li", { class: "budget", "data-key": budget.name },
    h("p", { class: "row" }, h("strong", {}, name(budget.name)),
      budget.per
        ? h("span", { class: "muted" }, ` for each ${budget.per.replace("_", " ")}`) : null,
      h("span", { class: "muted end" }, left(budget, now))),
    budget.scopes.length === 0
      ? h("p", { class: "muted" }, `Nothing spent of ${amount(budget.limit, budget.unit)}.`) : null,
    rows(first),
    rest.length > 0 ? h("details", { class: "more" },
      h("summary", {}, `${rest.length + more} more`), rows(rest),
      more > 0 ? h("p", { class: "muted" }, `and ${more} that used less`) : null) : null);
}

/** The larger of what is spent and what is to be expected, of the limit. */
function urgency({ limit, scopes }) {
  const largest = Math.max(
    0, ...scopes.map(({ spent, forecast }) => Math.max(spent, forecast ?? 0)));
  return limit > 0 ? largest / limit : Infinity;
}

/** All of them, the most used first. */
export function budgets(answer, now) {
  if (answer.budgets.length === 0) {
    return h("p", { class: "empty" }, "No budget is set. A few lines under ",
      h("code", {}, "budgets:"), " in the configuration limit what is spent in a day, a month, by "
      + "a team or by each key, and tell whom you name before it is too late.");
  }
  return h("ul", { class: "plain" },
    [...answer.budgets].sort((a, b) => urgency(b) - urgency(a)).map((budget) => one(budget, now)));
}
