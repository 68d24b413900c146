"""The callback with a stopwatch: CPU time and calls of each hook, kept in LAB_COST_FILE."""

import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from sidelight_callback import SidelightCallback  # noqa: E402


class TimedCallback(SidelightCallback):
    def __init__(self):
        super().__init__()
        self._spent = {}
        self._calls = {}
        self._next_report = 0.0

    def _observe(self, handler, *arguments):
        name = handler.__name__.strip("_")
        started = time.thread_time_ns()
        super()._observe(handler, *arguments)
        self._spent[name] = self._spent.get(name, 0) + time.thread_time_ns() - started
        self._calls[name] = self._calls.get(name, 0) + 1
        if time.monotonic() > self._next_report:
            self._next_report = time.monotonic() + 0.5
            with open(os.environ["LAB_COST_FILE"], "w", encoding="utf-8") as report:
                json.dump({"nanoseconds": self._spent, "calls": self._calls}, report)


timed = TimedCallback()
