"""Scripted outages: who fails how from when to when, and the traffic that meets them."""

import http.client
import json
import threading
import time

# What is asked each second, and whose deployment (the upstream's name for it) may serve.
ROUTES = {
    "claude-sonnet": {"anthropic": "claude"},
    "gpt-4o": {"openai": "gpt-east", "azure": "gpt-azure"},
    "gpt-4o-mini": {"openai": "gpt-mini"},
    "gemini-flash": {"gemini": "gemini-flash"},
    "groq-llama": {"groq": "groq"},
    "llama-free": {"openrouter": "openrouter"},
}
# Shuffled over two providers: twice as often, for each of them to have its share.
RATES = {route: 2 if len(served) > 1 else 1 for route, served in ROUTES.items()}
PROVIDERS = sorted({provider for served in ROUTES.values() for provider in served})
DEPLOYMENTS = {"anthropic": ["claude-main"], "azure": ["gpt-4o-azure"],
               "gemini": ["gemini-flash-main"], "groq": ["llama-groq"],
               "openrouter": ["llama-free-openrouter"],
               "openai": ["gpt-4o-east", "gpt-4o-mini-main"]}
GARBAGE = [
    b"{", b"[]", b'{"model": "gpt-4o"}', b'{"model": 7, "messages": []}',
    b'{"model": "no-such-model", "messages": [{"role": "user", "content": "x"}]}',
]


class Outage:
    """What the upstream does to whom, and what each of them is to be called."""

    def __init__(self, name, faults=(), expected=(), stream=(), garbage=False, bad_key=False,
                 quiet=(), every=1.0):
        self.name = name
        # By the upstream's name of a deployment: what it answers, attempt by attempt.
        self.faults = dict(faults)
        # By provider; all others have to stay healthy.
        self.expected = dict(expected)
        # Routes asked for streams.
        self.stream = stream
        self.garbage, self.bad_key = garbage, bad_key
        # Routes asked only each so many seconds.
        self.quiet, self.every = quiet, every
        self.begin = self.end = self.over = 0.0


def all_down():
    return {name: [500] for served in ROUTES.values() for name in served.values()}


LONG = [
    Outage("answers 500", {"claude": [500]}, {"anthropic": "unhealthy"}),
    Outage("does not answer", {"gemini-flash": ["hang"]}, {"gemini": "unhealthy"}),
    Outage("refuses the key (401)", {"groq": [401]}, {"groq": "unhealthy"}),
    Outage("limits every call (429)", {"openrouter": [429]}, {"openrouter": "unhealthy"}),
    Outage("limits every other call", {"openrouter": [429, 200]}, {"openrouter": "degraded"}),
    Outage("breaks streams", {"claude": ["cut"]}, {"anthropic": "unhealthy"},
           stream=("claude-sonnet",)),
    Outage("one of two deployments down", {"gpt-azure": [503]}, {"azure": "unhealthy"}),
    Outage("a caller sends garbage", {"gpt-mini": [400]}, garbage=True),
    Outage("a caller has a bad key", bad_key=True),
    Outage("fails at a trickle", {"groq": [401]}, {"groq": "unhealthy"},
           quiet=("groq-llama",), every=12.0),
    Outage("everything down", all_down(), dict.fromkeys(PROVIDERS, "unhealthy")),
]
SHORT = [
    Outage("four at once", {"claude": [500], "groq": [401], "openrouter": [429, 200],
                            "gpt-azure": [503], "gpt-mini": [400]},
           {"anthropic": "unhealthy", "groq": "unhealthy", "openrouter": "degraded",
            "azure": "unhealthy"}, garbage=True, bad_key=True),
]


class Traffic:
    """One request a second to each route, whatever becomes of those before."""

    def __init__(self, port):
        self.port = port
        self.outage = None
        self.statuses = {}
        self.number = 0
        self.running = True
        self.lock = threading.Lock()
        self.clock = threading.Thread(target=self.run, daemon=True)

    def start(self):
        self.clock.start()
        return self

    def begin(self, outage):
        with self.lock:
            self.outage = outage
        outage.begin = time.time()

    def stop(self):
        self.running = False
        self.clock.join()

    def run(self):
        due = {route: time.monotonic() for route in ROUTES}
        while self.running:
            now = time.monotonic()
            for route in ROUTES:
                if due[route] <= now:
                    due[route] = now + self.pause(route)
                    self.spawn(self.ask, route)
            time.sleep(0.02)

    def pause(self, route):
        outage = self.outage
        if outage and route in outage.quiet:
            return outage.every
        if outage and route == "gpt-4o":
            self.spawn(self.mischief, outage)
        return 1 / RATES[route]

    @staticmethod
    def spawn(task, *arguments):
        threading.Thread(target=task, args=arguments, daemon=True).start()

    def ask(self, route):
        with self.lock:
            outage = self.outage
            self.number += 1
            number = self.number
        directive = {"id": f"h{number}", "faults": outage.faults if outage else {}, "delay": 5}
        body = {"model": route, "messages": [
            {"role": "user", "content": f"@@{json.dumps(directive)}@@"}]}
        if outage and route in outage.stream:
            body["stream"] = True
        self.post(json.dumps(body).encode(), "sk-key-1")

    def mischief(self, outage):
        """What callers do wrong beside the others' requests."""
        if outage.garbage:
            self.post(GARBAGE[self.number % len(GARBAGE)], "sk-key-2")
        if outage.bad_key:
            body = {"model": "claude-sonnet", "messages": [{"role": "user", "content": "x"}]}
            self.post(json.dumps(body).encode(), "sk-wrong-key")

    def post(self, body, key):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request("POST", "/v1/chat/completions", body, {
                "Content-Type": "application/json", "Authorization": f"Bearer {key}"})
            response = connection.getresponse()
            response.read()
            status = response.status
        except (OSError, http.client.HTTPException) as error:
            status = type(error).__name__
        finally:
            connection.close()
        with self.lock:
            self.statuses[status] = self.statuses.get(status, 0) + 1
