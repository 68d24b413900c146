"""Compares what Prometheus has scraped with the truth.json of the lab."""

# Families of truth.json by the metric that tells them, and how many units make one.
METRICS = {
    "requests": ("llm_requests_total", 1),
    "failures": ("llm_request_failures_total", 1),
    "attempts": ("llm_attempts_total", 1),
    "deployment_attempts": ("llm_deployment_attempts_total", 1),
    "fallbacks": ("llm_fallbacks_total", 1),
    "route_fallbacks": ("llm_route_fallbacks_total", 1),
    "retried_requests": ("llm_retried_requests_total", 1),
    "cached_requests": ("llm_cached_requests_total", 1),
    "unpriced_requests": ("llm_unpriced_requests_total", 1),
    "tokens": ("llm_tokens_total", 1),
    "cost_nano_dollars": ("llm_cost_total", 10**9),
}


def check_truth(checks, prometheus, truth, when):
    """One check for each family: sums by labels, costs to the nano-dollar.

    Requests of a `prober` are left out.
    """
    for family, (metric, scale) in METRICS.items():
        rows = truth[family]
        labels = [name for name in (rows[0] if rows else ()) if name != "value"]
        expected = {tuple(row[label] for label in labels): row["value"]
                    for row in rows if row["value"]}
        checks.eventually(
            lambda metric=metric, labels=labels, scale=scale:
                prometheus.sums(f'{metric}{{provider!="probe"}}', labels, scale),
            expected, f"{when}: {family} by {', '.join(labels)} exact, {sum(expected.values())}")
