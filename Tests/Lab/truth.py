"""What really happened in a lab run, by the plan and by what clients and upstream recorded."""

import collections
import importlib.util
import json
import pathlib
from decimal import ROUND_HALF_EVEN, Decimal

Deployment = collections.namedtuple("Deployment", "id provider model route price_key")

# By the first segment of the upstream's path; what config.yaml says.
DEPLOYMENTS = {
    "claude": Deployment("claude-main", "anthropic", "claude-sonnet-4-5-20250929",
                         "claude-sonnet", "claude-sonnet-4-5-20250929"),
    "gpt-east": Deployment("gpt-4o-east", "openai", "gpt-4o", "gpt-4o", "gpt-4o"),
    "gpt-azure": Deployment("gpt-4o-azure", "azure", "gpt-4o", "gpt-4o", "azure/gpt-4o"),
    "gpt-mini": Deployment("gpt-4o-mini-main", "openai", "gpt-4o-mini", "gpt-4o-mini",
                           "gpt-4o-mini"),
    "gemini-pro": Deployment("gemini-pro-main", "gemini", "gemini-2.5-pro", "gemini-pro",
                             "gemini/gemini-2.5-pro"),
    "gemini-flash": Deployment("gemini-flash-main", "gemini", "gemini-2.5-flash", "gemini-flash",
                               "gemini/gemini-2.5-flash"),
    "openrouter": Deployment("llama-free-openrouter", "openrouter",
                             "meta-llama/llama-3.3-70b-instruct:free", "llama-free", None),
    "groq": Deployment("llama-groq", "groq", "llama-3.3-70b-versatile", "groq-llama", None),
    "private": Deployment("private-main", "openai", "private-model", "private", None),
    "embed": Deployment("embed-main", "openai", "text-embedding-3-small", "embed-small",
                        "text-embedding-3-small"),
}
BY_ID = {deployment.id: deployment for deployment in DEPLOYMENTS.values()}
# Priced in config.yaml, not in LiteLLM's list: (input, output) in dollars per token.
OWN_PRICES = {"llama-free-openrouter": ("0", "0"), "llama-groq": ("5.9e-07", "7.9e-07")}

REASONS = {429: "rate_limited", 500: "server_error", 503: "overloaded", 401: "credentials",
           400: "invalid_request", "hang": "timeout", "abandoned": "timeout",
           "cut": "stream_broken"}
FAULTS = {
    **dict.fromkeys(("rate_limited", "overloaded", "server_error", "timeout", "connection",
                     "stream_broken", "credentials"), "provider"),
    **dict.fromkeys(("invalid_request", "context_window", "content_policy", "not_found",
                     "unknown_model"), "caller"),
    **dict.fromkeys(("key_rejected", "budget_exceeded", "quota_exceeded", "blocked"), "policy"),
    **dict.fromkeys(("no_deployment", "internal", "unknown"), "gateway"),
}
NOT_SENT_ON = {"bad_key": "key_rejected", "unknown_model": "unknown_model"}

Attempt = collections.namedtuple("Attempt", "deployment result record")


def read_lines(path):
    """JSON lines with exact decimals; a torn line is an error, an empty one is not."""
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line, parse_float=Decimal) for line in lines if line.strip()]


def nano_dollars(amount):
    return int((Decimal(amount) * 10**9).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


class Prices:
    def __init__(self):
        package = importlib.util.find_spec("litellm").submodule_search_locations[0]
        path = pathlib.Path(package, "model_prices_and_context_window_backup.json")
        with open(path, encoding="utf-8") as prices:
            self._list = json.load(prices, parse_float=Decimal)

    def cost(self, deployment, given, answered, cached):
        """None where no price is known."""
        if deployment.id in OWN_PRICES:
            per_input, per_output = map(Decimal, OWN_PRICES[deployment.id])
            return given * per_input + answered * per_output
        if deployment.price_key is None:
            return None
        sheet = self._list[deployment.price_key]
        per_input = Decimal(sheet["input_cost_per_token"])
        per_cached = Decimal(sheet.get("cache_read_input_token_cost", per_input))
        per_output = Decimal(sheet.get("output_cost_per_token", 0))
        return (given - cached) * per_input + cached * per_cached + answered * per_output


class Request:
    """One client's request: what the client saw, and the calls that reached the upstream."""

    def __init__(self, client, records):
        self.client, self.scenario, self.call_id = client, client["scenario"], client["call_id"]
        self.route = client["route"]
        self.power = client["power"] or "none"
        self.cached = "cache_key" in client
        if client.get("left"):
            self.outcome = "cancelled"
        elif client.get("status") == 200 and "stream_error" not in client and (
                not client["stream"] or client.get("complete")):
            self.outcome = "success"
        else:
            self.outcome = "failure"
        self.attempts = [self._attempt(record, record is records[-1]) for record in records]

    def _attempt(self, record, last):
        outcome = record["outcome"]
        if last and self.outcome == "cancelled" and outcome in (200, "abandoned"):
            result = "cancelled"
        else:
            result = "success" if outcome == 200 else REASONS[outcome]
        return Attempt(DEPLOYMENTS[record["deployment"]], result, record)

    @property
    def failed(self):
        return [a for a in self.attempts if a.result not in ("success", "cancelled")]

    @property
    def served(self):
        """The attempt whose answer the client got or was getting."""
        if self.outcome == "failure" or not self.attempts:
            return None
        last = self.attempts[-1]
        return last if last.result in ("success", "cancelled") else None

    @property
    def deployment(self):
        """What the request is filed under."""
        if self.cached:
            return BY_ID.get(self.client["model_id"])
        shown = self.served or (self.failed or [None])[0]
        return shown.deployment if shown else None

    @property
    def reason(self):
        return self.failed[0].result if self.failed else NOT_SENT_ON.get(self.scenario)

    @property
    def estimated(self):
        """Why LiteLLM's token counts of this request are its own estimate, if they are."""
        if self.outcome == "cancelled":
            return "the client left: LiteLLM bills what it had passed on"
        if self.outcome == "failure" and self.failed:
            if self.failed[0].result in ("stream_broken", "timeout"):
                return "cut or timed out: LiteLLM bills an estimate"
            return None
        fallen_back = self.served is not None and self.deployment.route != self.route
        if self.client["stream"] and fallen_back and not self.client["include_usage"]:
            return "stream from a fallback without include_usage: LiteLLM counts by itself"
        return None


def load_requests(out):
    records = collections.defaultdict(list)
    for record in read_lines(f"{out}/upstream.jsonl"):
        records[record["id"]].append(record)
    for group in records.values():
        group.sort(key=lambda record: record["at"])
    requests = []
    for client in read_lines(f"{out}/clients.jsonl"):
        if client["scenario"] != "cache":
            requests.append(Request(client, records.pop(client["id"], [])))
        elif "cache_key" in client:
            requests.append(Request(client, []))
        else:
            # Several requests share a prompt; those that missed the cache share its calls.
            deployment = client["model_id"]
            mine = next(record for record in records[client["id"]]
                        if DEPLOYMENTS[record["deployment"]].id == deployment)
            records[client["id"]].remove(mine)
            requests.append(Request(client, [mine]))
    left_over = [record for group in records.values() for record in group if record["id"] != "-"]
    return requests, left_over


FAMILIES = {
    "requests": ("provider", "model", "power_level", "status"),
    "failures": ("provider", "model", "fault", "reason"),
    "attempts": ("provider", "model", "result"),
    "deployment_attempts": ("deployment", "route", "result"),
    "fallbacks": ("primary_provider", "fallback_provider", "reason"),
    "route_fallbacks": ("route", "served_route", "reason"),
    "retried_requests": ("provider", "model", "reason"),
    "cached_requests": ("provider", "model"),
    "unpriced_requests": ("provider", "model"),
    "tokens": ("provider", "model", "type"),
    "cost_nano_dollars": ("provider", "model"),
}


class Totals:
    """Counts by family, scenario and labels."""

    def __init__(self):
        self.counts = collections.Counter()

    def add(self, family, scenario, labels, value=1):
        labels = tuple("none" if label is None else label for label in labels)
        self.counts[(family, scenario, labels)] += value

    def add_usage(self, scenario, provider, model, given, answered, cost):
        self.add("tokens", scenario, (provider, model, "input"), given)
        self.add("tokens", scenario, (provider, model, "output"), answered)
        if cost is None:
            self.add("unpriced_requests", scenario, (provider, model))
        else:
            self.add("cost_nano_dollars", scenario, (provider, model), nano_dollars(cost))

    def by_labels(self, family):
        totals = collections.Counter()
        for (name, _, labels), value in self.counts.items():
            if name == family:
                totals[labels] += value
        return totals


def total(requests, prices, estimates):
    """`estimates` finds the log's own line where the truth has no token counts, see `estimated`."""
    totals = Totals()
    explained = collections.Counter()
    for request in requests:
        scenario, deployment = request.scenario, request.deployment
        provider, model = (deployment.provider, deployment.model) if deployment else (None, None)
        totals.add("requests", scenario, (provider, model, request.power, request.outcome))
        for attempt in request.attempts:
            at = attempt.deployment
            totals.add("attempts", scenario, (at.provider, at.model, attempt.result))
            totals.add("deployment_attempts", scenario, (at.id, at.route, attempt.result))
        if request.cached:
            totals.add("cached_requests", scenario, (provider, model))
        if request.outcome == "failure":
            reason = request.reason
            totals.add("failures", scenario, (provider, model, FAULTS.get(reason), reason))
        elif request.failed and request.served:
            first = request.failed[0].deployment
            if deployment.route != request.route:
                totals.add("fallbacks", scenario, (first.provider, provider, request.reason))
                totals.add("route_fallbacks", scenario,
                           (request.route, deployment.route, request.reason))
            else:
                totals.add("retried_requests", scenario,
                           (first.provider, first.model, request.reason))
        if request.estimated:
            line = estimates(request.call_id)
            if line and "tokens" in line:
                explained[(scenario, request.estimated)] += 1
                totals.add_usage(scenario, provider, model, line["tokens"]["input"],
                                 line["tokens"]["output"], line.get("cost_usd"))
        elif request.outcome == "success" and not request.cached:
            record = request.served.record
            # Gemini's fake reports no cached tokens.
            cached = 0 if provider == "gemini" else record["cached"]
            cost = prices.cost(deployment, record["input"], record["output"], cached)
            totals.add_usage(scenario, provider, model, record["input"], record["output"], cost)
    return totals, explained
