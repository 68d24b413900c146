"""A ledger of ten million requests as roll-ups hold them, and how long questions about it take."""

import collections
import contextlib
import http.client
import itertools
import json
import math
import random
import sqlite3
import statistics
import time

import support

QUARTER = 900
LABELS = ("status", "provider", "model", "route", "power_level", "key", "team", "extras")
SUMS = ("requests", "input", "output", "cache_read", "cache_write", "reasoning", "cost", "saved",
        "cached", "unpriced", "retried", "fallbacks", "waited")
PROVIDERS = {"openai": 4, "anthropic": 3, "azure": 2, "gemini": 2, "groq": 1, "bedrock": 2}
KEYS, TEAMS = 200, 20


def callers(chance):
    """What keys ask for and how often: few keys make most requests, each on a few models."""
    models = [(provider, provider * 100 + number)
              for provider, count in enumerate(PROVIDERS.values(), 2) for number in range(count)]
    rows, weights = [], []
    for key in range(KEYS):
        for provider, model in chance.sample(models, 3):
            for power, share in ((2, 0.6), (3, 0.3), (4, 0.1)):
                for status, part in ((2, 0.97), (3, 0.025), (4, 0.005)):
                    rows.append((status, provider, model, model, power, key + 2,
                                 key % TEAMS + 2, 0))
                    weights.append(share * part / (key + 5) ** 0.8)
    return rows, list(itertools.accumulate(weights))


def quarters(requests, days, end):
    """Quarters of an hour and their requests: more by day than by night."""
    first = end - days * 96
    shares = [1 + 0.8 * math.sin((quarter % 96 - 24) / 96 * 2 * math.pi)
              for quarter in range(first, end)]
    factor = requests / sum(shares)
    return [(first + place, round(share * factor)) for place, share in enumerate(shares)]


def rollup(chance, requests, days, end):
    """Rows of the table, in the order of its key."""
    rows, weights = callers(chance)
    for quarter, count in quarters(requests, days, end):
        counted = collections.Counter(
            chance.choices(range(len(rows)), cum_weights=weights, k=count))
        for place, number in sorted(counted.items(), key=lambda item: rows[item[0]]):
            good = rows[place][0] == 2
            yield (quarter, *rows[place], number, number * 1200 * good, number * 400 * good,
                   number * 200 * good, 0, number * 50 * good, number * 7_123_457 * good, 0, 0, 0,
                   number // 50, number // 60, number * 2_345_678)


def fill(path, requests, days):
    """The number of rows."""
    columns = ("quarter", *LABELS, *SUMS)
    end = int(time.time()) // QUARTER
    with contextlib.closing(sqlite3.connect(path)) as ledger, ledger:
        for label, count in (("key", KEYS), ("team", TEAMS)):
            ledger.executemany("INSERT INTO label_value VALUES(?, ?, ?, 20000)", [
                (label, number + 2, f"{label}-{number}") for number in range(count)])
        ledger.executemany("INSERT INTO label_value VALUES('provider', ?, ?, 20000)",
                           enumerate(PROVIDERS, 2))
        ledger.executemany(
            f"INSERT INTO rollup({','.join(columns)}) VALUES({','.join('?' * len(columns))})",
            rollup(random.Random(1), requests, days, end))
        ledger.execute("UPDATE meta SET value = value - ? WHERE key = 'created'", (days * 86400,))
        return ledger.execute("SELECT count(*) FROM rollup").fetchone()[0]


def blocked_days(ledger):
    """Days that are in blocks, and those that have roll-ups."""
    with contextlib.closing(sqlite3.connect(ledger)) as database:
        first, last = database.execute("SELECT min(quarter), max(quarter) FROM rollup").fetchone()
        days = last // 96 - first // 96 + 1
        return database.execute("SELECT count(*) FROM rollup_day").fetchone()[0], days


def milliseconds(port, path, times=20):
    """The median of the answers' times, over one connection, and how many rows there are."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    found = []
    for _ in range(times):
        began = time.perf_counter()
        connection.request("GET", path)
        answer = json.loads(connection.getresponse().read())
        found.append(1000 * (time.perf_counter() - began))
    return statistics.median(found), answer["total_rows"]


QUESTIONS = {
    30: {"30 days by model": "from=30d&by=model",
         "30 days by model and key": "from=30d&by=model,key",
         "30 days by provider, each day": "from=30d&by=provider&step=1d",
         "the same in Berlin's days": "from=30d&by=provider&step=1d&tz=Europe/Berlin",
         "24 hours by provider, each hour": "from=24h&by=provider&step=1h"},
    365: {"a year by key": "from=365d&by=key",
          "a year by team, each month": "from=365d&by=team&step=1mo"}}


def measure_usage(_, heading, row):
    heading("Questions about usage in a ledger of ten million requests, 200 keys, 14 models",
            "requests are of", "question", "rows", "ms, median of 20")
    for days, questions in QUESTIONS.items():
        workspace = support.Workspace(limit=3600)
        sidelight = support.Sidelight(workspace).start()
        sidelight.stop()
        rows = fill(sidelight.ledger, 10_000_000, days)
        sidelight.start()
        cpu, began = support.cpu_seconds(sidelight.process), time.monotonic()
        support.wait_until(lambda: blocked_days(sidelight.ledger),
                           lambda found: found[0] == found[1], 1800)
        row(f"{days} days", f"making blocks of {rows} roll-ups, while idle",
            f"{time.monotonic() - began:.0f} s",
            f"{support.cpu_seconds(sidelight.process) - cpu:.1f} s of CPU")
        for name, query in questions.items():
            median, count = milliseconds(sidelight.port, f"/api/v1/usage?{query}")
            row(f"{days} days", name, count, f"{median:.1f}")
        workspace.close()
