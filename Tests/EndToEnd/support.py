"""What the end-to-end tests share: processes that never outlive them, checks, exact metrics."""

import atexit
import collections
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse
from decimal import Decimal

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHORT = os.environ.get("CI") == "true" or "--short" in sys.argv


def binary():
    """The sidelight to test: SIDELIGHT, else the last debug build."""
    path = pathlib.Path(os.environ.get("SIDELIGHT", ROOT / ".build/debug/sidelight"))
    if not os.access(path, os.X_OK):
        sys.exit(f"{path} is not there; run swift build, or set SIDELIGHT")
    return path


# --- Checks


class Checks:
    """Prints a line for each check; `finish` ends the script with 1 if one of them failed."""

    def __init__(self, title):
        self.passed = self.failed = 0
        print(f"== {title}", flush=True)

    def that(self, holds, what, detail=""):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
        shown = f": {detail}" if detail and not holds else ""
        print(f"{'ok  ' if holds else 'FAIL'} {what}{shown}", flush=True)
        return holds

    def equal(self, found, expected, what):
        return self.that(found == expected, what, difference(found, expected))

    def eventually(self, find, expected, what, within=20):
        """Asks `find` until it gives what is expected, or time is up."""
        return self.equal(wait_until(find, lambda found: found == expected, within), expected, what)

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(1 if self.failed else 0)


class Findings:
    """Checks that only say what is wrong, in `found`."""

    def __init__(self):
        self.found = []

    def equal(self, found, expected, what):
        if found != expected:
            self.found.append(f"{what}: {difference(found, expected)}")


def difference(found, expected, most=5):
    if not isinstance(found, dict) or not isinstance(expected, dict):
        return f"{found!r}, expected {expected!r}"
    keys = [key for key in sorted({*found, *expected}, key=str)
            if found.get(key) != expected.get(key)]
    shown = [f"{key} is {found.get(key)}, expected {expected.get(key)}" for key in keys[:most]]
    return "; ".join(shown) + (f" and {len(keys) - most} more" if len(keys) > most else "")


def wait_until(find, is_good, within):
    """The last thing found; failures of the network or of a parse count as not found yet."""
    deadline = time.monotonic() + within
    while True:
        try:
            found = find()
        except (OSError, http.client.HTTPException, ValueError) as error:
            found = error
        if is_good(found) or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


# --- Processes and files


class Workspace:
    """A temporary directory and the processes of a test; both are gone when it ends."""

    def __init__(self, limit):
        """`limit` is the time in seconds after which the whole test is given up."""
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="sidelight-test-"))
        self.processes = []
        atexit.register(self.close)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        signal.signal(signal.SIGALRM, lambda *_: sys.exit(f"gave up after {limit} s"))
        signal.alarm(limit)

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.processes.clear()
        if self.path.exists():
            subprocess.run(["chmod", "-R", "u+rwX", self.path], check=False)
            shutil.rmtree(self.path, ignore_errors=True)

    def start(self, *command, log="out", **options):
        """Starts `command` in a process group of its own; what it prints goes to the file `log`."""
        with open(self.path / log, "ab") as output:
            process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL,
                **{"stdout": output, "stderr": output, "start_new_session": True, **options})
        self.processes.append(process)
        return process

    def text(self, name):
        return (self.path / name).read_text(errors="replace")


def unprivileged():
    """The beginning of a command for which root is refused what modes forbid."""
    rights = "-dac_override,-dac_read_search"
    return [] if os.geteuid() else [
        "setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(port, path, headers=None, timeout=20):
    """The status and body of a page on this machine."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def resident_mebibytes(process, field="VmRSS"):
    """Memory that a process has now, or had at most (`VmHWM`)."""
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    return 0


def cpu_seconds(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# --- Sidelight


class Sidelight:
    """A sidelight that follows a log in a workspace; it can be killed and started again."""

    def __init__(self, workspace, log=None, probes=None, more="", name="sidelight"):
        """`probes` is a second log, `more` further lines of the configuration."""
        self.workspace = workspace
        self.directory = workspace.path / name
        self.directory.mkdir()
        self.log = log or self.directory / "requests.jsonl"
        self.ledger = self.directory / "ledger.db"
        self.port = free_port()
        self.output = f"{name}.out"
        self.process = None
        self.config = self.directory / "sidelight.yaml"
        sources = [{"file": str(path)} for path in (self.log, probes) if path]
        self.config.write_text(
            f"listen: 127.0.0.1:{self.port}\nsources: {json.dumps(sources)}\n"
            f"ledger: {{url: \"sqlite://{self.ledger}\"}}\n{more}")

    def start(self, wait=True, **options):
        self.process = self.workspace.start(
            *unprivileged(), binary(), "run", "--config", self.config, log=self.output, **options)
        if wait:
            wait_until(lambda: get(self.port, "/-/ready")[0], lambda status: status == 200, 20)
        return self

    def fails(self):
        """The exit status and message of a start that must not succeed."""
        result = subprocess.run(
            [*unprivileged(), binary(), "run", "--config", self.config], text=True, timeout=30,
            stdin=subprocess.DEVNULL, capture_output=True, check=False)
        return result.returncode, result.stderr.strip()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Its exit status after SIGTERM."""
        self.process.terminate()
        return self.process.wait(timeout=20)

    def reload(self):
        """Asks for it by signal; a process that is gone or still starting takes no harm."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGHUP)

    def metrics(self):
        return Samples(get(self.port, "/metrics")[1].decode())

    def caught_up(self, lines, within=60):
        """Waits until so many lines were read, and gives the metrics of then."""
        def read():
            return self.metrics().total("sidelight_source_lines_total")
        wait_until(read, lambda found: isinstance(found, Decimal) and found >= lines, within)
        return self.metrics()

    def integrity(self):
        """The database's own verdict: "ok"."""
        with contextlib.closing(sqlite3.connect(self.ledger)) as database:
            return database.execute("PRAGMA integrity_check").fetchone()[0]


class Samples:
    """A page of metrics, in exact numbers."""

    LINE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)')
    LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)",?')

    def __init__(self, text):
        self.text = text
        self.rows = collections.defaultdict(list)
        for line in text.split("\n"):
            if not line or line.startswith("#"):
                continue
            match = self.LINE.fullmatch(line)
            if match is None:
                raise ValueError(f"not a sample: {line!r}")
            name, labels, value = match.groups()
            self.rows[name].append((dict(self.LABEL.findall(labels or "")), Decimal(value)))

    def __len__(self):
        return sum(map(len, self.rows.values()))

    def total(self, name, **labels):
        return sum((value for found, value in self.rows[name]
                    if labels.items() <= found.items()), Decimal(0))

    def by(self, name, *labels):
        """Sums by the values of `labels`, without those that are 0."""
        sums = collections.Counter()
        for found, value in self.rows[name]:
            sums[tuple(found[label] for label in labels)] += value
        return {key: value for key, value in sums.items() if value}


# Families with the labels by which totals are compared, and how many units make one.
FAMILIES = {
    "requests": ("llm_requests_total", ("provider", "model", "power_level", "status"), 1),
    "failures": ("llm_request_failures_total", ("provider", "model", "fault", "reason"), 1),
    "attempts": ("llm_attempts_total", ("provider", "model", "result"), 1),
    "fallbacks": ("llm_fallbacks_total",
                  ("primary_provider", "fallback_provider", "reason"), 1),
    "retried": ("llm_retried_requests_total", ("provider", "model", "reason"), 1),
    "tokens": ("llm_tokens_total", ("provider", "model", "type"), 1),
    "cost": ("llm_cost_total", ("provider", "model", "power_level"), 10**9),
}


def check_totals(checks, samples, totals, when):
    """Compares a page with the generator's totals, to the nano-dollar."""
    for family, (name, labels, scale) in FAMILIES.items():
        found = {key: int(value * scale) if value * scale == int(value * scale) else value * scale
                 for key, value in samples.by(name, *labels).items()}
        expected = {key: value for key, value in totals.families[family].items() if value}
        total = sum(expected.values())
        unit = " nano-dollars" if scale != 1 else ""
        checks.equal(found, expected, f"{when}: {family} exact, {total}{unit}")


# --- Prometheus


class Prometheus:
    """The real thing, scraping sidelight every second into a workspace.

    `others` are further jobs: a port and a path by name.
    """

    def __init__(self, workspace, target, *flags, name="prometheus", others=None):
        self.port = free_port()
        directory = workspace.path / name
        directory.mkdir()
        (directory / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
            "scrape_configs": [
                {"job_name": job, "metrics_path": path,
                 "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
                for job, (port, path) in {
                    "sidelight": (target, "/metrics"), **(others or {})}.items()]}))
        workspace.start(
            "prometheus", f"--config.file={directory}/prometheus.yml",
            f"--storage.tsdb.path={directory}/data", f"--web.listen-address=127.0.0.1:{self.port}",
            "--log.level=warn", *flags, log=f"{name}.out")
        wait_until(lambda: get(self.port, "/-/ready")[0], lambda status: status == 200, 30)

    def query(self, expression):
        """A list of label sets with their values now."""
        status, body = get(self.port, "/api/v1/query?" + urllib.parse.urlencode(
            {"query": expression}))
        answer = json.loads(body)
        if status != 200:
            raise ValueError(f"{expression}: {answer.get('error')}")
        return [(row["metric"], float(row["value"][1])) for row in answer["data"]["result"]]

    def sums(self, name, labels, scale=1):
        """Integer sums by `labels`, without those that are 0."""
        rows = self.query(f"sum by ({','.join(labels)}) ({name})")
        found = {tuple(row.get(label, "") for label in labels): round(value * scale)
                 for row, value in rows}
        return {key: value for key, value in found.items() if value}


def promtool_findings(text):
    """What `promtool check metrics` says of a page; nothing if it is fine."""
    result = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                            capture_output=True, timeout=120, check=False)
    return (result.stdout + result.stderr).strip() or (
        "" if result.returncode == 0 else f"status {result.returncode}")
