"""Logs for the page: captured traffic, crowds, names made to do harm."""

import gzip
import json
import random
import time

import support

HOSTILE = [
    "<img src=x onerror=\"document.title='owned'\">", "\"><script>alert(1)</script>",
    "عقد الفريق الأول", "שם של מפתח", "a\u202egnp.exe", "{{7*7}}${7*7}", "__proto__",
    "constructor", "'; DROP TABLE request; --", "=HYPERLINK(\"http://elsewhere.test\")",
    "x" * 120, "名前 <b>太字</b>", "javascript:alert(1)", "&lt;i&gt;", "emoji 👩‍👩‍👧‍👦 family",
]
REASONS = ["rate_limited", "server_error", "timeout", "credentials", "overloaded"]
TIMES = ("start", "end", "attempt_start", "first_token")


def captured(now):
    """What a real proxy logged, moved so that it has just happened."""
    lines = (support.ROOT / "deploy/demo/requests.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines if line]
    later = now - 3 - max(event["end"] for event in events)
    return [{**event, **{name: round(event[name] + later, 6) for name in TIMES if name in event}}
            for event in events]


def payloads(now):
    """LiteLLM's own log of the lab, likewise."""
    with gzip.open(support.ROOT / "Tests/Data/lab/payload.jsonl.gz", "rt") as lines:
        events = [json.loads(line) for line in lines]
    names = ("startTime", "endTime", "completionStartTime")
    later = now - 3 - max(event["endTime"] for event in events)
    return [{**event, "end": event["endTime"] + later,
             **{name: event[name] + later for name in names if event.get(name)}}
            for event in events]


def request(number, end, **more):
    took = more.pop("took", 1.5)
    return {
        "v": 1, "kind": "request", "id": f"call-{number}", "start": round(end - took, 6),
        "end": round(end, 6), "outcome": "success", "stream": True, "route": "chat",
        "served_route": "chat", "provider": "openai", "model": "gpt-4o", "deployment": "main",
        "attempt_start": round(end - took, 6), "first_token": round(end - took + 0.3, 6),
        "attempts": 1, "tokens": {"input": 100 + number % 7, "output": 20}, **more}


def crowd(now, providers=50, keys=1000, seed=1):
    """Many of everything over ten days; one provider in seven fails at the end."""
    random.seed(seed)
    lines = []
    for number in range(keys * 3):
        provider = number % providers
        age = random.random() ** 2 * 10 * 86400 + 120
        lines.append(request(
            number, now - age, provider=f"provider-{provider:02}", model=f"model-{number % 120:03}",
            deployment=f"deployment-{provider}-{number % 2}", cost_usd=round(random.random(), 6),
            key={"id": f"{number % keys:08x}", "alias": f"svc-{number % keys:04}"},
            team={"id": f"t{number % 40}", "alias": f"team-{number % 40}"}))
    for provider in range(providers):
        for attempt in range(12):
            number = f"{provider}-{attempt}"
            common = {"provider": f"provider-{provider:02}", "model": "model-000",
                      "deployment": f"deployment-{provider}-0"}
            end = now - 20 + attempt
            if provider % 7:
                lines.append({**request(0, end, **common, cost_usd=0.001), "id": number})
            else:
                lines.append({
                    "v": 1, "kind": "attempt", "id": number, "n": 1, "start": end - 0.5, "end": end,
                    "route": "chat", "reason": REASONS[provider // 7 % 5], "code": "500",
                    **common})
    return lines


def hostile(now):
    """Every name a trap, in every place where clients or configurations choose one."""
    lines = []
    for number, text in enumerate(HOSTILE * 4):
        lines.append(request(
            number, now - 10 - number, provider=text, model=text, route=text, served_route=text,
            deployment=text, cost_usd=1 + number / 100, meta={"power_level": text},
            key={"id": f"{number:08x}", "alias": text}, team={"id": text, "alias": text}))
        for attempt in range(2):
            lines.append({
                "v": 1, "kind": "attempt", "id": f"call-{number}", "n": attempt + 1,
                "start": now - 12 - number, "end": now - 11 - number, "route": text,
                "provider": text, "model": text, "deployment": text, "reason": "server_error",
                "code": "500", "class": text})
    return lines


BUDGETS = """
budgets:
  - {name: day, limit: 20 USD, period: day, thresholds: [50, 80, 100], forecast: true}
  - {name: month, limit: 1000 USD, period: month, thresholds: [50, 80, 100]}
  - {name: keys, limit: 40 requests, period: day, per: key, thresholds: [80, 100]}
"""


BUDGETS_OF_EACH = """
budgets:
  - {name: keys, limit: 5 USD, period: day, per: key, thresholds: [50, 80]}
  - {name: models, limit: 3 USD, period: day, per: model, thresholds: [50, 80]}
"""


# The password of `reader` is `page`.
WEB = """tls_server_config: {{cert_file: {certificate}, key_file: {key}}}
basic_auth_users: {{reader: "$2b$08$0VVjX.7rOeRsQhAfUYDqNuccbkp1nW7DbDvSRvBVtr7HCBgO87cKe"}}
"""


def write(path, events):
    with open(path, "w", encoding="utf-8") as log:
        for event in sorted(events, key=lambda event: event["end"]):
            log.write(json.dumps(event, separators=(",", ":")) + "\n")
    return len(events)


def now():
    return time.time()
