"""The callback's push, against a stand-in for Sidelight that fails in every way it may.

Most tests step the sender themselves, by a clock of their own; those that kill run real processes.
"""

import email.utils
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

from receiver import Receiver
from standalone import import_callback
from test_callback import ProxyRequest

callback = import_callback()
WORKER = pathlib.Path(__file__).with_name("push_worker.py")
TOKEN = "secret-token"


class Worker:
    """A writer and its sender, as each process of the proxy has them; time passes when told."""

    def __init__(self, path, url, token=TOKEN, token_file=None, bound=1 << 20):
        self.time = 1000.0
        self.writer = callback.SpoolWriter(str(path), bound)
        self.spool = callback.Spool(str(path))
        self.receiver = callback.Receiver(url, token, token_file)
        self.sender = callback.Sender(self.spool, self.writer, self.receiver, bound,
                                      lambda: self.time)

    def write(self, *names, size=20):
        for name in names:
            self.writer.write({"id": name, "filler": "x" * size})

    def send(self, after=0.0):
        """Steps until there is nothing to do at once."""
        self.time += after
        for _ in range(1000):
            if self.sender.step() > 0:
                return
        raise AssertionError("the sender never comes to rest")

    def die(self):
        """Leaves everything as the end of its process would."""
        segment = self.sender._segment
        for descriptor in (self.writer._descriptor, self.spool._descriptor,
                           segment._descriptor if segment else -1):
            if descriptor >= 0:
                os.close(descriptor)
        self.writer._descriptor = self.spool._descriptor = -1
        self.sender._segment = None
        self.receiver.disconnect()

    def wait_left(self):
        return round(self.sender._next_post - self.time, 3)


class PushTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name, "log")
        self.path = self.folder / "requests.jsonl"
        self.receiver = self.start_receiver(token=TOKEN)
        self.patch(callback.random, "uniform", lambda low, high: high)
        self.patch(callback.logger, "warning", mock.Mock())

    def patch(self, *what):
        patcher = mock.patch.object(*what)
        patcher.start()
        self.addCleanup(patcher.stop)

    def start_receiver(self, **how):
        receiver = Receiver(**how)
        self.addCleanup(receiver.close)
        return receiver

    def worker(self, **how):
        worker = Worker(how.pop("path", self.path), how.pop("url", self.receiver.url), **how)
        self.addCleanup(worker.die)
        return worker

    def received(self):
        return [json.loads(line)["id"] for line in self.receiver.lines]

    def statuses(self):
        return [post.status for post in self.receiver.posts]

    def warnings(self):
        return [call.args[0] % call.args[1:] for call in callback.logger.warning.call_args_list]

    def spooled(self):
        return sum(self.size(file) for file in self.folder.glob("requests.jsonl*"))

    def size(self, file):
        try:
            return file.stat().st_size
        except FileNotFoundError:
            return 0

    # --- sending ---

    def test_sends_and_removes(self):
        worker = self.worker()
        worker.write("a", "b")
        worker.send()
        worker.write("c")
        worker.send(after=callback.ROTATE_SECONDS)
        self.assertEqual(self.received(), ["a", "b", "c"])
        self.assertEqual(self.statuses(), [200, 200])
        self.assertEqual([file.name for file in self.folder.iterdir()], ["requests.jsonl.lock"])
        first = self.receiver.posts[0]
        self.assertEqual(first.path, "/ingest/litellm")
        self.assertEqual(first.headers["Content-Type"], "application/x-ndjson")
        self.assertEqual(first.headers["Authorization"], "Bearer " + TOKEN)
        self.assertNotIn("Content-Encoding", first.headers)

    def test_nothing_to_send_is_no_post(self):
        worker = self.worker()
        worker.send()
        self.path.touch()
        worker.send(after=10)
        self.assertEqual(self.receiver.posts, [])

    def test_batches_are_bounded_and_compressed(self):
        worker = self.worker(bound=8 << 20)
        names = [f"line-{number}" for number in range(2500)]
        worker.write(*names, size=10)
        worker.write("long-1", "long-2", "long-3", size=200_000)
        worker.send()
        self.assertEqual(self.received(), [*names, "long-1", "long-2", "long-3"])
        self.assertEqual([len(post.lines) for post in self.receiver.posts],
                         [1000, 1000, 500 + 1, 1, 1])
        self.assertEqual({post.headers.get("Content-Encoding") for post in self.receiver.posts},
                         {"gzip"})

    def test_paces_a_steady_stream(self):
        worker = self.worker()
        for number in range(20):
            worker.write(str(number))
            worker.send(after=callback.POLL_SECONDS)
        self.assertEqual(len(self.receiver.posts), 5)
        worker.send(after=callback.ROTATE_SECONDS)
        self.assertEqual(len(self.received()), 20)

    def test_what_an_earlier_process_left(self):
        self.folder.mkdir()
        self.path.write_text('{"id":"new"}\n')
        self.path.with_name("requests.jsonl.00000000000000000007").write_text('{"id":"old"}\n')
        foreign = self.path.with_name("requests.jsonl.1")
        foreign.write_text('{"id":"not ours"}\n')
        self.worker().send()
        self.assertEqual(self.received(), ["old", "new"])
        self.assertTrue(foreign.exists())

    def test_a_torn_line_spoils_no_other(self):
        self.folder.mkdir()
        self.path.with_name("requests.jsonl.00000000000000000007").write_text('{"id":"a"}\n{"id')
        self.path.write_text('\n\n{"id":"b"}\n')
        self.receiver.refuses = lambda line: not line.endswith(b"}")
        worker = self.worker()
        worker.send()
        self.assertEqual(self.received(), ["a", "b"])
        self.assertIn([b'{"id'], [post.lines for post in self.receiver.posts])
        self.assertEqual(self.spooled(), 0)

    # --- failures ---

    def test_outage(self):
        worker, delays = self.worker(url="http://127.0.0.1:1/"), []
        worker.write("a")
        for number in range(8):
            worker.send(after=worker.wait_left() if delays else 0)
            delays.append(worker.wait_left())
            worker.write(f"more-{number}")
        self.assertEqual(delays, [2, 4, 8, 16, 32, 60, 60, 60])
        self.assertEqual(len(self.warnings()), 4)  # after 0, 62, 122 and 182 seconds
        self.assertRegex(self.warnings()[0], "sent again: .*Connection refused")
        later = self.worker()
        self.assertFalse(later.spool.hold())
        worker.die()
        later.send()
        self.assertEqual(self.received(), ["a", *(f"more-{number}" for number in range(8))])

    def test_no_post_before_its_time(self):
        self.receiver.script = [500]
        worker = self.worker()
        worker.write("a")
        worker.send()
        worker.send(after=1.99)
        self.assertEqual(self.statuses(), [500])
        worker.send(after=0.02)
        self.assertEqual(self.statuses(), [500, 200])

    def test_retries_until_it_is_taken(self):
        self.receiver.script = [500, "cut", 503, 408, 405, (429, {}), "cut"]
        worker = self.worker()
        worker.write("a", "b")
        for _ in range(8):
            worker.send(after=60)
        self.assertEqual(self.statuses(), [500, "cut", 503, 408, 405, 429, "cut", 200])
        self.assertEqual(self.received(), ["a", "b"])
        self.assertEqual(self.receiver.repeats, 4)

    def test_backoff_starts_anew_after_success(self):
        self.receiver.script = [500, 500, 200, 500]
        worker = self.worker()
        for expected in (2, 4, 2):
            worker.write("a")
            worker.send(after=60)
            self.assertEqual(worker.wait_left(), expected)
        self.assertEqual(self.receiver.script, [])

    def test_jitter(self):
        with mock.patch.object(callback.random, "uniform", lambda low, high: low):
            self.receiver.script = [500]
            worker = self.worker()
            worker.write("a")
            worker.send()
            self.assertEqual(worker.wait_left(), 1)

    def test_retry_after(self):
        date = email.utils.formatdate(time.time() + 40, usegmt=True)
        for status, value, expected in (
                (429, "7", 7), (503, "7", 7), (429, "0", 1), (429, "9999", 60), (429, "soon", 2),
                (429, "-5", 2), (500, "7", 2), (429, "Thu, 01 Jan 1970 00:00:00 GMT", 1)):
            with self.subTest(f"{status} {value}"):
                self.assertEqual(self.delay_after(status, {"Retry-After": value}), expected)
        self.assertAlmostEqual(self.delay_after(503, {"Retry-After": date}), 40, delta=2)

    def delay_after(self, status, headers):
        self.receiver.script = [(status, headers)]
        worker = self.worker()
        worker.write("a")
        worker.send()
        delay = worker.wait_left()
        worker.send(after=60)
        worker.die()
        return delay

    def test_what_somebody_must_change_first(self):
        for status in (401, 403, 404, 302):
            with self.subTest(status):
                headers = {"Location": self.receiver.url + "/elsewhere", "Retry-After": "1"}
                self.assertEqual(self.delay_after(status, headers), 60)
        self.assertEqual({post.path for post in self.receiver.posts}, {"/ingest/litellm"})

    def test_wrong_token(self):
        worker = self.worker(token="other-secret")
        worker.write("a")
        for _ in range(10):
            worker.send(after=30)
        self.assertEqual(self.statuses(), [401] * 5)
        self.assertEqual(self.warnings(), ["Sidelight: lines wait in the spool, to be sent again: "
                                           "HTTP 401"] * 5)

    def test_token_file_is_read_anew(self):
        file = self.folder.with_name("token")
        worker = self.worker(token=None, token_file=str(file))
        worker.write("a")
        worker.send()
        file.write_text("wrong\n")
        worker.send(after=2)
        file.write_text(TOKEN + "\n")
        worker.send(after=60)
        self.assertEqual(self.statuses(), [401, 200])
        self.assertIn("No such file", self.warnings()[0])

    def test_the_token_is_never_logged(self):
        worker = self.worker(token="odd\ntoken")
        worker.write("a")
        worker.send()
        self.assertEqual(self.warnings()[0].rpartition(": ")[2], "ValueError")

    def test_only_http(self):
        for url in ("ftp://host/", "file:///etc/passwd", "sidelight:4010", "http:///x",
                    "http://host:port/"):
            with self.subTest(url):
                callback.logger.warning.reset_mock()
                path = self.folder / url.replace("/", "-") / "requests.jsonl"
                worker = self.worker(path=path, url=url)
                worker.write("a")
                worker.send()
                self.assertEqual(len(self.warnings()), 1)
                self.assertEqual(worker.wait_left(), 2)

    def test_an_answer_that_never_ends(self):
        self.receiver.script = ["trickle"]
        self.patch(callback, "POST_SECONDS", 0.1)
        worker = self.worker()
        worker.write("a")
        started = time.monotonic()
        worker.send()
        self.assertLess(time.monotonic() - started, 2)
        self.assertEqual(worker.wait_left(), 2)
        worker.send(after=2)
        self.assertEqual(self.received(), ["a"])

    # --- refused lines ---

    def test_a_refused_line_among_good_ones(self):
        for status in (400, 413, 415, 422):
            with self.subTest(status):
                self.receiver.lines.clear()
                self.receiver.posts.clear()
                self.receiver.refuses, self.receiver.refusal = lambda line: b"bad" in line, status
                names = [f"{number}" for number in range(300)]
                worker = self.worker()
                worker.write(*names[:123], "bad-1", *names[123:200], "bad-2", *names[200:])
                worker.send()
                self.assertEqual(self.received(), names)
                self.assertLess(len(self.receiver.posts), 80)
                worker.write("next")
                worker.send(after=60)
                self.assertEqual(json.loads(list(self.receiver.lines)[-1])["dropped"], 2)
                worker.die()

    def test_a_failure_while_splitting_counts_nothing_twice(self):
        self.receiver.refuses = lambda line: b"bad" in line
        self.receiver.script = [200, 200, 500, 200, 200, 500, "cut"]
        worker = self.worker()
        worker.write("a", "b", "bad", "c", "d")
        for _ in range(4):
            worker.send(after=60)
        worker.write("next")
        worker.send(after=60)
        self.assertEqual(self.received(), ["a", "b", "c", "d", "next"])
        self.assertEqual(json.loads(list(self.receiver.lines)[-1])["dropped"], 1)

    # --- the spool ---

    def test_bound(self):
        worker = self.worker(bound=10_000)
        self.receiver.script = [500] * 5
        self.patch(callback, "SEGMENT_BYTES", 2_000)
        for number in range(200):
            worker.write(f"line-{number}", size=100)
            if number % 10 == 0:
                worker.send(after=1)
            self.assertLessEqual(self.spooled(), 10_000)
        self.assertGreater(self.spooled(), 9_500)
        self.assertGreater(len(list(self.folder.glob("requests.jsonl.0*"))), 2)
        worker.send(after=60)
        worker.send(after=60)
        kept = len(self.receiver.lines)
        worker.write("next")
        worker.send(after=60)
        self.assertEqual(self.received(), [*(f"line-{number}" for number in range(kept)), "next"])
        self.assertEqual(json.loads(list(self.receiver.lines)[-1])["dropped"], 200 - kept)
        self.assertIn("the spool is full", self.warnings()[1])

    def test_waits_for_other_workers_to_let_go(self):
        one, other = self.worker(), self.worker()
        one.write("a")
        other.write("b")
        one.send()
        self.assertEqual(self.received(), [])
        other.write("c")  # within the pause between two checks: to the file that was moved away
        other.send()  # may not send, but lets go
        self.assertEqual(self.receiver.posts, [])
        one.send()
        self.assertEqual(self.received(), ["a", "b", "c"])

    def test_a_file_moved_between_opening_and_locking(self):
        worker, real, moved = self.worker(), callback.fcntl.flock, self.folder / "moved"

        def flock(descriptor, how):
            if not moved.exists():
                self.path.rename(moved)
            real(descriptor, how)

        with mock.patch.object(callback.fcntl, "flock", flock):
            worker.write("a")
        self.assertEqual(moved.read_text(), "")
        worker.send()
        self.assertEqual(self.received(), ["a"])

    def test_no_locks_here(self):
        worker = self.worker()
        descriptors = len(os.listdir("/dev/fd"))
        with mock.patch.object(callback.fcntl, "flock", side_effect=OSError(37, "no locks")):
            worker.write("lost")
            worker.send()
        self.assertEqual(len(os.listdir("/dev/fd")), descriptors)
        worker.write("a")
        worker.send(after=60)
        self.assertEqual(self.received(), ["a"])
        self.assertEqual(json.loads(next(iter(self.receiver.lines)))["dropped"], 1)

    # --- whole workers ---

    def test_the_callback_sends_when_told_where(self):
        environment = {"SIDELIGHT_LOG": str(self.path), "SIDELIGHT_URL": self.receiver.url,
                       "SIDELIGHT_TOKEN": TOKEN, "SIDELIGHT_SPOOL_BYTES": "100000"}
        self.patch(callback, "POLL_SECONDS", 0.01)
        with mock.patch.dict(os.environ, environment):
            logger = callback.SidelightCallback()
        ProxyRequest(logger).route_to("claude").call().succeed()
        self.wait_for(lambda: self.receiver.lines)
        self.assertEqual(json.loads(next(iter(self.receiver.lines)))["outcome"], "success")
        self.assertLess(logger._writer.room, 100_001)

    def wait_for(self, condition, seconds=10):
        deadline = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), deadline, "waited in vain")
            time.sleep(0.005)

    def start_process(self, name, count):
        environment = {**os.environ, "SIDELIGHT_LOG": str(self.path), "SIDELIGHT_TOKEN": TOKEN,
                       "SIDELIGHT_URL": self.receiver.url, "PYTHONDONTWRITEBYTECODE": "1"}
        process = subprocess.Popen([sys.executable, str(WORKER), name, str(count)],
                                   env=environment, stdout=subprocess.PIPE)
        self.addCleanup(self.kill, process)
        return process

    def kill(self, process):
        """Kills it, and returns how many lines it is known to have written."""
        if process.stdout.closed:
            return 0
        process.send_signal(signal.SIGKILL)
        process.wait()
        numbers = process.stdout.read().split()
        process.stdout.close()
        return int(numbers[-1]) if numbers else 0

    def wait_until_written(self, process, count):
        while process.stdout.readline().strip() != str(count).encode():
            self.assertIsNone(process.poll())

    def expect_exactly(self, **counts):
        expected = {f"{name}-{number}" for name, count in counts.items()
                    for number in range(1, count + 1)}
        self.wait_for(lambda: len(self.receiver.lines) >= len(expected))
        self.assertEqual(sorted(self.received()), sorted(expected))

    def test_killed_while_sending(self):
        self.receiver.script = [200, 200, "hang"]
        process = self.start_process("one", 500)
        self.wait_until_written(process, 500)
        self.assertTrue(self.receiver.hanging.wait(10))
        self.kill(process)
        self.start_process("two", 50)
        self.expect_exactly(one=500, two=50)
        self.assertGreater(self.receiver.repeats, 0)

    def test_another_worker_takes_over(self):
        first = self.start_process("first", 2000)
        self.wait_for(lambda: self.receiver.lines)
        second = self.start_process("second", 2000)
        self.wait_until_written(first, 2000)
        self.wait_until_written(second, 2000)
        self.receiver.script = ["cut", 500]
        self.kill(first)
        self.expect_exactly(first=2000, second=2000)

    def test_killed_at_random(self):
        rng, written = random.Random(7), {}
        running = {name: self.start_process(name, 100_000) for name in ("w0", "w1")}
        for number in range(2, int(os.environ.get("LAB_KILLS", "6")) + 2):
            running[f"w{number}"] = self.start_process(f"w{number}", 100_000)
            self.receiver.script += rng.choice(([500], ["cut"], ["cut", 500], []))
            time.sleep(rng.uniform(0.05, 0.25))
            name = rng.choice(sorted(running))
            written[name] = self.kill(running.pop(name))
        for name, process in running.items():
            written[name] = self.kill(process)
        self.start_process("last", 0)
        self.wait_for(lambda: self.spooled() == 0, seconds=60)
        received = {}
        for line in self.received():
            name, _, number = line.partition("-")
            received.setdefault(name, []).append(int(number))
        for name, count in written.items():
            numbers = sorted(received.get(name, []))
            self.assertEqual(numbers, list(range(1, len(numbers) + 1)), name)
            # One more may be written than it had time to say.
            self.assertIn(len(numbers), (count, count + 1), name)


if __name__ == "__main__":
    unittest.main()
