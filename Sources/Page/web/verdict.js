// The three answers that people open the page for, in a sentence each.

import { h, name } from "./dom.js";
import { moment, money, percent, share, span, timeOfDay } from "./format.js";
import { capital, plural, reason } from "./words.js";
import { allScopes } from "./budgets.js";

const MARKS = { ok: "●", warn: "▲", bad: "✕", none: "○" };

/** One card. */
function answer(tone, question, headline, detail) {
  return h("div", { class: `answer ${tone}` },
    h("p", { class: "question" }, question),
    h("p", { class: "headline" }, h("span", { class: "mark", "aria-hidden": "true" }, MARKS[tone]),
      " ", headline),
    h("p", { class: "detail" }, detail));
}

/** Two by name, more by number. */
function names(providers, all) {
  if (providers.length > 2) return [`${providers.length} of ${all.length} providers`];
  return providers.flatMap(({ provider }, place) => [place > 0 ? " and " : "", name(provider)]);
}

function health({ providers, stats }) {
  const question = "Is anything broken?";
  if (!providers) return answer("none", question, "Not known yet", "");
  const all = providers.providers;
  const down = all.filter((provider) => provider.state === "unhealthy");
  const weak = all.filter((provider) => provider.state === "degraded");
  const well = all.filter((provider) => provider.state === "healthy");
  if (stats?.proxy?.up === false) {
    return answer("bad", question, "The proxy does not answer",
      "Sidelight's probes of it fail; what is below is from before.");
  }
  if (down.length > 0) {
    const headline = [names(down, all), down.length > 1 ? " are down" : " is down"];
    return answer("bad", question, headline, why(down, weak));
  }
  if (weak.length > 0) {
    const headline = [names(weak, all), weak.length > 1 ? " have trouble" : " has trouble"];
    return answer("warn", question, headline, why(weak, []));
  }
  if (well.length === 0) {
    return all.length > 0
      ? answer("none", question, "Nothing heard lately", "No provider was called for a while.")
      : answer("none", question, "No traffic yet", "No request was seen so far.");
  }
  return answer("ok", question, "Nothing is broken",
    well.length === 1 ? "The one provider in use is healthy."
      : `All ${well.length} providers in use are healthy.`);
}

function why([first, ...same], others) {
  const text = first.lastFailure ? reason(first.lastFailure.reason) : "it fails";
  const cause = same.length > 0 ? [name(first.provider), `: ${text}`] : capital(text);
  const since = first.since ? `, since ${moment(first.since)}` : "";
  const more = others.length > 0 ? ` ${plural(others.length, "other")} degraded.` : "";
  return [cause, `${since}.${more}`];
}

function cost({ stats }) {
  const question = "What does it cost?";
  if (!stats) return answer("none", question, "Not known yet", "");
  const [today, before] = [stats.today.cost, stats.yesterday.cost];
  const headline = `${money(today)} today`;
  const when = `yesterday by ${timeOfDay(stats.yesterday.to)}`;
  if (before === 0) {
    return answer("none", question, headline, `Nothing was spent ${when}.`);
  }
  const change = today / before - 1;
  const then = `${when} (${money(before)})`;
  const text = Math.abs(change) < 0.005 ? `As much as ${then}.`
    : `${percent(Math.abs(change))} ${change > 0 ? "more" : "less"} than ${then}.`;
  return answer("none", question, headline, text);
}

const title = ({ budget, of }) => [name(budget.name), of ? [" for ", name(of)] : ""];

function budgets({ budgets, now }) {
  const question = "Will the budget hold?";
  if (!budgets) return answer("none", question, "Not known yet", "");
  const all = allScopes(budgets);
  if (all.length === 0) {
    return answer("none", question, "No budget is set", "Budgets are set in sidelight.yaml.");
  }
  const spent = all.filter(({ scope, budget }) => scope.spent >= budget.limit);
  const over = all.filter(({ scope, budget }) => scope.spent < budget.limit && scope.exhausted_at)
    .sort((a, b) => Date.parse(a.scope.exhausted_at) - Date.parse(b.scope.exhausted_at));
  if (spent.length > 0) {
    const [first] = spent;
    const more = spent.length > 1
      ? ` ${plural(spent.length - 1, "other is", "others are")}, too.` : "";
    return answer("bad", question, [title(first), " is spent"], [
      share(first.scope.spent, first.budget.limit, first.budget.unit).join(" "),
      `${renewal(first.budget, now)}.${more}`]);
  }
  if (over.length > 0) {
    const [first] = over;
    const at = Date.parse(first.scope.exhausted_at) / 1000;
    return answer("warn", question, [title(first), " runs out"], [
      `Going on like this, ${moment(at, now)}, in ${span(at - now)}.`
      + (over.length > 1 ? ` ${plural(over.length - 1, "other")} will not hold either.` : "")]);
  }
  const [most] = [...all].sort((a, b) => (b.scope.used_percent ?? 0) - (a.scope.used_percent ?? 0));
  return answer("ok", question, all.length === 1 ? "The budget holds" : "All budgets hold",
    [title(most), ` is at ${percent((most.scope.used_percent ?? 0) / 100)}.`]);
}

function renewal(budget, now) {
  if (!budget.period || budget.period.kind.startsWith("rolling")) return "";
  return `, renewed in ${span(Date.parse(budget.period.end) / 1000 - now)}`;
}

/** The cards. */
export function verdict(known) {
  return [health(known), cost(known), budgets(known)];
}
