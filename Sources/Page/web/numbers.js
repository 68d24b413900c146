// The last day in six numbers, each beside the last hour or the tail.

import { h } from "./dom.js";
import { brief, count, money, percent, wait } from "./format.js";
import { SHORT } from "./words.js";

function tile(label, value, detail, raw) {
  return h("div", { class: "tile" }, h("dt", {}, label),
    h("dd", { class: "value", "data-value": raw ?? "" }, value),
    h("dd", { class: "muted" }, detail));
}

/** Tiles of `stats`; `hour` are those of the last hour. */
export function numbers(stats, hour) {
  const lately = (ratio) => hour ? `last hour ${percent(ratio)}` : "";
  const [worst] = Object.keys(stats.errorsByType);
  return [
    tile("Spend", money(stats.totalCost), hour ? `last hour ${money(hour.totalCost)}` : "",
      stats.totalCost),
    tile("Requests", brief(stats.totalRequests), `${brief(stats.totalTokens)} tokens`,
      stats.totalRequests),
    tile("Errors", percent(stats.errorRate),
      worst ? `${lately(hour?.errorRate)}, mostly ${SHORT[worst] ?? worst}`
        : lately(hour?.errorRate), stats.errorRate),
    tile("Fallbacks", percent(stats.fallbackRate), lately(hour?.fallbackRate), stats.fallbackRate),
    tile("First token", wait(stats.medianFirstToken),
      stats.p95FirstToken === null ? "no streams" : `95 % within ${wait(stats.p95FirstToken)}`,
      stats.medianFirstToken),
    tile("Whole answer", wait(stats.medianLatency),
      stats.p95Latency === null ? "no answers" : `95 % within ${wait(stats.p95Latency)}`,
      stats.medianLatency),
  ];
}

/** What the tiles are of, if it is less than they say. */
export function caveats(stats) {
  const notes = [];
  const { detail, from } = stats;
  if (stats.totalRequests > 0 && (detail.from === null || detail.from > from + 1800)
    && detail.requests < stats.totalRequests) {
    notes.push(`Latencies are of the last ${count(detail.requests)} requests: `
      + "single requests are not kept longer.");
  }
  if (stats.unpricedRequests > 0) {
    notes.push(`${count(stats.unpricedRequests)} requests of the last 24 hours have no known price `
      + "and are missing in the spend; a price list (prices.file) would help.");
  }
  return notes;
}
