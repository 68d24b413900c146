// Who is well, who is not, and what is wrong with those.

import { h, name } from "./dom.js";
import { about, count, moment, percent } from "./format.js";
import { capital, level, plural, reason, SHORT } from "./words.js";

const RANK = { unhealthy: 0, degraded: 1, unknown: 3, healthy: 2 };
// As many cards as fit beside a few budgets.
const [MOST, FEWEST] = [9, 3];

function problem(subject) {
  const parts = [];
  const { lastFailure, attempts, errorRatio, rateLimitedRatio } = subject;
  if (lastFailure) {
    parts.push(`${capital(reason(lastFailure.reason))}.`);
  }
  if (subject.origin === "probe") parts.push("The proxy's own health check says so.");
  else if (errorRatio !== null && attempts > 0) {
    const share = Math.max(errorRatio, rateLimitedRatio ?? 0);
    parts.push(`${percent(share)} of the last ${plural(attempts, "call")} failed.`);
  }
  return parts.join(" ");
}

function badge(state) {
  const { tone, mark, text } = level(state);
  return h("span", { class: `badge ${tone}` },
    h("span", { "aria-hidden": "true" }, mark), ` ${text}`);
}

function deployments(provider) {
  if (provider.deployments.length === 0) return null;
  const bad = provider.deployments.filter(({ state }) => state === "unhealthy").length;
  const summary = plural(provider.deployments.length, "deployment")
    + (bad > 0 ? `, ${bad} unhealthy` : "");
  return h("details", {}, h("summary", {}, summary), h("ul", { class: "plain" },
    provider.deployments.slice(0, 50).map((deployment) => h("li", { class: "deployment" },
      badge(deployment.state), " ", name(deployment.deployment), " ",
      h("span", { class: "muted" }, "serves ", name(deployment.route)),
      deployment.state !== "healthy" && deployment.lastFailure
        ? h("span", { class: "muted" }, `, ${SHORT[deployment.lastFailure.reason] ?? "failing"}`)
        : null)),
    provider.deployments.length > 50
      ? h("li", { class: "muted" }, `and ${provider.deployments.length - 50} more`) : null));
}

function limits(provider) {
  const low = provider.rateLimits.filter(({ remainingRequests, limitRequests }) =>
    limitRequests > 0 && remainingRequests / limitRequests < 0.1);
  return low.slice(0, 3).map((limit) => h("p", { class: "note" },
    "Rate limit nearly used: ", name(limit.model),
    `, ${count(limit.remainingRequests)} of ${count(limit.limitRequests)} left.`));
}

function card(provider, now) {
  const isBad = provider.state === "unhealthy" || provider.state === "degraded";
  const { tone } = level(provider.state);
  const heard = provider.lastHeard === null ? "never called"
    : `called ${about(now - provider.lastHeard)} ago`;
  const since = isBad && provider.since ? `since ${moment(provider.since, now)}` : heard;
  return h("li", { class: `provider ${tone}`, "data-key": provider.provider },
    h("p", { class: "row" }, h("strong", {}, name(provider.provider)), badge(provider.state),
      h("span", { class: "muted end" }, since)),
    isBad ? h("p", { class: "problem" }, problem(provider)) : null,
    limits(provider), deployments(provider));
}

/** All of them, the broken ones first. */
export function providers(answer, now) {
  const all = [...answer.providers].sort((a, b) => (RANK[a.state] ?? 3) - (RANK[b.state] ?? 3));
  if (all.length === 0) {
    return h("p", { class: "empty" },
      "No provider was called yet. They appear with the first request in the log.");
  }
  const troubled = all.filter(({ state }) => (RANK[state] ?? 3) < 2);
  const rest = all.slice(troubled.length);
  const cards = (list) => h("ul", { class: "plain" }, list.map((provider) => card(provider, now)));
  const well = Math.max(FEWEST, MOST - troubled.length);
  const first = cards([...troubled, ...rest.slice(0, well)]);
  if (rest.length <= well) return first;
  return [first, h("details", { class: "more" },
    h("summary", {}, `${rest.length - well} more that are not failing`),
    cards(rest.slice(well)))];
}
