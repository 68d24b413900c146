// What happened: one sentence for each event of the ledger.

import { h, name } from "./dom.js";
import { clock, day, moment, percent, share } from "./format.js";
import { level, plural, SHORT } from "./words.js";
import { FILTERS } from "./state.js";

// Of deployments only who asks: most of it is their provider's news.
const OWN = "start,reload";
const KINDS = { "": `provider_health,budget_crossed,budget_forecast,notification,${OWN}`,
  health: "provider_health,deployment_health",
  budgets: "budget_crossed,budget_forecast", notifications: "notification",
  sidelight: OWN };

/** What the API is asked for. */
export const kinds = (filter) => KINDS[filter] ?? null;

function because({ reason, error_ratio: ratio, attempts, to, origin }) {
  if (to === "healthy" || to === "unknown") return "";
  const parts = [];
  if (reason) parts.push(SHORT[reason] ?? reason);
  if (origin === "probe") parts.push("by the proxy's health check");
  else if (ratio !== undefined && attempts) {
    parts.push(`${percent(ratio)} of ${plural(attempts, "call")} failed`);
  }
  return parts.length > 0 ? `: ${parts.join(", ")}` : "";
}

function health({ subject, kind, detail }) {
  const { tone, mark } = level(detail.to);
  const verb = detail.to === "unknown" ? "was not heard of any more"
    : detail.recovery ? "has recovered" : `is ${detail.to}`;
  return { tone, mark, text: [kind === "deployment_health" ? "Deployment " : "", name(subject),
    kind === "deployment_health" && detail.provider ? [" of ", name(detail.provider)] : "",
    ` ${verb}${because(detail)}`] };
}

function crossed({ subject, detail }) {
  const percentage = detail.threshold_percent;
  const scope = detail.scope && detail.scope !== "all" ? [" for ", name(detail.scope)] : "";
  const figures = ` (${share(detail.spent, detail.limit, detail.unit).join(" ")})`;
  const late = detail.late ? ", found after its end" : "";
  if (percentage === undefined) {
    return { tone: "warn", mark: "▲", text: ["Budget ", name(subject), scope,
      ` is expected to run out${figures}${late}`] };
  }
  return { tone: percentage >= 100 ? "bad" : "warn", mark: percentage >= 100 ? "✕" : "▲",
    text: ["Budget ", name(subject), scope, ` reached ${percentage} %${figures}${late}`] };
}

function told({ subject, detail }) {
  const title = h("q", {}, name(detail.title ?? ""));
  if (detail.result === "delivered") {
    const tries = detail.attempts > 1 ? `, after ${plural(detail.attempts, "attempt")}` : "";
    return { tone: "none", mark: "→", text: [name(subject), " was told", tries, ": ", title] };
  }
  return { tone: "bad", mark: "✕",
    text: [name(subject), " could not be told (", name(detail.answer ?? ""), "): ", title] };
}

function own({ kind, detail }) {
  if (kind === "start") {
    return { tone: "none", mark: "↻", text: `Sidelight ${detail.version ?? ""} started` };
  }
  if (detail.result === "applied") {
    return { tone: "none", mark: "↻", text: "The configuration was reloaded" };
  }
  return { tone: "bad", mark: "✕", text: ["The configuration was not reloaded: ",
    name(detail.message ?? "", { class: "name long" })] };
}

const SENTENCES = { provider_health: health, deployment_health: health, budget_crossed: crossed,
  budget_forecast: crossed, notification: told, start: own, reload: own };

/** Providers that were heard of for the first time in a while, all well. */
function arrivals(events) {
  const some = events.slice(0, 3)
    .flatMap(({ subject }, place) => [place > 0 ? ", " : "", name(subject)]);
  const rest = events.length > 3 ? ` and ${events.length - 3} more` : "";
  const verb = events.length > 1 ? " are healthy" : " is healthy";
  return { tone: "ok", mark: "●", text: [some, rest, verb] };
}

const isArrival = ({ kind, detail }) =>
  kind === "provider_health" && detail.to === "healthy" && detail.from === "unknown";

/** Arrivals one after the other are one line. */
function gathered(list) {
  const groups = [];
  for (const event of list) {
    const last = groups.at(-1);
    if (last && isArrival(event) && isArrival(last[0])) last.push(event);
    else groups.push([event]);
  }
  return groups;
}

function line(events) {
  const [event] = events;
  const sentence = isArrival(event) ? arrivals(events)
    : SENTENCES[event.kind]?.(event)
      ?? { tone: "none", mark: "·", text: [`${event.kind}: `, name(event.subject)] };
  const iso = new Date(event.time * 1000).toISOString();
  return h("li", { class: `event ${sentence.tone}` },
    h("time", { datetime: iso, title: moment(event.time) }, clock(event.time)),
    h("span", { class: "mark", "aria-hidden": "true" }, sentence.mark),
    h("span", {}, sentence.text));
}

/** By days, the latest first. */
export function events(answer, filter, more) {
  const list = answer.events;
  if (list.length === 0) {
    return h("p", { class: "empty" }, filter ? "Nothing of this kind happened in this period."
      : "Nothing happened in this period: no provider changed its health, no budget was crossed.");
  }
  const days = Map.groupBy ? Map.groupBy(list, ({ time }) => day(time)) : grouped(list);
  return [...[...days].map(([title, events]) => h("section", { class: "day", "data-key": title },
    h("h3", {}, title), h("ol", { class: "plain" }, gathered(events).map(line)))),
  more ? h("button", { type: "button", onclick: more }, "Show more") : null];
}

function grouped(list) {
  const days = new Map();
  for (const event of list) {
    const title = day(event.time);
    if (!days.has(title)) days.set(title, []);
    days.get(title).push(event);
  }
  return days;
}

/** The choice of kinds. */
export function filter(chosen, choose) {
  return h("label", {}, h("span", { class: "hidden" }, "Kinds of events"),
    h("select", { onchange: (event) => choose(event.target.value) },
      Object.entries(FILTERS).map(([value, text]) =>
        h("option", { value, selected: value === chosen }, text))));
}
