// The chart of usage over time: stacked bars by Chart.js.

import { visible } from "./dom.js";
import { axisMoney, brief, bucket, money, moment } from "./format.js";
import { GROUPS, MEASURES } from "./state.js";
import { series } from "./usage.js";

const LIGHT = ["#4453c4", "#17877d", "#d08a1d", "#b84a72", "#6f8f2c", "#8460c2", "#2f7fb5",
  "#c9633a"];
const DARK = ["#93a0ff", "#4cc3b5", "#f0b458", "#e88aad", "#a9c765", "#b99af0", "#6bb8ea",
  "#f29a75"];
const REST = { light: "#a6a9b1", dark: "#6d717b" };

const style = () => getComputedStyle(document.documentElement);
const isDark = () => style().getPropertyValue("--scheme").trim() === "dark";

/** Of a place among the top; what is beyond them is grey. */
export function color(place) {
  if (place === undefined) return isDark() ? REST.dark : REST.light;
  return (isDark() ? DARK : LIGHT)[place % LIGHT.length];
}

/** An isolate keeps a name's direction from turning the rest of the label. */
const isolated = (text) => `\u2068${visible(text)}\u2069`;

let chart = null;
let drawn = "";

function datasets(data) {
  return series(data).map(({ label, values, isRest }, place) => ({
    label: isRest ? label : label === "none" ? `no ${GROUPS[data.state.by].toLowerCase()}`
      : isolated(label),
    data: values, backgroundColor: color(isRest ? undefined : place), borderWidth: 0,
    barPercentage: 0.92, categoryPercentage: 0.92, maxBarThickness: 48,
  }));
}

function options({ state, span, steps }) {
  const [ink, line] = ["--muted", "--line"].map((name) => style().getPropertyValue(name).trim());
  const [show, axis] = state.show === "cost" ? [money, axisMoney] : [brief, brief];
  return {
    responsive: true, maintainAspectRatio: false, animation: false,
    interaction: { mode: "index", intersect: false },
    plugins: {
      legend: { display: false },
      tooltip: {
        itemSort: (a, b) => b.raw - a.raw, filter: (item) => item.raw > 0,
        callbacks: {
          title: ([item]) => item ? moment(steps[item.dataIndex]) : "",
          label: (item) => ` ${item.dataset.label}  ${show(item.raw)}`,
          footer: (items) => items.length > 1
            ? `Together ${show(items.reduce((sum, { raw }) => sum + raw, 0))}` : "",
        },
      },
    },
    scales: {
      x: { stacked: true, grid: { display: false, borderColor: line },
        ticks: { color: ink, maxRotation: 0, autoSkipPadding: 16,
          callback: (_, index) => bucket(steps[index], span.seconds) } },
      y: { stacked: true, beginAtZero: true, grid: { color: line, drawBorder: false },
        ticks: { color: ink, maxTicksLimit: 6, callback: (value) => axis(value) } },
    },
  };
}

/** Draws `data` on the canvas, or says in words that there is nothing to draw. */
export function plot(data, canvas, empty) {
  const { state, table, top, steps } = data;
  const measure = MEASURES[state.show];
  const total = table.totals.requests;
  empty.textContent = total === 0 ? "No requests in this period." : "";
  canvas.hidden = total === 0;
  canvas.setAttribute("aria-label", total === 0 ? "Nothing to draw"
    : `Bars of ${measure.toLowerCase()} over time by ${GROUPS[state.by].toLowerCase()}; the most: `
      + `${top.slice(0, 3).map(visible).join(", ")}. The table below has the numbers.`);
  const content = { labels: steps, datasets: datasets(data) };
  const look = JSON.stringify([content, state.show, isDark()]);
  if (look === drawn && chart) return;
  drawn = look;
  if (!chart) {
    globalThis.Chart.defaults.font.family = style().getPropertyValue("--font");
    chart = new globalThis.Chart(canvas, { type: "bar", data: content, options: options(data) });
    return;
  }
  chart.data = content;
  chart.options = options(data);
  chart.update("none");
}
