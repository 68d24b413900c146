"""The first look: who serves, how fast, for how much, how well, and who steps in."""

import grafana as g
from common import (CROSSINGS, GOOD_BAD, HEALTH_CHANGES, PROVIDER, TARGET, UP, health_timeline,
                    mean, over_range, quantile, rate)

DURATION = "llm_request_duration_seconds"
REACHED = TARGET + ',provider!="none"'
BAD = TARGET + ',fault=~"provider|gateway"'


def build():
    first = [
        g.series("Requests per provider",
                 "Requests of clients by the provider that served them, or that failed first;"
                 " none: no deployment was chosen.",
                 [(rate("llm_requests_total", PROVIDER, "provider"), "{{provider}}")], "reqps", 8,
                 stack=True),
        g.series("Average latency",
                 "What clients wait for a successful answer, retries and fallbacks included.",
                 [(mean(DURATION, PROVIDER, "provider"), "{{provider}}"),
                  (quantile(0.95, DURATION, PROVIDER), "95th percentile of all")], "s", 8,
                 exemplars=True),
        g.heatmap("Latency histogram", "How what clients wait is spread.", DURATION, PROVIDER, 8),
        g.series("Cost per provider", "US dollars an hour at the present pace.",
                 [(f"{rate('llm_cost_total', PROVIDER, 'provider')} * 3600", "{{provider}}")],
                 "currencyUSD", 8, stack=True),
        health_timeline(8),
        g.series("Fallback rate",
                 "Share of requests that another route than the asked one served, of those that"
                 " reached a provider.",
                 [(f"sum(rate(llm_fallbacks_total{{{TARGET}}}[$__rate_interval]))"
                   f" / sum(rate(llm_requests_total{{{REACHED}}}[$__rate_interval]))", "all"),
                  (f"avg(llm_fallback_ratio{{{TARGET}}})", "last 10 minutes")], "percentunit", 8),
    ]
    glance = g.row(
        "At a glance",
        g.stat("Proxy", "Whether the proxy answers its health checks.",
               f"min(llm_proxy_up{{{TARGET}}})", "none", mappings=UP),
        g.stat("Requests", "In the range of time shown.",
               over_range("llm_requests_total", TARGET), "short", decimals=0),
        g.stat("Errors", "Share of requests of the last 10 minutes that reached a provider and"
               " failed.", f"avg(llm_error_ratio{{{TARGET}}})", "percentunit", steps=GOOD_BAD),
        g.stat("Spend of the last hour", "By the time at which requests ended.",
               f"sum(llm_cost_last_hour{{{TARGET}}})", "currencyUSD"),
        g.stat("Spend", "In the range of time shown.", over_range("llm_cost_total", TARGET),
               "currencyUSD"),
        g.stat("Fullest budget", "How far the budget that is nearest its limit is spent.",
               f"max(llm_budget_used_ratio{{{TARGET}}})", "percentunit",
               steps=((None, "green"), (0.8, "orange"), (1, "red"))))
    errors = g.row(
        "What goes wrong",
        g.series("Failures by fault and reason",
                 "Requests that failed as the client saw it, by whose fault it was.",
                 [(rate("llm_request_failures_total", PROVIDER, "fault", "reason"),
                   "{{fault}}: {{reason}}")], "reqps", 12, stack=True),
        g.series("Errors against the objective",
                 "Share of requests that failed by the fault of providers or the gateway, among"
                 " those and the successes.",
                 [(f"sum(rate(llm_request_failures_total{{{BAD}}}[$__rate_interval]))"
                   f" / (sum(rate(llm_requests_total{{{TARGET},status=\"success\"}}"
                   "[$__rate_interval]))"
                   f" + sum(rate(llm_request_failures_total{{{BAD}}}[$__rate_interval])))",
                   "errors")], "percentunit", 12),
        g.series("Fallbacks by pair", "Who failed first and who served instead.",
                 [(rate("llm_fallbacks_total", TARGET, "primary_provider", "fallback_provider"),
                   "{{primary_provider}} → {{fallback_provider}}")], "reqps", 12, stack=True),
        g.series("Fallbacks that failed as well", "Requests for which all fallbacks failed.",
                 [(rate("llm_fallbacks_exhausted_total", TARGET, "primary_provider", "reason"),
                   "{{primary_provider}}: {{reason}}")], "reqps", 12, stack=True))
    usage = g.row(
        "What is used",
        g.series("Tokens", "As billed; cached prompt tokens are part of input.",
                 [(rate("llm_tokens_total", PROVIDER, "type"), "{{type}}")], "short", 8,
                 stack=True),
        g.bars("Requests by model", "In the range of time shown, the ten with the most.",
               f"topk(10, {over_range('llm_requests_total', PROVIDER, 'provider', 'model')})",
               "{{provider}} {{model}}"),
        g.bars("Cost by model", "In the range of time shown, the ten with the most.",
               f"topk(10, {over_range('llm_cost_total', PROVIDER, 'provider', 'model')})",
               "{{provider}} {{model}}", "currencyUSD"))
    return g.dashboard(
        "sidelight-overview", "Sidelight / Overview",
        "Who serves the requests of the LLM proxy, how fast, for how much, how well, and who"
        " steps in.", g.variables(("provider", "llm_requests_total")),
        [CROSSINGS, HEALTH_CHANGES], [first, glance, errors, usage])
