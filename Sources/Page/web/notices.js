// What is missing or late, said plainly above everything else.

import { h, name } from "./dom.js";
import { brief, moment, span } from "./format.js";
import { caveats } from "./numbers.js";
import { plural } from "./words.js";

const LATE = 120;

function ofSources(stats) {
  const notes = [];
  if (stats.sources.length === 0) notes.push(["warn", "No source is configured: nothing is read."]);
  for (const source of stats.sources) {
    const title = name(source.name);
    if (!source.up) {
      notes.push(["bad", [title, " cannot be read: what the proxy logs there is missing here."]]);
    } else if (source.lagSeconds > LATE) {
      notes.push(["warn", ["Still reading ", title, `: ${brief(source.lagBytes)} bytes and `
        + `${span(source.lagSeconds)} behind. Numbers are of then.`]]);
    }
    if (source.attempts === "partial") {
      notes.push(["info", [title, " does not tell of each attempt: retries, fallbacks and failed "
        + "calls are at least what is shown."]]);
    }
  }
  return notes;
}

function ofProxy({ proxy }) {
  if (!proxy || proxy.up !== false) return [];
  return [["bad", "The proxy does not answer Sidelight's probes"
    + (proxy.askedAt ? `, last asked ${moment(proxy.askedAt)}.` : ".")]];
}

function ofNotifications({ notifications, to }) {
  return notifications.filter(({ oldest }) => to - oldest > LATE / 2).map(
    ({ receiver, pending, oldest }) => ["warn", [
      `${plural(pending, "message")} could not be told to `, name(receiver),
      ` yet, the first of ${moment(oldest)}. It is tried again.`]]);
}

function ofBeginning(stats) {
  if (stats.totalRequests > 0 || stats.since !== null) return [];
  return [["info", "No request was counted so far. Once the proxy writes its log where Sidelight "
    + "reads it, this page fills by itself."]];
}

/** All there is to say; `problems` are of the API, by what was asked. */
export function notices({ stats }, problems) {
  const notes = [...new Set(problems.values())].map((text) => ["bad", text]);
  if (stats) {
    notes.push(...ofProxy(stats), ...ofSources(stats), ...ofNotifications(stats),
      ...ofBeginning(stats), ...caveats(stats).map((text) => ["info", text]));
  }
  return notes.length === 0 ? [] : h("ul", { class: "plain notices" },
    notes.map(([tone, text]) => h("li", { class: tone }, text)));
}
