"""Writes native lines with known totals, as the proxy's callback would.

    native_lines.py LOG [--rate 5000] [--seconds 10] [--rotate SECONDS] [--seed 1]

Each line is one write, but a few come in two pieces. With --rotate the log is renamed to LOG.1 and
so on while the writer keeps the old file for a while. Prints the totals as JSON at the end.
"""

import argparse
import collections
import json
import os
import random
import time
import uuid
from decimal import ROUND_HALF_EVEN, Decimal

SERVERS = [("openai", "gpt-4o", "gpt-4o"), ("azure", "gpt-4o", "gpt-4o"),
           ("anthropic", "claude-sonnet-4-5", "claude-sonnet"),
           ("gemini", "gemini-2.5-pro", "gemini-pro"), ("groq", "llama-3.3-70b", "llama")]
POWER_LEVELS = ("eco", "balanced", "precision", None)
REASONS = {"rate_limited": "provider", "server_error": "provider", "timeout": "provider",
           "context_window": "caller"}


def nano_dollars(amount):
    """A number's decimal text in billionths of a dollar, as Sidelight rounds it."""
    return int((Decimal(str(amount)) * 10**9).quantize(Decimal(1), ROUND_HALF_EVEN))


class Totals:
    """What the metrics must say, by family and labels; costs are in nano-dollars."""

    def __init__(self):
        self.lines = 0
        self.families = collections.defaultdict(collections.Counter)

    def add(self, line):
        self.lines += 1
        names = (line.get("provider", "none"), line.get("model", "none"))
        if line["kind"] == "attempt":
            self.families["attempts"][(*names, line["reason"])] += 1
            return
        outcome, power = line["outcome"], line.get("meta", {}).get("power_level", "none")
        self.families["requests"][(*names, power, outcome)] += 1
        if outcome == "failure":
            reason = line["first_failure"]["reason"]
            self.families["failures"][(*names, REASONS[reason], reason)] += 1
            return
        self.families["attempts"][(*names, outcome)] += 1
        for kind in ("input", "output"):
            self.families["tokens"][(*names, kind)] += line["tokens"][kind]
        self.families["cost"][(*names, power)] += nano_dollars(line["cost_usd"])
        first = line.get("first_failure")
        if line["fallbacks"]:
            self.families["fallbacks"][(first["provider"], names[0], first["reason"])] += 1
        elif line["retries"]:
            self.families["retried"][(first["provider"], first["model"], first["reason"])] += 1

    def as_json(self):
        families = {name: [[list(labels), value] for labels, value in sorted(counter.items())]
                    for name, counter in self.families.items()}
        return json.dumps({"lines": self.lines, "families": families})

    @classmethod
    def from_json(cls, text):
        document = json.loads(text)
        totals = cls()
        totals.lines = document["lines"]
        for name, rows in document["families"].items():
            totals.families[name].update({tuple(labels): value for labels, value in rows})
        return totals


class Generator:
    """Requests with their attempts; the same seed gives the same course of things."""

    def __init__(self, seed=1, models=None):
        self.random = random.Random(seed)
        self.run = uuid.uuid4().hex[:12]
        self.count = 0
        self.models = models

    def request(self):
        """The lines of one request, in the order in which the callback writes them."""
        rng = self.random
        self.count += 1
        end = time.time()
        provider, model, route = rng.choice(SERVERS)
        if self.models:
            model = f"model-{rng.randrange(self.models)}"
        line = {"v": 1, "kind": "request", "id": f"{self.run}-{self.count}",
                "start": round(end - rng.lognormvariate(0, 1), 6), "end": round(end, 6),
                "outcome": "success", "call": "acompletion", "stream": False, "route": route,
                "served_route": route, "provider": provider, "model": model,
                "deployment": f"{route}-{provider}", "attempt_start": round(end - 0.05, 6),
                "attempts": 1, "retries": 0, "fallbacks": 0,
                "tokens": {"input": rng.randrange(4000), "output": rng.randrange(800)},
                "cost_usd": rng.randrange(4000) * 1.7e-06 + rng.randrange(800) * 1.25e-05,
                "cache_hit": False,
                "key": {"id": f"{rng.randrange(50):08x}", "alias": f"svc-{rng.randrange(12)}"},
                "team": {"id": f"team-{rng.randrange(5)}"}}
        line["attempt_start"] = max(line["start"], line["attempt_start"])
        power = rng.choice(POWER_LEVELS)
        if power:
            line["meta"] = {"power_level": power}
        luck = rng.random()
        if luck < 0.05:
            return self._failed(line)
        if luck < 0.15:
            return self._after_failure(line)
        if luck < 0.16:
            line["outcome"] = "cancelled"
        return [line]

    def _attempt(self, line, number, provider, model, route, reason):
        return {"v": 1, "kind": "attempt", "id": line["id"], "n": number, "start": line["start"],
                "end": line["end"], "route": route, "provider": provider, "model": model,
                "deployment": f"{route}-{provider}", "reason": reason, "code": "500"}

    def _failed(self, line):
        reason = self.random.choice(list(REASONS))
        for name in ("served_route", "attempt_start", "tokens", "cost_usd"):
            del line[name]
        line.update(outcome="failure", reason=reason, first_failure={
            "provider": line["provider"], "model": line["model"], "reason": reason})
        return [self._attempt(line, 1, line["provider"], line["model"], line["route"], reason),
                line]

    def _after_failure(self, line):
        """A retry on the same route, or a fallback to another one."""
        reason = self.random.choice(("rate_limited", "server_error", "timeout"))
        provider, model, route = self.random.choice(SERVERS)
        same = route == line["route"]
        line.update(route=route, attempts=2, retries=int(same), fallbacks=int(not same),
                    first_failure={"provider": provider, "model": model, "reason": reason})
        return [self._attempt(line, 1, provider, model, route, reason), line]


def encode(line):
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


class LogWriter:
    """Appends to a log that it may rename meanwhile, still writing to the old file for a while."""

    KEEPS_OLD_FOR = 0.3

    def __init__(self, path, rotate=None):
        self.path, self.rotate = path, rotate
        self.files = 0
        self.next_rotation = time.monotonic() + rotate if rotate else float("inf")
        self.reopen_at = float("inf")
        self.descriptor = self._open()

    def _open(self):
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)

    def write(self, data, in_pieces=False):
        self._keep_up(time.monotonic())
        if in_pieces:
            half = len(data) // 2
            os.write(self.descriptor, data[:half])
            time.sleep(0.002)
            os.write(self.descriptor, data[half:])
        else:
            os.write(self.descriptor, data)

    def _keep_up(self, now):
        if now >= self.reopen_at:
            os.close(self.descriptor)
            self.descriptor = self._open()
            self.reopen_at = float("inf")
        elif now >= self.next_rotation:
            for number in range(self.files, 0, -1):
                os.rename(f"{self.path}.{number}", f"{self.path}.{number + 1}")
            os.rename(self.path, f"{self.path}.1")
            self.files += 1
            self.reopen_at = now + self.KEEPS_OLD_FOR
            self.next_rotation = now + self.rotate


def write_at_rate(writer, generator, totals, rate, seconds):
    """About `rate` lines a second; lines of one burst go out in writes of their own."""
    started = time.monotonic()
    written = 0
    while (elapsed := time.monotonic() - started) < seconds:
        while written < elapsed * rate:
            for line in generator.request():
                writer.write(encode(line), in_pieces=written % 997 == 0)
                totals.add(line)
                written += 1
        time.sleep(0.01)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("log")
    parser.add_argument("--rate", type=float, default=5000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rotate", type=float)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    totals = Totals()
    write_at_rate(LogWriter(options.log, options.rotate), Generator(options.seed), totals,
                  options.rate, options.seconds)
    print(totals.as_json())


if __name__ == "__main__":
    main()
