"""Compares the native log of a lab run with what clients and upstream saw.

    verify.py OUT [NATIVE_LOG...]

Prints a table by scenario, writes OUT/truth.json, exits 1 on any difference that has no
explanation. LiteLLM's own estimates (class Request, `estimated`) are the only explained ones:
there the log's token counts and cost are taken as they are.
"""

import collections
import json
import sys

import truth

COLUMNS = ("requests", "failures", "attempts", "deployment_attempts", "fallbacks",
           "retried_requests", "cached_requests", "unpriced_requests", "tokens",
           "cost_nano_dollars")
SERVED = ("success", "cancelled")


def total_of_log(lines, scenario_of):
    totals = truth.Totals()
    for line in lines:
        scenario = scenario_of(line)
        provider, model = line.get("provider"), line.get("model")
        if line["kind"] == "attempt":
            totals.add("attempts", scenario, (provider, model, line["reason"]))
            totals.add("deployment_attempts", scenario,
                       (line["deployment"], line["route"], line["reason"]))
            continue
        outcome, first = line["outcome"], line.get("first_failure", {})
        power = line.get("meta", {}).get("power_level")
        totals.add("requests", scenario, (provider, model, power, outcome))
        if "attempt_start" in line:
            served_route = line.get("served_route", line["route"])
            totals.add("attempts", scenario, (provider, model, outcome))
            totals.add("deployment_attempts", scenario,
                       (line["deployment"], served_route, outcome))
        if outcome == "failure":
            reason = first.get("reason", line["reason"])
            totals.add("failures", scenario, (provider, model, truth.FAULTS.get(reason), reason))
        elif line["fallbacks"]:
            totals.add("fallbacks", scenario, (first.get("provider"), provider, first["reason"]))
            totals.add("route_fallbacks", scenario,
                       (line["route"], line["served_route"], first["reason"]))
        elif line["retries"]:
            totals.add("retried_requests", scenario,
                       (first["provider"], first["model"], first["reason"]))
        if line.get("cache_hit"):
            totals.add("cached_requests", scenario, (provider, model))
        elif "tokens" in line:
            totals.add_usage(scenario, provider, model, line["tokens"]["input"],
                             line["tokens"]["output"], line.get("cost_usd"))
    return totals


def compare_orders(requests, lines):
    """Requests whose failed attempts are not those the upstream saw, in that order."""
    logged = collections.defaultdict(list)
    for line in lines:
        if line["kind"] == "attempt":
            logged[line["id"]].append((line["n"], line["deployment"], line["reason"]))
    differing = []
    for request in requests:
        seen = [(number, attempt.deployment.id, attempt.result)
                for number, attempt in enumerate(request.failed, 1)]
        if request.call_id and sorted(logged.pop(request.call_id, [])) != seen:
            differing.append(request.client["id"])
    return differing + list(logged)


def check_request_lines(requests, by_call_id):
    """What a request line says of its own course."""
    problems = []
    for request in requests:
        line = by_call_id.get(request.call_id)
        if line is None:
            continue
        routes = [attempt.deployment.route for attempt in request.attempts]
        changes = sum(before != after for before, after in zip(routes, routes[1:]))
        expected = (len(routes), max(0, len(routes) - 1 - changes), changes)
        found = (line["attempts"], line["retries"], line["fallbacks"])
        if found != expected:
            problems.append(f"{request.client['id']}: attempts, retries, fallbacks {found}, "
                            f"not {expected}")
        if not line["start"] <= line.get("attempt_start", line["end"]) <= line["end"]:
            problems.append(f"{request.client['id']}: times out of order")
        if line["start"] < request.client["sent"]:
            problems.append(f"{request.client['id']}: began before it was sent")
        header = request.client.get("response_cost")
        if header and "cost_usd" in line and not request.cached and not request.client["stream"]:
            if truth.nano_dollars(header) != truth.nano_dollars(line["cost_usd"]):
                problems.append(f"{request.client['id']}: the client was told a cost of {header}")
    return problems


def print_table(expected, found):
    by_scenario = [collections.Counter(), collections.Counter()]
    scenarios = set()
    for counter, totals in zip(by_scenario, (expected, found)):
        for (family, scenario, _), value in totals.counts.items():
            counter[(family, scenario)] += value
            counter[(family, "total")] += value
            scenarios.add(scenario)
    print("scenario".ljust(18) + "".join(name.split("_")[0][:11].rjust(13) for name in COLUMNS))
    for scenario in [*sorted(scenarios), "total"]:
        cells = []
        for family in COLUMNS:
            want, have = (counter[(family, scenario)] for counter in by_scenario)
            cells.append(("" if not want and not have else str(want) if want == have
                          else f"{want}!={have}").rjust(13))
        print(scenario.ljust(18) + "".join(cells))


def write_truth(path, expected, explained, requests):
    document = {"clients": len(requests)}
    for family, labels in truth.FAMILIES.items():
        document[family] = [
            {**dict(zip(labels, values)), "value": value}
            for values, value in sorted(expected.by_labels(family).items()) if value
        ]
    document["total_cost_nano_dollars"] = sum(expected.by_labels("cost_nano_dollars").values())
    document["tokens_and_cost_taken_from_the_log"] = [
        {"scenario": scenario, "why": why, "requests": count}
        for (scenario, why), count in sorted(explained.items())
    ]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1)
        file.write("\n")


def main():
    out, logs = sys.argv[1], sys.argv[2:] or [f"{sys.argv[1]}/native.jsonl"]
    lines = [line for log in logs for line in truth.read_lines(log)]
    requests, left_over = truth.load_requests(out)
    scenarios = {request.call_id: request.scenario for request in requests if request.call_id}
    by_call_id = {line["id"]: line for line in lines if line["kind"] == "request"}

    def scenario_of(line):
        # A client whose key is refused is not told its call id.
        refused = line.get("reason") == "key_rejected"
        return scenarios.get(line["id"], "bad_key" if refused else "(no client)")

    expected, explained = truth.total(requests, truth.Prices(), by_call_id.get)
    found = total_of_log(lines, scenario_of)
    print_table(expected, found)

    problems = []
    for key in sorted(set(expected.counts) | set(found.counts), key=str):
        want, have = expected.counts[key], found.counts[key]
        if want != have:
            problems.append(f"{key[0]} {key[1]} {' '.join(map(str, key[2]))}: "
                            f"the truth is {want}, the log says {have}")
    problems += [f"attempts of {request} differ in order" for request in
                 compare_orders(requests, lines)]
    problems += check_request_lines(requests, by_call_id)
    problems += [f"nobody asked for upstream call {record['id']}" for record in left_over]
    identities = collections.Counter(
        (line["kind"], line["id"], line.get("n"), line["start"]) for line in lines)
    problems += [f"twice in the log: {key}" for key, count in identities.items() if count > 1]
    dropped = sum(line.get("dropped", 0) for line in lines)
    if dropped:
        problems.append(f"{dropped} lines dropped")

    for (scenario, why), count in sorted(explained.items()):
        print(f"explained: tokens and cost of {count} {scenario}: {why}")
    for problem in problems[:40]:
        print("DIFFERENCE:", problem)
    write_truth(f"{out}/truth.json", expected, explained, requests)
    print(f"{len(lines)} lines, {len(requests)} requests: "
          + (f"{len(problems)} differences" if problems else "exact"))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
