"""Services that are told of budgets, with the limits that their documentation states.

Whatever a service would refuse is refused here too, and kept in `complaints`; a test ends with none.
"""

import base64
import collections
import hashlib
import hmac
import http.server
import json
import threading
import time


class Receiver:
    """A server on this machine. `answer` may be replaced: it gets the number of the request and
    gives a status to answer with, None for the service's own answer, or "cut" to hang up."""

    def __init__(self):
        self.lock = threading.Lock()
        self.deliveries = []
        self.complaints = []
        self.count = 0
        self.delay = lambda: 0
        self.answer = lambda number: None
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                receiver.handle(self)

            def do_GET(self):
                receiver.handle(self)

            do_OPTIONS = do_GET

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                pass  # a client that was killed in the middle of a request

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def handle(self, request):
        arrived = time.time()
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        with self.lock:
            number = self.count
            self.count += 1
        time.sleep(self.delay())
        said = self.answer(number)
        if said == "cut":
            request.close_connection = True
            return
        if said is None:
            status, headers, text = self.judge(request, body, arrived)
        else:
            status, headers, text = said, {}, "told to"
        try:
            request.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(text.encode()))}.items():
                request.send_header(name, value)
            request.end_headers()
            request.wfile.write(text.encode())
        except OSError:
            pass  # it was killed while it waited for the answer

    def keep(self, **delivery):
        with self.lock:
            self.deliveries.append(delivery)

    def complain(self, status, text):
        with self.lock:
            self.complaints.append(text)
        return status, {}, text

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Webhook(Receiver):
    """Verifies Standard Webhooks' signatures against any of its secrets."""

    def __init__(self, *keys):
        super().__init__()
        self.keys = list(keys)

    @staticmethod
    def secret(key):
        return "whsec_" + base64.b64encode(key).decode()

    def config(self, name, *keys):
        secrets = " ".join(self.secret(key) for key in keys or self.keys)
        return {"name": name, "webhook": {"url": f"{self.origin}/hook", "secret": secrets}}

    def judge(self, request, body, arrived):
        if request.command != "POST" or request.path != "/hook":
            return 405, {}, ""
        identity, sent = request.headers["webhook-id"], request.headers["webhook-timestamp"]
        signed = f"{identity}.{sent}.".encode() + body
        good = ["v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
                for key in self.keys]
        if not set(request.headers["webhook-signature"].split(" ")) & set(good):
            return self.complain(401, f"the signature of {identity} is wrong")
        if abs(int(sent) - arrived) > 300:
            return self.complain(401, f"{identity} was sent at {sent}, but arrived at {arrived}")
        document = json.loads(body)
        self.keep(id=identity, arrived=arrived, type=document["type"], **document["data"])
        return 204, {}, ""

    def crossings(self):
        """The ids under which each (budget, scope, threshold) arrived, as often as it did."""
        found = collections.defaultdict(list)
        with self.lock:
            for told in self.deliveries:
                key = told["budget"], told["scope"], told.get("threshold_percent")
                found[key].append(told["id"])
        return dict(found)


class Telegram(Receiver):
    """The part of the Bot API that sends messages; a chat gets `rate` of them in a second."""

    TOKEN = "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOpp"
    CHAT = -1001234567890

    def __init__(self, rate=None):
        super().__init__()
        self.rate = rate
        self.sent = collections.deque()

    def config(self, name):
        return {"name": name, "telegram": {
            "bot_token": self.TOKEN, "chat_id": self.CHAT, "api_url": self.origin}}

    def refuse(self, status, description, **parameters):
        text = json.dumps({"ok": False, "error_code": status, "description": description,
                           **({"parameters": parameters} if parameters else {})})
        return status, {"Content-Type": "application/json"}, text

    def judge(self, request, body, arrived):
        if request.path == f"/bot{self.TOKEN}/getMe":
            return 200, {}, '{"ok":true,"result":{"username":"test_bot"}}'
        if request.path != f"/bot{self.TOKEN}/sendMessage":
            return self.refuse(401, "Unauthorized")
        message = json.loads(body)
        if message["chat_id"] != self.CHAT:
            return self.refuse(400, "Bad Request: chat not found")
        problem = self.problem(message["text"], message.get("entities", []))
        if problem:
            self.complain(400, problem)
            return self.refuse(400, f"Bad Request: {problem}")
        if self.rate:
            with self.lock:
                while self.sent and self.sent[0] < arrived - 1:
                    self.sent.popleft()
                if len(self.sent) >= self.rate:
                    return self.refuse(429, "Too Many Requests: retry after 1", retry_after=1)
                self.sent.append(arrived)
        self.keep(text=message["text"], arrived=arrived)
        return 200, {}, '{"ok":true,"result":{"message_id":1}}'

    @staticmethod
    def problem(text, entities):
        """What the documentation of sendMessage and MessageEntity forbids."""
        units = len(text.encode("utf-16-le")) // 2
        if not 1 <= units <= 4096:
            return f"message is {units} long"
        end = 0
        for entity in entities:
            if entity["type"] not in ("bold", "code"):
                return f"entity type {entity['type']}"
            if entity["offset"] < end or entity["length"] < 1:
                return "entities overlap or are empty"
            end = entity["offset"] + entity["length"]
        return "an entity ends behind the text" if end > units else None


class Slack(Receiver):
    """An incoming webhook."""

    PATH = "/services/T000/B000/secret"

    def config(self, name):
        return {"name": name, "slack": {"url": self.origin + self.PATH}}

    def judge(self, request, body, arrived):
        if request.path != self.PATH:
            return 404, {}, "no_service"
        try:
            message = json.loads(body)
            sections = [block["text"]["text"] for block in message["blocks"]]
        except (ValueError, KeyError, TypeError):
            return self.complain(400, "invalid_payload")
        if len(sections) > 50 or any(not 1 <= len(text) <= 3000 for text in sections):
            return self.complain(400, "invalid_blocks")
        if any("<" in text for text in [message["text"], *sections]):
            return self.complain(400, "a mention")
        self.keep(text="\n".join(sections), arrived=arrived)
        return 200, {}, "ok"
