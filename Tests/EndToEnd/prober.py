"""Measures how long a line takes from its write until /metrics shows it."""

import http.client
import json
import os
import random
import re
import statistics
import threading
import time
import uuid

COUNT = re.compile(rb'^llm_requests_total\{provider="probe".* (\d+)$', re.MULTILINE)


class Prober:
    """Appends a request of the provider `probe` now and then, and asks until it is counted."""

    def __init__(self, log, port, per_second=10, poll=0.0005):
        """`poll` is the pause between two scrapes while a line is awaited."""
        self.log, self.port, self.pause, self.poll = log, port, 1 / per_second, poll
        self.seconds = []
        self.scrapes = []  # seconds that each took
        self.lost = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()
        return self

    def stop(self):
        self._stopping.set()
        self._thread.join(timeout=30)

    def percentile(self, percent):
        """In milliseconds."""
        return 1000 * statistics.quantiles(self.seconds, n=100)[percent - 1]

    def __str__(self):
        return (f"p50 {self.percentile(50):.1f} ms, p99 {self.percentile(99):.1f} ms, "
                f"most {1000 * max(self.seconds):.1f} ms of {len(self.seconds)} lines")

    def _run(self):
        rng = random.Random(1)
        descriptor = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        expected = self._count(connection)
        while not self._stopping.wait(self.pause * rng.uniform(0.5, 1.5)):
            expected += 1
            os.write(descriptor, self._line())
            written = time.perf_counter()
            while self._count(connection) < expected:
                if time.perf_counter() - written > 10:
                    self.lost += 1
                    expected -= 1
                    break
                time.sleep(self.poll)
            else:
                self.seconds.append(time.perf_counter() - written)
        os.close(descriptor)

    def _count(self, connection):
        asked = time.perf_counter()
        connection.request("GET", "/metrics")
        page = connection.getresponse().read()
        self.scrapes.append(time.perf_counter() - asked)
        found = COUNT.search(page)
        return int(found[1]) if found else 0

    @staticmethod
    def _line():
        """A client that went away before anything was called: it adds to nothing but requests."""
        now = round(time.time(), 6)
        return json.dumps({
            "v": 1, "kind": "request", "id": str(uuid.uuid4()), "start": now, "end": now,
            "outcome": "cancelled", "provider": "probe", "attempts": 0, "retries": 0,
            "fallbacks": 0}).encode() + b"\n"
