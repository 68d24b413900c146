"""A stand-in for Sidelight's end of the push: keeps each line once, and fails when told to.

    receiver.py PORT FILE [FAULT_SHARE]

Appends new lines to FILE, on loopback; lines already in it are repeats. FAULT_SHARE, such as 0.2:
that part of the posts fails, a half of them only after the lines were kept. Prints a summary at
the end (SIGTERM). With LAB_TOKEN set it asks for that token.
"""

import gzip
import http.server
import os
import pathlib
import random
import signal
import sys
import threading
import time


class Post:
    """What one post was: its headers, its lines, and the answer it was given (0: none)."""

    def __init__(self, path, headers, lines, status):
        self.path, self.headers, self.lines, self.status = path, headers, lines, status


class Receiver:
    """Answers posts in a thread, on a random port of loopback unless told which.

    `script` holds what happens to the next posts, in turn: a status, a status with headers, or
    "cut" (kept, but never answered), "hang" (kept; answers when `release` is set), "trickle".
    """

    def __init__(self, port=0, token=None):
        self.token, self.script = token, []
        self.refuses, self.refusal = None, 400
        self.fault_share = 0.0
        self.posts, self.lines, self.repeats = [], {}, 0
        self.release, self.hanging = threading.Event(), threading.Event()
        self.keep = lambda new_lines: None
        self._lock = threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 10

            def do_POST(self):
                receiver.answer(self)

            def do_GET(self):
                receiver.answer(self)

            def log_message(self, *arguments):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass  # clients are killed here

        self._server = Server(("127.0.0.1", port), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/ingest/litellm"
        self._thread = threading.Thread(target=self._server.serve_forever,
                                        kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def close(self):
        self.release.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, exchange):
        body = exchange.rfile.read(int(exchange.headers.get("Content-Length") or 0))
        if exchange.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        lines = body.splitlines()
        with self._lock:
            act = self.script.pop(0) if self.script else self._random_act()
            status, headers = act if isinstance(act, tuple) else (act, {})
            if self.token and exchange.headers.get("Authorization") != f"Bearer {self.token}":
                status = 401
            if status == 200 and self.refuses and any(map(self.refuses, lines)):
                status = self.refusal
            if status in (200, "cut", "hang"):
                self._take(lines)
            self.posts.append(Post(exchange.path, dict(exchange.headers), lines, status))
        if status == "hang":
            self.hanging.set()
            self.release.wait(10)
        elif status == "trickle":
            self._trickle(exchange)
        if isinstance(status, str):
            exchange.close_connection = True
            return
        exchange.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            exchange.send_header(name, value)
        exchange.end_headers()

    def _random_act(self):
        if random.random() >= self.fault_share:
            return 200
        return random.choice(("cut", "cut", 500, (429, {"Retry-After": "1"})))

    def _trickle(self, exchange):
        exchange.wfile.write(b"HTTP/1.1 ")
        while not self.release.wait(0.02):
            exchange.wfile.write(b" ")

    def _take(self, lines):
        new = [line for line in dict.fromkeys(lines) if line not in self.lines]
        self.repeats += len(lines) - len(new)
        self.lines.update(dict.fromkeys(new))
        self.keep(new)


def main():
    port, path = int(sys.argv[1]), pathlib.Path(sys.argv[2])
    receiver = Receiver(port, os.environ.get("LAB_TOKEN"))
    receiver.fault_share = float(sys.argv[3]) if len(sys.argv) > 3 else 0.0
    with path.open("ab+") as file:
        file.seek(0)
        receiver.lines = dict.fromkeys(file.read().splitlines())

        def keep(lines):
            file.write(b"".join(line + b"\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())

        receiver.keep = keep
        done = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: done.set())
        done.wait()
        receiver.close()
    print(f"{time.strftime('%H:%M:%S')} {len(receiver.posts)} posts, {len(receiver.lines)} lines "
          f"in all, {receiver.repeats} repeats", flush=True)


if __name__ == "__main__":
    main()
