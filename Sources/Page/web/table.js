// The numbers behind the chart; it is the chart's legend too.

import { address } from "./api.js";
import { h, name } from "./dom.js";
import { brief, count, moment, money, percent, wait } from "./format.js";
import { color } from "./plot.js";
import { GROUPS } from "./state.js";
import { capital } from "./words.js";
import { csvParameters, sorted } from "./usage.js";

const TITLES = { cost: "Spend", requests: "Requests", errors: "Errors", fallbacks: "Fallbacks",
  input: "Input tokens", output: "Output tokens", latency: "Latency" };

const cell = (text, raw, title) =>
  h("td", { class: "number", "data-value": raw ?? "", title: title ?? null }, text);

function cells(row) {
  const ratio = row.requests > 0 ? row.errors / row.requests : null;
  return [
    cell(money(row.cost), row.cost, row.unpriced > 0 ? `${count(row.unpriced)} unpriced` : null),
    cell(count(row.requests), row.requests),
    cell(row.errors === 0 ? "0" : `${count(row.errors)} (${percent(ratio)})`, row.errors),
    cell(count(row.fallbacks), row.fallbacks),
    cell(brief(row.tokens.input), row.tokens.input, count(row.tokens.input)),
    cell(brief(row.tokens.output), row.tokens.output, count(row.tokens.output)),
    cell(wait(row.latency.success), row.latency.success),
  ];
}

function head(state, sort) {
  const titles = { name: GROUPS[state.by], ...TITLES };
  return h("thead", {}, h("tr", {}, Object.entries(titles).map(([column, title]) => {
    const isSorted = state.sort === column;
    const direction = isSorted ? (state.order === "asc" ? "ascending" : "descending") : null;
    const arrow = isSorted ? (state.order === "asc" ? " ↑" : " ↓") : "";
    const kind = column === "name" ? null : "number";
    return h("th", { scope: "col", "aria-sort": direction, class: kind },
      h("button", { type: "button", "data-sort": column, onclick: () => sort(column) }, title,
        h("span", { "aria-hidden": "true" }, arrow)));
  })));
}

function label(text, by) {
  if (text === "none") return h("span", { class: "muted" }, `no ${GROUPS[by].toLowerCase()}`);
  return name(text);
}

function body(data, shown) {
  const { state, top } = data;
  const places = new Map(top.map((text, place) => [text, place]));
  return h("tbody", {}, sorted(data).slice(0, shown).map((row) => {
    const text = row.labels[state.by];
    return h("tr", {},
      h("th", { scope: "row", class: "label" }, h("span", { class: "swatch", "aria-hidden": "true",
        style: { background: color(places.get(text)) } }), label(text, state.by)),
      cells(row));
  }));
}

/** The table with its totals and its CSV; `more` shows more rows, `sort` sorts by a column. */
export function table(data, shown, since, { more, sort }) {
  const { state, table } = data;
  const hidden = table.rows.length - shown;
  return [
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table of usage" },
      h("table", {},
        h("caption", { class: "hidden" }, `Usage by ${GROUPS[state.by].toLowerCase()}`),
        head(state, sort), body(data, shown),
        h("tfoot", {}, h("tr", {}, h("th", { scope: "row", class: "label" },
          `All ${count(table.total_rows)}`), cells(table.totals))))),
    table.notes.filter(({ code }) => code !== "begins_later").map(({ message }) =>
      h("p", { class: "note-line muted" }, `${capital(message)}.`)),
    since > data.span.from ? h("p", { class: "note-line muted" },
      `Nothing is known of what was before ${moment(since)}.`) : null,
    h("p", { class: "bar" },
      hidden > 0 ? h("button", { type: "button", id: "more-rows", onclick: more },
        `Show ${count(Math.min(hidden, 100))} more of ${count(hidden)}`) : null,
      table.total_rows > table.rows.length ? h("span", { class: "muted" },
        `The CSV has all ${count(table.total_rows)}.`) : null,
      h("a", { href: address("usage.csv", csvParameters(data)), download: "", class: "end",
        id: "csv" }, "Download CSV")),
  ];
}
