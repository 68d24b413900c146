// What the chart and the table show: period, grouping, measure.

import { h } from "./dom.js";
import { moment } from "./format.js";
import { dateText, GROUPS, MEASURES, PERIODS } from "./state.js";

function segments(title, group, choices, chosen, choose) {
  return h("fieldset", { class: "segments" }, h("legend", { class: "hidden" }, title),
    Object.entries(choices).map(([value, text]) => h("label", { "data-key": value },
      h("input", { type: "radio", name: group, value, checked: value === chosen,
        onchange: () => choose(value) }), h("span", {}, text))));
}

function select(title, id, choices, chosen, choose) {
  return h("label", { class: "choice" }, `${title} `,
    h("select", { id, onchange: (event) => choose(event.target.value) },
      Object.entries(choices).map(([value, text]) =>
        h("option", { value, selected: value === chosen }, text))));
}

function dates(state, choose) {
  const field = (title, id, value) => h("label", { class: "choice" }, `${title} `, h("input", {
    type: "date", id, value, max: dateText(Date.now() / 1000), onchange: () => {
      const [from, to] = ["date-from", "date-to"].map((id) => document.getElementById(id).value);
      if (from && to) choose({ from: from < to ? from : to, to: from < to ? to : from });
    },
  }));
  return h("span", { class: "dates", "data-key": "dates" },
    field("from", "date-from", state.from), field("to", "date-to", state.to));
}

/** The form's fields; `choose` takes what has changed. */
export function controls(state, span, choose) {
  const period = (value) => {
    if (value !== "custom") return choose({ period: value, from: "", to: "" });
    const now = Date.now() / 1000;
    return choose({ period: value, from: dateText(span?.from ?? now - 86_400), to: dateText(now) });
  };
  return [
    segments("Period", "period", PERIODS, state.period, period),
    state.period === "custom" ? dates(state, choose) : null,
    select("Show", "show", MEASURES, state.show, (show) => choose({ show })),
    select("by", "by", GROUPS, state.by, (by) => choose({ by })),
    span ? h("span", { class: "muted end" }, `${moment(span.from)} – ${moment(span.to)}`) : null,
  ];
}
