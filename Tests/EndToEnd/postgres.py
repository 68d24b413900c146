"""A real PostgreSQL of the test's own, and a network to it that can be cut."""

import contextlib
import os
import pathlib
import select
import socket
import subprocess
import threading

import support


class Server:
    """A server on a socket in the workspace; it can be killed and started again."""

    def __init__(self, workspace, *settings):
        self.workspace = workspace
        self.folder = workspace.path / "postgres"
        self.folder.mkdir()
        self.settings = settings
        self.process = None
        versions = pathlib.Path("/usr/lib/postgresql").iterdir()
        self.programs = max(versions, key=lambda path: int(path.name)) / "bin"
        # It refuses to run as root.
        self.user = []
        if os.geteuid() == 0:
            self.user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            subprocess.run(["chown", "postgres", self.folder], check=True)
            workspace.path.chmod(0o755)
        subprocess.run(
            [*self.user, self.programs / "initdb", "-D", self.folder / "data", "-U", "sidelight",
             "-A", "trust"], check=True, stdout=subprocess.DEVNULL, cwd="/")

    @property
    def socket(self):
        return str(self.folder / ".s.PGSQL.5432")

    def start(self):
        more = [word for setting in self.settings for word in ("-c", setting)]
        # What a killed one leaves behind is gone within a moment.
        def attempt():
            if self.process is None or self.process.poll() is not None:
                self.process = self.workspace.start(
                    *self.user, self.programs / "postgres", "-D", self.folder / "data", "-k",
                    self.folder, "-c", "listen_addresses=", *more, log="postgres.out", cwd="/")
            return self.ask("SELECT 1")
        support.wait_until(attempt, lambda answer: answer == "1", 30)
        return self

    def kill(self):
        self.process.kill()
        self.process.wait()

    def ask(self, sql):
        """The answer's rows as lines; what went wrong reads as no answer."""
        result = subprocess.run(
            ["psql", "-X", "-At", f"postgres:///postgres?host={self.folder}&user=sidelight", "-c",
             sql], text=True, capture_output=True, check=False, timeout=60)
        return result.stdout.strip() if result.returncode == 0 else None


class Network:
    """A port that leads to a server's socket, until it is cut or swallows everything."""

    def __init__(self, target):
        self.target = target
        self.lock = threading.Lock()
        self.pairs = set()
        self.is_cut = False
        self.flows = threading.Event()
        self.flows.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            try:
                if self.is_cut:
                    raise OSError("cut")
                server = socket.socket(socket.AF_UNIX)
                server.connect(self.target)
            except OSError:
                client.close()
                continue
            pair = (client, server)
            with self.lock:
                self.pairs.add(pair)
            threading.Thread(target=self.carry, args=(pair,), daemon=True).start()

    def carry(self, pair):
        with contextlib.suppress(OSError, ValueError):
            while True:
                for ready in select.select(pair, [], [], 1)[0]:
                    data = ready.recv(1 << 16)
                    self.flows.wait()
                    if not data:
                        raise OSError("closed")
                    pair[ready is pair[0]].sendall(data)
        with self.lock:
            self.pairs.discard(pair)
        for end in pair:
            end.close()

    def cut(self):
        """Ends every connection and lets in no other."""
        self.is_cut = True
        with self.lock:
            ends = [end for pair in self.pairs for end in pair]
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def freeze(self):
        """Connections stay, and nothing passes."""
        self.flows.clear()

    def mend(self):
        self.is_cut = False
        self.flows.set()
