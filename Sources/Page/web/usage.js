// What was used in a period: asked of the API, and brought into the shape of table and chart.

import { ask } from "./api.js";
import { range, zone } from "./state.js";

const TOP = 8;
const MOST_ROWS = 1000;
const NANO = 1e9;

/** A row's amount of a measure; money in whole nano-dollars, so that differences are exact. */
export function measured(row, measure) {
  switch (measure) {
    case "cost": return Math.round(row.cost * NANO);
    case "tokens": return row.tokens.input + row.tokens.output;
    default: return row[measure];
  }
}

export const scaled = (value, measure) => measure === "cost" ? value / NANO : value;

const SORTS = { cost: "cost", requests: "requests", tokens: "tokens", errors: "errors" };

/** Everything that the chart and the table show. */
export async function load(state, signal) {
  const span = range(state);
  const period = { from: span.from, to: span.isNow ? null : span.to };
  const stepped = { ...period, step: span.step, tz: zone() };
  const [table, whole] = await Promise.all([
    ask("usage", { ...period, by: state.by, sort: SORTS[state.show], order: "desc",
      limit: MOST_ROWS }, signal),
    ask("usage", stepped, signal),
  ]);
  const top = table.rows.slice(0, TOP).map((row) => row.labels[state.by]);
  const parts = top.length === 0 ? null : await ask("usage",
    { ...stepped, by: state.by, limit: 10_000, [state.by]: top }, signal);
  return { state, span, table, top, whole, parts, steps: whole.starts ?? [] };
}

/** Stacked series, the largest first; what is beyond the top is one more. */
export function series({ state, table, top, whole, parts, steps }) {
  const place = new Map(steps.map((start, index) => [start, index]));
  const empty = () => new Array(steps.length).fill(0);
  const rest = empty();
  for (const row of whole.rows) {
    if (place.has(row.start)) rest[place.get(row.start)] += measured(row, state.show);
  }
  const lines = new Map(top.map((label) => [label, empty()]));
  for (const row of parts?.rows ?? []) {
    const [index, line] = [place.get(row.start), lines.get(row.labels[state.by])];
    if (index === undefined || !line) continue;
    const value = measured(row, state.show);
    line[index] += value;
    rest[index] -= value;
  }
  const result = [...lines].map(([label, values]) => ({ label, values, isRest: false }));
  if (table.total_rows > top.length) {
    // Between the answers the last step may have grown.
    result.push({ label: `${table.total_rows - top.length} others`, isRest: true,
      values: rest.map((value) => Math.max(0, value)) });
  }
  return result.map((line) => (
    { ...line, values: line.values.map((value) => scaled(value, state.show)) }));
}

const VALUES = {
  name: (row, by) => row.labels[by],
  cost: (row) => row.cost,
  requests: (row) => row.requests,
  errors: (row) => row.requests > 0 ? row.errors / row.requests : -1,
  fallbacks: (row) => row.fallbacks,
  input: (row) => row.tokens.input,
  output: (row) => row.tokens.output,
  latency: (row) => row.latency.success ?? -1,
};

/** The table's rows in the order that was chosen; equals stay as the API had them. */
export function sorted({ state, table }) {
  const value = VALUES[state.sort];
  const sign = state.order === "asc" ? 1 : -1;
  return [...table.rows].sort((left, right) => {
    const [a, b] = [value(left, state.by), value(right, state.by)];
    return sign * (typeof a === "string" ? a.localeCompare(b) : a - b);
  });
}

/** The parameters of the same table as CSV. */
export function csvParameters({ state, span }) {
  return { from: span.from, to: span.isNow ? null : span.to, by: state.by,
    sort: SORTS[state.show], order: "desc" };
}
