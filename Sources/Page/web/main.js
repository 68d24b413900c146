// Asks, draws, and asks again: every ten seconds while somebody looks.

import { ask } from "./api.js";
import { budgets } from "./budgets.js";
import { controls } from "./controls.js";
import { fill, h, name } from "./dom.js";
import { events, filter, kinds } from "./events.js";
import { clock, moment, span } from "./format.js";
import { notices } from "./notices.js";
import { numbers } from "./numbers.js";
import { plot } from "./plot.js";
import { providers } from "./providers.js";
import { range, read, write, zone } from "./state.js";
import { table } from "./table.js";
import { watchTheme } from "./themes.js";
import { load } from "./usage.js";
import { verdict } from "./verdict.js";

const EVERY = 10_000;
const LONGEST = 120_000;
// Usage is asked for again after so many times as long as the answer took.
const REST = 20;
const ROWS = 20;

const at = (id) => document.getElementById(id);
const known = { now: Date.now() / 1000 };
const problems = new Map();
let state = read();
let [rows, eventLimit] = [ROWS, 30];
let [failures, timer, lastGood, running] = [0, null, null, null];
let usageDue = 0;

// --- Asking

/** Keeps what `question` is answered under `key`, or why it is not. */
async function learn(key, question, signal) {
  try {
    const answer = await question;
    if (signal.aborted) return;
    known[key] = answer;
    problems.delete(key);
  } catch (error) {
    if (signal.aborted) return;
    problems.set(key, error.message);
  }
  drawSoon();
}

/** Usage, unless it was asked for a short while ago and takes its time. */
async function learnUsage(signal) {
  const begun = performance.now();
  if (begun < usageDue) return;
  await learn("usage", load(state, signal), signal);
  if (signal.aborted) return;
  usageDue = performance.now() + REST * (performance.now() - begun) - EVERY;
}

function eventQuestion() {
  const { from, to, isNow } = range(state);
  return { from, to: isNow ? null : to, limit: eventLimit + 1, kind: kinds(state.events) };
}

/** Everything anew; what was under way is given up. */
async function refresh() {
  clearTimeout(timer);
  running?.abort();
  const mine = running = new AbortController();
  const { signal } = mine;
  const get = (path, parameters) => ask(path, parameters, signal);
  await Promise.all([
    learnUsage(signal),
    learn("stats", get("stats", { tz: zone() }), signal),
    learn("hour", get("stats", { window: "1h", tz: zone() }), signal),
    learn("providers", get("providers"), signal),
    learn("budgets", get("budgets", { scopes: 50 }), signal),
    learn("events", get("events", eventQuestion()), signal),
  ]);
  if (signal.aborted) return;
  running = null;
  failures = problems.size > 0 ? failures + 1 : 0;
  draw();
  tellChanges();
  if (problems.size === 0) lastGood = known.now;
  performance.mark("drawn");
  schedule();
}

function schedule() {
  clearTimeout(timer);
  if (document.hidden) return;
  const wait = Math.min(LONGEST, EVERY * 2 ** Math.min(failures, 4));
  timer = setTimeout(refresh, wait);
  freshness(wait);
}

function freshness(wait) {
  const text = failures === 0 ? `Updated ${clock(known.now)}`
    : `${lastGood ? `Last complete ${clock(lastGood)}` : "Not complete yet"}; `
      + `trying again in ${span(wait / 1000)}`;
  fill(at("freshness"), text);
  at("freshness").classList.toggle("stale", failures > 0);
}

// --- Drawing

let frame = null;

/** With the next frame: what is asked of years may take longer than what is asked of now. */
function drawSoon() {
  frame ??= requestAnimationFrame(draw);
}

function draw() {
  cancelAnimationFrame(frame);
  frame = null;
  const now = known.now = Date.now() / 1000;
  fill(at("notices"), notices(known, problems));
  fill(at("verdict"), verdict(known));
  if (known.stats) fill(at("numbers"), numbers(known.stats, known.hour));
  if (known.providers) fill(at("providers"), providers(known.providers, now));
  if (known.budgets) fill(at("budgets"), budgets(known.budgets, now));
  if (known.events) drawEvents();
  drawUsage();
  drawAbout();
}

function drawUsage() {
  fill(at("controls"), controls(state, known.usage?.span, choose));
  if (!known.usage) return;
  plot(known.usage, at("canvas"), at("plot-empty"));
  const shown = { ...known.usage, state: { ...known.usage.state, sort: state.sort,
    order: state.order } };
  fill(at("usage"), table(shown, rows, known.stats?.since, {
    more() { rows += 100; drawUsage(); },
    sort(column) {
      const isSame = state.sort === column;
      const order = isSame ? (state.order === "desc" ? "asc" : "desc")
        : column === "name" ? "asc" : "desc";
      state = { ...state, sort: column, order };
      write(state, false);
      drawUsage();
    },
  }));
}

function drawEvents() {
  const [all, limit] = [known.events.events, eventLimit];
  const more = all.length > limit && limit < 900 ? () => {
    eventLimit = Math.min(900, eventLimit * 3);
    refresh();
  } : null;
  fill(at("event-filter"), filter(state.events, (kind) => choose({ events: kind })));
  fill(at("events"), events({ events: all.slice(0, limit) }, state.events, more));
}

function drawAbout() {
  const { stats } = known;
  if (!stats) return;
  fill(at("instance"), name(stats.instance).textContent);
  document.title = `${stats.instance} – Sidelight`;
  fill(at("about"), `Sidelight ${stats.version}`,
    stats.proxy?.version ? [", LiteLLM ", name(stats.proxy.version)] : "",
    stats.since === null ? "" : `, requests since ${moment(stats.since, known.now)}`,
    stats.lastEvent === null ? "" : `, the last one ${moment(stats.lastEvent, known.now)}`, ".");
}

let told = null;

/** Only what has changed is read aloud. */
function tellChanges() {
  const text = [...document.querySelectorAll("#verdict .headline")]
    .map((line) => line.lastChild ? line.textContent.slice(1).trim() : "").join(". ");
  if (told !== null && told !== text) at("live").textContent = text;
  told = text;
}

// --- Choosing

function choose(change) {
  state = { ...state, ...change };
  write(state, true);
  [rows, usageDue] = [ROWS, 0];
  at("usage").setAttribute("aria-busy", "true");
  fill(at("controls"), controls(state, known.usage?.span, choose));
  refresh().finally(() => at("usage").removeAttribute("aria-busy"));
}

addEventListener("popstate", () => {
  state = read();
  usageDue = 0;
  refresh();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) clearTimeout(timer);
  else refresh();
});
watchTheme(at("theme"), () => known.usage && drawUsage());
refresh();
