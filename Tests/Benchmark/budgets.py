"""What budgets cost: a thousand of them over ten thousand scopes, and the gate before each request."""

import json
import random
import subprocess
import time

import support
from bad_lines import encode

TEAMS, KEYS_EACH = 1000, 10

BUDGETS = "budgets:\n" + "".join(
    f"  - {{name: b{team}, limit: 1000 USD, match: {{team: team-{team}}}, per: key, forecast: true}}\n"
    for team in range(TEAMS))


def spend(number, chooser):
    """A native line of one of the keys."""
    key = chooser.randrange(TEAMS * KEYS_EACH)
    now = time.time()
    return encode({
        "v": 1, "kind": "request", "id": f"call-{number}", "start": now - 1, "end": now,
        "outcome": "success", "route": "gpt", "provider": "openai", "model": "gpt-4o",
        "deployment": "d", "attempts": 1, "tokens": {"input": 900, "output": 100},
        "cost_usd": 0.0123, "key": {"id": f"{key:08x}", "alias": f"svc-{key}"},
        "team": {"id": f"team-{key // KEYS_EACH}"}}) + b"\n"


def write_at_rate(log, rate, seconds):
    chooser, written, began = random.Random(1), 0, time.monotonic()
    with open(log, "ab", buffering=0) as out:
        while (elapsed := time.monotonic() - began) < seconds:
            due = int(elapsed * rate) - written
            out.write(b"".join(spend(written + i, chooser) for i in range(due)))
            written += due
            time.sleep(0.01)
    return written


def run(workspace, name, lines, seconds, more):
    """CPU seconds and commits while lines come in one go, or live."""
    sidelight = support.Sidelight(workspace, name=name, more="labels: {limits: {key: 20000}}\n" + more)
    chooser = random.Random(2)
    with open(sidelight.log, "wb") as out:
        for number in range(TEAMS * KEYS_EACH):
            out.write(spend(f"first-{number}", chooser))
    sidelight.start()
    sidelight.caught_up(TEAMS * KEYS_EACH)
    figures = []
    for live in (False, True):
        commits = sidelight.metrics().total("sidelight_ledger_commit_duration_seconds_count")
        before = support.cpu_seconds(sidelight.process)
        read = sidelight.metrics().total("sidelight_source_lines_total")
        if live:
            lines = write_at_rate(sidelight.log, 2000, seconds)
        else:
            with open(sidelight.log, "ab") as out:
                out.write(b"".join(spend(number, chooser) for number in range(lines)))
        page = sidelight.caught_up(read + lines)
        figures.append((
            support.cpu_seconds(sidelight.process) - before,
            int(page.total("sidelight_ledger_commit_duration_seconds_count") - commits), lines))
    return sidelight, figures


def measure_budgets(options, heading, row):
    workspace = support.Workspace(limit=900)
    _, without = run(workspace, "without", options.lines, options.seconds, "")
    sidelight, with_budgets = run(workspace, "with", options.lines, options.seconds, BUDGETS)
    heading(f"{TEAMS} budgets over {TEAMS * KEYS_EACH} scopes, evaluated and written with each batch",
            "", "lines a batch", "more CPU a batch", "more CPU a line")
    for name, (more, commits, lines), (less, _, _) in zip(
            ("catching up", "live, 2000 lines/s"), with_budgets, without):
        extra = max(0, more - less)
        row(name, f"{lines / commits:.0f}", f"{1000 * extra / commits:.2f} ms",
            f"{1e6 * extra / lines:.1f} µs")
    measure_gate(sidelight, options.seconds, heading, row)
    workspace.close()


def measure_gate(sidelight, seconds, heading, row):
    """wrk on the same cores as the server it drives."""
    heading("The gate, asked by wrk on the same machine, 2 threads, 16 connections",
            "", "requests/s", "median", "99 %")
    for name, path in (("/gate/b7, key forwarded", "/gate/b7"),
                       (f"/gate, key forwarded, {TEAMS} budgets", "/gate")):
        out = subprocess.run(
            ["wrk", "-t2", "-c16", f"-d{min(seconds, 10)}", "--latency", "-H",
             "Authorization: Bearer sk-benchmark", f"http://127.0.0.1:{sidelight.port}{path}"],
            text=True, capture_output=True, check=True).stdout
        words = dict(line.split()[:2] for line in out.splitlines()
                     if line.strip().startswith(("Requests/sec", "50%", "99%")))
        if "Non-2xx" in out:
            raise SystemExit(f"the gate refused: {json.dumps(out)}")
        row(name, words["Requests/sec:"], words["50%"], words["99%"])
