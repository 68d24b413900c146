#!/usr/bin/env python3
"""How fast one sidecar fills a shared ledger in a PostgreSQL of the benchmark's own.

    SIDELIGHT=.build/release/sidelight Tests/Benchmark/shared.py [--requests 500000] [--budgets]

A log that is there already is read as fast as it goes; what is measured is the time in which the
spool reaches the database, and at the end the size of what is there.
"""

import argparse
import json
import os
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "EndToEnd"))
import postgres
import support


def lines(count, seed=1):
    chosen = random.Random(seed)
    now = time.time()
    for number in range(count):
        end = now - 60 + 60 * number / count
        place, key = chosen.randrange(20), chosen.randrange(100)
        model = f"model-{place}"
        yield (
            f'{{"v":1,"kind":"request","id":"chatcmpl-{chosen.getrandbits(96):024x}",'
            f'"start":{end - 1.5:.6f},"end":{end:.6f},"outcome":"success","route":"{model}",'
            f'"served_route":"{model}","provider":"p-{place % 5}","model":"{model}",'
            f'"deployment":"{model}-a","attempts":1,"tokens":{{"input":{chosen.randrange(4000)},'
            f'"output":{chosen.randrange(900)}}},"cost_usd":{chosen.random() / 100:.8f},'
            f'"key":{{"id":"7b5b1709","alias":"svc-{key}"}},'
            f'"team":{{"id":"t-{key % 10}"}},"meta":{{"power_level":"eco"}}}}\n')


def cpu_of_children(process):
    """Of all sessions that a server has had."""
    alive = 0
    for status in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == process.pid:
            alive += int(fields[11]) + int(fields[12])
    own = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (alive + int(own[13]) + int(own[14])) / os.sysconf("SC_CLK_TCK")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--requests", type=int, default=500_000)
    options.add_argument("--budgets", action="store_true")
    chosen = options.parse_args()
    workspace = support.Workspace(limit=900)
    server = postgres.Server(workspace, "max_wal_size=4GB", "shared_buffers=256MB").start()
    budgets = [{"name": "all", "limit": "1000000 USD", "period": "month"},
               {"name": "keys", "limit": "1000000 USD", "period": "day", "per": "key"}]
    sidecar = support.Sidelight(
        workspace, more=f"budgets: {json.dumps(budgets if chosen.budgets else [])}\n")
    config = sidecar.config.read_text().split("\n")
    config[[line.startswith("ledger:") for line in config].index(True)] = (
        f"ledger: {{url: \"postgres:///postgres?host={server.folder}&user=sidelight\", "
        f"local: \"{sidecar.ledger}\"}}")
    sidecar.config.write_text("\n".join(config))
    with open(sidecar.log, "w", encoding="utf-8") as log:
        log.writelines(lines(chosen.requests))
    before = cpu_of_children(server.process)
    begun = time.monotonic()
    sidecar.start()
    done, most, first = 0, 0, None
    while done < chosen.requests:
        page = sidecar.metrics()
        done = int(page.total("sidelight_shared_requests_total"))
        most = max(most, int(page.total("sidelight_spool_bytes")))
        if first is None and done:
            first = (time.monotonic(), done)
        time.sleep(0.1)
    took, steady = time.monotonic() - begun, time.monotonic() - first[0]
    print(f"{chosen.requests} requests in {took:.1f} s: {chosen.requests / took:,.0f}/s, "
          f"{(done - first[1]) / steady:,.0f}/s after the first group")
    own, database = (support.cpu_seconds(sidecar.process),
                     cpu_of_children(server.process) - before)
    print(f"spool at most {most / 1e6:.1f} MB; CPU of sidelight {own:.1f} s, of PostgreSQL "
          f"{database:.1f} s")
    for table in ("identity", "request", "rollup"):
        print(f"{table}: " + server.ask(
            f"SELECT count(*) || ' rows, ' || pg_total_relation_size('sidelight.{table}')"
            f" / greatest(count(*), 1) || ' bytes each' FROM sidelight.{table}"))
    sidecar.stop()


if __name__ == "__main__":
    main()
