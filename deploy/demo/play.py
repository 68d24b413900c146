#!/usr/bin/env python3
"""Plays a native log at its own pace, as if it happened now.

    play.py LOG OUT [--speed 1] [--repeat]

Each line is appended to OUT when its end has come; its times are moved to now and its ids made
anew, so that the same log can be played again and again.
"""

import argparse
import json
import os
import signal
import sys
import time
import uuid

TIMES = ("start", "end", "attempt_start", "first_token")


def read_log(path):
    """The events of a log in the order in which they ended."""
    with open(path, encoding="utf-8") as lines:
        events = [json.loads(line) for line in lines if line.strip()]
    return sorted(events, key=lambda event: event["end"])


def moved(event, seconds, run):
    """The same event so much later; lines of one request keep a common id."""
    later = {name: round(event[name] + seconds, 6) for name in TIMES if name in event}
    ids = {name: str(uuid.uuid5(run, event[name])) for name in ("id", "trace") if name in event}
    return {**event, **later, **ids}


def play(events, output, speed):
    run = uuid.uuid4()
    began, first = time.time(), events[0]["end"]
    for event in events:
        due = began + (event["end"] - first) / speed
        while (wait := due - time.time()) > 0:
            time.sleep(min(wait, 1))
        line = json.dumps(moved(event, due - event["end"], run), separators=(",", ":"))
        os.write(output, line.encode() + b"\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log")
    parser.add_argument("out")
    parser.add_argument("--speed", type=float, default=1, help="times faster than it was")
    parser.add_argument("--repeat", action="store_true", help="begin again at the end")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    events = read_log(options.log)
    if not events:
        sys.exit(f"{options.log} is empty")
    output = os.open(options.out, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    play(events, output, options.speed)
    while options.repeat:
        play(events, output, options.speed)


if __name__ == "__main__":
    main()
