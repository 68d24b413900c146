"""What `faults` needs: system calls that fail on demand, small file systems, scenes."""

import http.client
import mmap
import os
import pathlib
import shutil
import subprocess

import support
from native_lines import Generator, Totals, encode

HERE = pathlib.Path(__file__).parent
TOKEN = "token-of-the-fault-tests"


def compiled(workspace):
    """The library to preload."""
    beside_swift = pathlib.Path(os.path.realpath(shutil.which("swift") or "/")).parent / "clang"
    compiler = shutil.which("cc") or beside_swift
    library = workspace.path / "faults.so"
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, HERE / "faults.c", "-ldl"],
                   check=True)
    return library


class Faults:
    """Which system calls fail now, in every process that was started under `environment`."""

    def __init__(self, workspace, library):
        path = workspace.path / "faults"
        path.write_bytes(bytes(256))
        self.environment = {**os.environ, "LD_PRELOAD": str(library), "FAULTS": str(path)}
        with open(path, "r+b") as file:
            self.orders = mmap.mmap(file.fileno(), 256)

    def set(self, calls, error, path):
        text = f"{calls} {error} {path}".encode()
        self.orders[:256] = text.ljust(256, b"\0")

    def clear(self):
        self.orders[:256] = bytes(256)


class Scene:
    """A sidelight, its log, and what it must come to."""

    def __init__(self, checks, workspace, name, faults=None, directory=None, source=""):
        self.checks, self.workspace, self.name = checks, workspace, name
        self.sidelight = support.Sidelight(
            workspace, name=name.replace(" ", "-"), more=f"web: {{token: {TOKEN}}}\n")
        if directory:
            text = self.sidelight.config.read_text()
            self.sidelight.ledger = directory / "ledger.db"
            self.sidelight.config.write_text(text.replace(
                str(self.sidelight.directory / "ledger.db"), str(self.sidelight.ledger)))
        self.in_log = 0
        self.totals, self.generator = Totals(), Generator(len(name))
        self.environment = faults.environment if faults else None
        self.start()

    def start(self):
        self.sidelight.start(env=self.environment)
        return self

    def lines(self, requests=50):
        """New lines, counted in the totals."""
        drawn = [line for _ in range(requests) for line in self.generator.request()]
        for line in drawn:
            self.totals.add(line)
        return b"".join(map(encode, drawn))

    def write(self, requests=50):
        lines = self.lines(requests)
        self.in_log += lines.count(b"\n")
        with open(self.sidelight.log, "ab") as log:
            log.write(lines)

    def push(self, body):
        """The status of a pushed body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.sidelight.port, timeout=30)
        try:
            connection.request("POST", "/ingest/litellm", body=body,
                               headers={"Authorization": f"Bearer {TOKEN}"})
            response = connection.getresponse()
            response.read()
            return response.status
        finally:
            connection.close()

    def push_until_taken(self, body):
        support.wait_until(lambda: self.push(body), lambda status: status == 200, 30)

    def events(self):
        return self.sidelight.metrics().total("sidelight_source_events_total")

    def settle(self):
        support.wait_until(self.events, lambda found: found == self.totals.lines, 40)

    def check(self, what=""):
        """All is counted once, now and after a restart."""
        self.settle()
        found = support.Findings()
        samples = self.sidelight.metrics()
        support.check_totals(found, samples, self.totals, "metrics")
        read = sum(value for labels, value in samples.rows["sidelight_source_lines_total"]
                   if labels["source"] != "push")
        found.equal(read, self.in_log, "lines read")
        found.equal(self.sidelight.stop(), 0, "exit status")
        found.equal(self.sidelight.integrity(), "ok", "integrity")
        self.start()
        support.check_totals(found, self.sidelight.metrics(), self.totals, "after a restart")
        self.checks.that(not found.found, f"{self.name}{what}: {self.totals.lines} lines exact",
                         "; ".join(found.found))
        self.sidelight.stop()

    def told(self, words):
        """Whether a message with these words is there, soon."""
        def output():
            return self.workspace.text(self.sidelight.output)
        support.wait_until(output, lambda text: words in text, 15)
        self.checks.that(words in output(), f"{self.name}: says \"{words}\"", output()[-800:])


def mounted(workspace, name, size):
    """A small file system in memory; None where none may be mounted."""
    place = workspace.path / name
    place.mkdir()
    done = os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], check=False,
        stderr=subprocess.DEVNULL).returncode == 0
    return place if done else None


def damage(path, kind):
    """Does something to a ledger that was stopped."""
    data = bytearray(path.read_bytes())
    if kind == "flipped pages":
        # Not the first, where it would be no database any more.
        for page in range(1, len(data) // 4096):
            data[page * 4096:page * 4096 + 64] = bytes(64 * [0xA5])
    elif kind == "cut in half":
        del data[len(data) // 2:]
    elif kind == "no database":
        data[:100] = b"not a database at all, whatever its name may say".ljust(100)
    path.write_bytes(data)
