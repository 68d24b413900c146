"""Providers: how they are, what they fail with, who steps in, how fast they are."""

import grafana as g
from common import (HEALTH, HEALTH_CHANGES, PROVIDER, TARGET, UP, health_timeline, mean, quantile,
                    rate)

MODEL = PROVIDER + ',model=~"$model"'
PRIMARY = TARGET + ',primary_provider=~"$provider"'
FAILED = MODEL + ',result!~"success|cancelled"'
ROUTE = TARGET + ',route=~"$route"'


def latency(title, description, metric, width=12):
    return g.series(title, description,
                    [(mean(metric, MODEL, "provider"), "{{provider}}: mean"),
                     (quantile(0.5, metric, MODEL, "provider"), "{{provider}}: median"),
                     (quantile(0.95, metric, MODEL, "provider"), "{{provider}}: 95th"),
                     (quantile(0.99, metric, MODEL, "provider"), "{{provider}}: 99th")], "s",
                    width, exemplars=True)


def build():
    health = g.row(
        "Health",
        health_timeline(16),
        g.series("Weighted error ratio",
                 "What health is decided by: failures by the provider's fault among its last"
                 " calls; rate limits weigh half, and are shown apart.",
                 [(f"avg by (provider) (llm_provider_error_ratio{{{PROVIDER}}})", "{{provider}}"),
                  (f"avg by (provider) (llm_provider_rate_limited_ratio{{{PROVIDER}}})",
                   "{{provider}}: rate limited")],
                 "percentunit", 8),
        g.timeline("Deployments", "Health of each entry of the proxy's model list.",
                   f"avg by (route, deployment) (llm_deployment_health{{{MODEL},"
                   'route=~"$route"})', "{{route}}: {{deployment}}", HEALTH, 16),
        g.series("Changes of health", "Transitions within an hour, by what they led to.",
                 [(f"sum by (provider, to) (increase(llm_provider_transitions_total{{{PROVIDER}}}"
                   "[1h]))", "{{provider}}: {{to}}")], "short", 8, bars=True),
        g.bars("Score", "Which model would serve best, for each power level: cost, latency and"
               " quality, weighted as configured, less errors.",
               f"topk(20, max by (power_level, provider, model) (llm_provider_score{{{MODEL}}}))",
               "{{power_level}}: {{provider}} {{model}}", "percentunit", 16, maximum=1),
        g.timeline("Proxy", "Whether the proxy answers its health checks.",
                   f"min by (instance) (llm_proxy_up{{{TARGET}}})", "{{instance}}", UP, 8))
    errors = g.row(
        "Errors and retries",
        g.series("Calls by result", "Calls from the proxy to providers.",
                 [(rate("llm_attempts_total", MODEL, "result"), "{{result}}")], "ops", 12,
                 stack=True),
        g.series("Share of failed calls", "By provider, whatever the reason.",
                 [(f"{rate('llm_attempts_total', FAILED, 'provider')}"
                   f" / {rate('llm_attempts_total', MODEL, 'provider')}", "{{provider}}")],
                 "percentunit", 12, maximum=1),
        g.series("Failures by fault and reason", "Requests that failed as the client saw it.",
                 [(rate("llm_request_failures_total", MODEL, "fault", "reason"),
                   "{{fault}}: {{reason}}")], "reqps", 8, stack=True),
        g.series("Requests saved by a retry", "Served by a further call on their own route, by"
                 " what the first one failed with.",
                 [(rate("llm_retried_requests_total", MODEL, "provider", "reason"),
                   "{{provider}}: {{reason}}")], "reqps", 8, stack=True),
        g.series("Failed calls by deployment", "Which entry of the model list fails.",
                 [(rate("llm_deployment_attempts_total", ROUTE + ',result!~"success|cancelled"',
                        "route", "deployment"), "{{route}}: {{deployment}}")], "ops", 8,
                 stack=True))
    fallbacks = g.row(
        "Fallbacks",
        g.series("By pair", "Provider of the first failed call, and who served instead.",
                 [(rate("llm_fallbacks_total", PRIMARY, "primary_provider", "fallback_provider"),
                   "{{primary_provider}} → {{fallback_provider}}")], "reqps", 8, stack=True),
        g.series("By route", "The route asked for, the route that served, and why.",
                 [(rate("llm_route_fallbacks_total", ROUTE, "route", "served_route", "reason"),
                   "{{route}} → {{served_route}}: {{reason}}")], "reqps", 8, stack=True),
        g.series("Chains that failed to their end", "Requests that failed although fallbacks were"
                 " tried.",
                 [(rate("llm_fallbacks_exhausted_total", PRIMARY, "primary_provider", "reason"),
                   "{{primary_provider}}: {{reason}}")], "reqps", 8, stack=True),
        g.series("Share by route", "Of the requests for each route that reached a provider, within"
                 " the last 10 minutes: how many another route served.",
                 [(f"avg by (route) (llm_route_fallback_ratio{{{ROUTE}}})", "{{route}}")],
                 "percentunit", 24, maximum=1),
        g.table("Configured chains", "The fallbacks that the proxy's configuration declares.",
                [(f"max by (route, position, target) (llm_fallback_route_info{{{ROUTE}}})", "")],
                {"Value": ("In force", "bool_yes_no")}, 12),
        g.table("Problems of chains", "What in them cannot work, or costs unexpectedly.",
                [(f"max by (route, problem) (llm_fallback_chain_problem{{{ROUTE}}})", "")],
                {"Value": ("Holds", "bool_yes_no")}, 12))
    speed = g.row(
        "Latency",
        latency("What clients wait", "Successful answers, retries and fallbacks included.",
                "llm_request_duration_seconds"),
        g.heatmap("What clients wait, spread", "Successful answers of providers.",
                  "llm_request_duration_seconds", MODEL),
        latency("Single calls", "From the proxy to a provider, failed ones included.",
                "llm_attempt_duration_seconds"),
        g.heatmap("Single calls, spread", "From the proxy to a provider, failed ones included.",
                  "llm_attempt_duration_seconds", MODEL),
        latency("First token", "Of streams, from the start of the answering call.",
                "llm_time_to_first_token_seconds"),
        g.heatmap("First token, spread", "Of streams, from the start of the answering call.",
                  "llm_time_to_first_token_seconds", MODEL),
        g.series("Time per output token", "Of streams, after the first token.",
                 [(quantile(0.5, "llm_time_per_output_token_seconds", MODEL, "provider", "model"),
                   "{{provider}} {{model}}: median")], "s", 12, exemplars=True),
        g.series("The proxy's own share", "Of requests that had exactly one call.",
                 [(quantile(0.5, "llm_proxy_overhead_seconds", MODEL, "provider"),
                   "{{provider}}: median"),
                  (quantile(0.95, "llm_proxy_overhead_seconds", MODEL, "provider"),
                   "{{provider}}: 95th")], "s", 12, exemplars=True))
    limits = g.row(
        "Rate limits",
        g.series("Headroom", "What is left of the limits that providers report, the least that"
                 " any Sidelight saw.",
                 [(f"min by (provider, model, kind) (llm_rate_limit_remaining{{{MODEL}}}"
                   f" / (llm_rate_limit_limit{{{MODEL}}} > 0))",
                   "{{provider}} {{model}} {{kind}}")], "percentunit", 12, maximum=1),
        g.series("Calls refused for their rate", "Answered with 429 by the provider.",
                 [(rate("llm_attempts_total", MODEL + ',result="rate_limited"', "provider",
                        "model"), "{{provider}} {{model}}")], "ops", 12, stack=True))
    return g.dashboard(
        "sidelight-providers", "Sidelight / Providers",
        "How providers are, what they fail with, who steps in, and how fast they are.",
        g.variables(("provider", "llm_requests_total"), ("model", "llm_requests_total"),
                    ("route", "llm_deployment_attempts_total")), [HEALTH_CHANGES],
        [health, errors, fallbacks, speed, limits])
