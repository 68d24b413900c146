"""Debian's Chromium without a screen, driven over the DevTools protocol through a pipe."""

import base64
import json
import os
import pathlib
import shutil
import sys
import threading
import time

import support


class Browser:
    """One Chromium; `open` gives a page of its own, with nothing kept from others."""

    def __init__(self, workspace):
        program = shutil.which("chromium")
        if not program:
            sys.exit("chromium is not there; run Tests/install tests")
        profile = workspace.path / "profile"
        to_browser, self.output = os.pipe()
        self.input, from_browser = os.pipe()

        def descriptors():
            os.dup2(to_browser, 3)
            os.dup2(from_browser, 4)

        # The pipe's ends would else be closed, or be 3 and 4 already.
        while min(to_browser, from_browser) < 5:
            to_browser, from_browser = os.dup(to_browser), os.dup(from_browser)
        workspace.start(
            program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--disable-extensions", "--disable-background-networking", "--disable-sync",
            "--no-first-run", "--hide-scrollbars", "--lang=en-GB", "--force-color-profile=srgb",
            f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank",
            log="chromium.out", preexec_fn=descriptors, close_fds=False,
            env={**os.environ, "HOME": str(workspace.path), "LANG": "en_GB.UTF-8"})
        os.close(to_browser)
        os.close(from_browser)
        self.number = 0
        self.answers = {}
        self.pages = {}
        self.changed = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        rest = b""
        while piece := os.read(self.input, 1 << 20):
            *messages, rest = (rest + piece).split(b"\0")
            for message in map(json.loads, messages):
                with self.changed:
                    if "id" in message:
                        self.answers[message["id"]] = message
                        self.changed.notify_all()
                    elif page := self.pages.get(message.get("sessionId")):
                        page.take(message["method"], message["params"])

    def call(self, method, session=None, **parameters):
        """The result of a command."""
        with self.changed:
            self.number += 1
            number = self.number
            message = {"id": number, "method": method, "params": parameters}
            if session:
                message["sessionId"] = session
            os.write(self.output, json.dumps(message).encode() + b"\0")
            if not self.changed.wait_for(lambda: number in self.answers, 60):
                raise TimeoutError(f"{method} is not answered")
            answer = self.answers.pop(number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def tell(self, method, session, **parameters):
        """A command whose answer nobody waits for; the only kind that an event may lead to."""
        with self.changed:
            self.number += 1
            message = {"id": self.number, "method": method, "params": parameters,
                       "sessionId": session}
            os.write(self.output, json.dumps(message).encode() + b"\0")

    def open(self, url, **options):
        """A page in a fresh context, loaded."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call(
            "Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self.pages[session] = Page(self, session, target)
        page.prepare(**options)
        page.go(url)
        return page


class Page:
    """A tab: what it shows, asks for and complains of."""

    def __init__(self, browser, session, target):
        self.browser, self.session, self.target = browser, session, target
        self.complaints = []
        self.requests = {}
        self.login = None
        self.shape = None
        self.patience = 0

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def prepare(self, width=1280, height=900, scheme="light", mobile=False, zone="Europe/Berlin",
                login=None):
        """`login` is the name and password to be given when asked for, and trusts any certificate."""
        for domain in ("Page", "Runtime", "Log", "Network", "Performance"):
            self.call(f"{domain}.enable")
        self.look(width, height, scheme, mobile)
        self.call("Emulation.setTimezoneOverride", timezoneId=zone)
        self.call("Emulation.setLocaleOverride", locale="en-GB")
        if login:
            self.login = login
            self.call("Security.setIgnoreCertificateErrors", ignore=True)
            self.call("Fetch.enable", handleAuthRequests=True)

    def look(self, width, height, scheme, mobile=False):
        """Has it another size and colour scheme."""
        self.shape = (width, scheme, mobile)
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=mobile)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": scheme}])

    def take(self, method, params):
        """An event, on the listener's thread."""
        if method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            text = details.get("exception", {}).get("description", details["text"])
            self.complaints.append(f"exception: {text}")
        elif method == "Runtime.consoleAPICalled" and params["type"] not in ("log", "info", "debug"):
            texts = (str(item.get("value", item.get("description"))) for item in params["args"])
            self.complaints.append(f"console: {' '.join(texts)}")
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            entry = params["entry"]
            self.complaints.append(f"{entry['source']}: {entry['text']} {entry.get('url', '')}")
        elif method == "Fetch.requestPaused":
            self.browser.tell("Fetch.continueRequest", self.session, requestId=params["requestId"])
        elif method == "Fetch.authRequired":
            name, password = self.login
            self.browser.tell(
                "Fetch.continueWithAuth", self.session, requestId=params["requestId"],
                authChallengeResponse={"response": "ProvideCredentials", "username": name,
                                       "password": password})
        elif method == "Network.requestWillBeSent":
            self.requests[params["requestId"]] = {"url": params["request"]["url"], "bytes": 0}
        elif method == "Network.loadingFinished" and params["requestId"] in self.requests:
            self.requests[params["requestId"]]["bytes"] = params["encodedDataLength"]

    def go(self, url):
        self.call("Page.navigate", url=url)

    def evaluate(self, script):
        """The value of an expression, promises awaited."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True,
                           returnByValue=True, userGesture=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def until(self, script, within=20):
        """Waits for an expression to be true; its last value."""
        def find():
            try:
                return self.evaluate(script)
            except RuntimeError as error:  # Between two documents there is nothing to ask.
                return str(error) if time.monotonic() > self.patience else None
        self.patience = time.monotonic() + within
        return support.wait_until(find, lambda found: found is True, within)

    def press(self, key, code=None, **more):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=code or key, **more)

    def picture(self, path, until="body"):
        """Writes what it looks like, as PNG or WebP: all of it, or until an element's end."""
        width, scheme, mobile = self.shape
        height = round(self.evaluate(
            f"scrollY + document.querySelector('{until}').getBoundingClientRect().bottom"))
        self.look(width, height, scheme, mobile)
        self.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)))")
        form = {".png": {"format": "png"}}.get(
            pathlib.Path(path).suffix, {"format": "webp", "quality": 85})
        data = self.call("Page.captureScreenshot", **form)["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))
        self.look(width, 900, scheme, mobile)

    def close(self):
        self.browser.pages.pop(self.session, None)
        self.browser.call("Target.closeTarget", targetId=self.target)
