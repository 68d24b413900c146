"""An hour's outage: a backlog of native lines, and what else goes on while it is read."""

import contextlib
import json
import random
import sqlite3
import time

import support
from native_lines import Generator, encode
from prober import Prober


def write_backlog(path, lines, seconds=3600, ago=0):
    """Lines of the `seconds` up to some time `ago`, made from a thousand that are generated."""
    generator = Generator()
    requests = [b"".join(map(encode, mark(generator.request()))) for _ in range(1000)]
    counts = [request.count(b"\n") for request in requests]
    rng, written, began = random.Random(1), 0, time.time() - seconds - ago
    with open(path, "wb", buffering=1 << 20) as log:
        while written < lines:
            number = rng.randrange(1000)
            end = began + seconds * written / lines
            log.write(requests[number].replace(b"@id", b"backlog-%d" % written)
                      .replace(b'"@start"', b"%.6f" % (end - 1.5))
                      .replace(b'"@end"', b"%.6f" % end))
            written += counts[number]
    return written


def mark(lines):
    for line in lines:
        line.update(id="@id", start="@start", end="@end")
        line.pop("attempt_start", None)
    return lines


def committed(sidelight, name):
    """Bytes of a log that are counted in the ledger."""
    with contextlib.closing(sqlite3.connect(f"file:{sidelight.ledger}?mode=ro", uri=True)) as ledger:
        try:
            found = ledger.execute("SELECT sum(offset) FROM checkpoint WHERE path LIKE ?",
                                   (f"%/{name}",)).fetchone()[0]
        except sqlite3.OperationalError:
            return 0
    return found or 0


class CatchUp:
    """One run, and what it took."""

    def __init__(self, workspace, backlog, name, live=None, sources=None, ledger=""):
        """`live` is a log to which lines are appended meanwhile."""
        self.sidelight = sidelight = support.Sidelight(workspace, name=name)
        sources = sources or [{"file": str(backlog)}]
        sidelight.config.write_text(
            f"listen: 127.0.0.1:{sidelight.port}\nsources: {json.dumps(sources)}\n"
            f"ledger: {{url: \"sqlite://{sidelight.ledger}\"{ledger}}}\n")
        began = time.monotonic()
        sidelight.start()
        prober = live and Prober(live, sidelight.port, per_second=5, poll=0.02).start()
        size = backlog.stat().st_size
        while committed(sidelight, backlog.name) < size:
            if sidelight.process.poll() is not None or time.monotonic() - began > 600:
                raise SystemExit(workspace.text(sidelight.output))
            time.sleep(0.1)
        self.seconds = time.monotonic() - began
        self.cpu = support.cpu_seconds(sidelight.process)
        if prober:
            prober.stop()
            self.late, self.lost = sorted(prober.seconds), prober.lost
            self.scrapes = sorted(prober.scrapes)
        self.peak = support.resident_mebibytes(sidelight.process, "VmHWM")
        sidelight.stop()

    def bytes_of(self, table):
        """What a table takes on disk."""
        with contextlib.closing(sqlite3.connect(self.sidelight.ledger)) as ledger:
            return ledger.execute("SELECT sum(pgsize) FROM dbstat WHERE name = ?",
                                  (table,)).fetchone()[0]


def quantiles(seconds):
    """In milliseconds: the middle, one in a hundred, the worst."""
    def at(share):
        return 1000 * seconds[min(len(seconds) - 1, int(len(seconds) * share))]
    return f"p50 {at(0.5):.0f}, p99 {at(0.99):.0f}, most {1000 * seconds[-1]:.0f} ms"
