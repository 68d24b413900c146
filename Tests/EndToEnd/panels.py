"""Every query of the dashboards and rules, asked of a Prometheus that has seen real traffic."""

import json
import re
import sys

import support

sys.path.insert(0, str(support.ROOT / "Tests/Monitoring"))
import promql  # noqa: E402  pylint: disable=wrong-import-position

# Series that a run of the lab cannot have, and why. Whatever names one of them may be empty.
EMPTY = {
    "llm_rate_limit_limit": "absent two minutes after a provider reported it",
    "llm_rate_limit_remaining": "absent two minutes after a provider reported it",
    "llm_cached_requests_total": "nothing is asked twice",
    "llm_cost_saved_total": "nothing is asked twice",
    "llm_retried_requests_total": "outages last longer than retries",
    "llm_user_cost_total": "not in labels.attribution",
    "llm_end_user_cost_total": "not in labels.attribution",
    "llm_tag_cost_total": "not in labels.attribution",
    "llm_extra_cost_total": "labels.extra is empty",
    "llm_notifications_total": "no receiver of Sidelight's own",
    "llm_notifications_pending": "no receiver of Sidelight's own",
    "llm_notification_oldest_pending_timestamp_seconds": "no receiver of Sidelight's own",
    "llm_budget_exhaustion_timestamp_seconds": "no budget runs out in so short a time",
    "sidelight_source_duplicates_total": "no line comes twice",
    "sidelight_values_folded_total": "no limit is reached",
    "sidelight_settled_late_total": "only of payload logs",
    "sidelight_imported_requests_total": "nothing is imported",
    **dict.fromkeys((
        "sidelight_shared_ledger_up", "sidelight_shared_view_age_seconds", "sidelight_spool_bytes",
        "sidelight_shared_requests_total", "sidelight_shared_duplicates_total",
        "sidelight_spool_age_seconds", "sidelight_spool_dropped_requests_total",
    ), "no ledger is shared"),
    "llm_token_details_total": "none of these models reports any",
}
# Names that end in these are of yesterday or longer ago.
HISTORY = re.compile(r"offset (1d|2d|1w)|_yesterday|:usual|sidelight_days")


def _filled(expression, window, whole):
    for name, value in (("$__rate_interval", window), ("$__range", whole), ("$job", ".+"),
                        ("$instance", ".+")):
        expression = expression.replace(name, value)
    return re.sub(r"\$\w+", ".*", expression)


def _queries():
    for file in sorted((support.ROOT / "dashboards").glob("*.json")):
        dashboard = json.loads(file.read_text())
        for panel in dashboard["panels"]:
            for target in panel.get("targets", []):
                yield f"{file.stem}: {panel['title']}", target["expr"]
        for annotation in dashboard["annotations"]["list"]:
            yield f"{file.stem}: {annotation['name']}", annotation["expr"]


def _excuse(expression):
    """Why a query may be empty; nothing if it may not."""
    for selector in promql.names(expression).selectors:
        if selector.name in EMPTY:
            return EMPTY[selector.name]
    return "yesterday was before the test" if HISTORY.search(expression) else ""


def check_dashboards(checks, monitoring, start, end):
    """All panels, in one check for each dashboard; prints what is empty for a reason."""
    window = f"{max(1, round(monitoring.interval * 4))}s"
    whole = f"{max(1, round(end - start))}s"
    missing, excused, asked = {}, {}, {}
    for place, expression in _queries():
        name = place.split(":")[0]
        asked[name] = asked.get(name, 0) + 1
        query = _filled(expression, window, whole)
        found = monitoring.series(query, start, end)
        if not found and (why := _excuse(expression)):
            excused[place] = why
        elif not found:
            missing.setdefault(name, []).append(f"{place}: {query}")
    for name, number in asked.items():
        checks.that(name not in missing, f"dashboard {name}: {number} queries give data",
                    "; ".join(missing.get(name, [])[:5]))
    for place, why in excused.items():
        print(f"     empty, as {why}: {place}")


def check_rules(checks, monitoring, start, end):
    """Every rule is evaluated without an error; what is recorded is there; what alerts name is."""
    rules = monitoring.rules()
    errors = {rule["name"]: rule["lastError"] for rule in rules if rule.get("lastError")}
    checks.equal(errors, {}, f"{len(rules)} rules are evaluated without an error")
    missing = []
    recorded = {rule["name"] for rule in rules if rule["type"] == "recording"}
    excused = {rule["name"] for rule in rules
               if _excuse(rule["query"]) or _excuse(rule["name"])}
    for rule in rules:
        if rule["type"] == "recording":
            names = [] if rule["name"] in excused else [rule["name"]]
        else:
            names = [selector.name for selector in promql.names(rule["query"]).selectors]
        for name in names:
            if name in EMPTY or name in excused or (name in recorded and rule["type"] != "recording"):
                continue
            if not monitoring.series(f"last_over_time({name}[1h])", start, end):
                missing.append(f"{rule['name']}: {name}")
    checks.that(not missing, "what rules record and what they name is there",
                "; ".join(sorted(set(missing))[:5]))
