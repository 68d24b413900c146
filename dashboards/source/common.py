"""What several dashboards share: matchers, states, annotations and panels."""

import grafana as g

TARGET = 'job=~"$job",instance=~"$instance"'
PROVIDER = TARGET + ',provider=~"$provider"'

HEALTH = (g.mapping(1, "healthy", "green"), g.mapping(0.5, "degraded", "orange"),
          g.mapping(0, "unhealthy", "red"))
UP = (g.mapping(1, "up", "green"), g.mapping(0, "down", "red"))

GOOD_BAD = ((None, "green"), (0.05, "orange"), (0.1, "red"))
BUDGET = ((None, "green"), (0.5, "yellow"), (0.8, "orange"), (1, "red"))

# A gauge that was not 1 a minute ago: increase() would miss a counter's first event.
CROSSINGS = g.annotation(
    "Budget crossings",
    f"llm_budget_threshold_crossed{{{TARGET}}} == 1"
    f" unless llm_budget_threshold_crossed{{{TARGET}}} offset 1m == 1",
    "{{budget}} reached {{threshold}} %", "orange", "scope {{scope}}")
HEALTH_CHANGES = g.annotation(
    "Health changes",
    f"llm_provider_state{{{TARGET}}} == 1 unless llm_provider_state{{{TARGET}}} offset 1m == 1",
    "{{provider}} is {{state}}", "blue")


def rate(metric, matchers, *by):
    return f"sum by ({', '.join(by)}) (rate({metric}{{{matchers}}}[$__rate_interval]))"


def over_range(metric, matchers, *by):
    total = f"(increase({metric}{{{matchers}}}[$__range]))"
    return f"sum by ({', '.join(by)}) {total}" if by else f"sum{total}"


def mean(metric, matchers, *by):
    return f"{rate(metric + '_sum', matchers, *by)} / {rate(metric + '_count', matchers, *by)}"


def quantile(share, metric, matchers, *by):
    return f"histogram_quantile({share}, {rate(metric + '_bucket', matchers, *by, 'le')})"


def health_timeline(width=24, height=g.HEIGHT):
    return g.timeline(
        "Provider health",
        "Healthy, degraded or unhealthy, from the results of real calls; a gap means that nothing"
        " is known. Several Sidelights are averaged.",
        f"avg by (provider) (llm_provider_health{{{PROVIDER}}})", "{{provider}}", HEALTH, width,
        height)
