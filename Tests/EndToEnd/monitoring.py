"""Real Prometheus and Alertmanager with our rules and configuration, on a faster clock."""

import http.server
import json
import re
import subprocess
import threading
import time
import urllib.parse

import support

import yaml

ALERTS = support.ROOT / "alerts"
RULES = ("thresholds", "providers", "errors", "cost", "sidelight")
DURATION = re.compile(r"(?<=\[)(\d+)([smhdw])(?=\])|(?<=offset )(\d+)([smhdw])\b")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


class Clock:
    """Makes every window of rules and configurations `speed` times shorter."""

    def __init__(self, speed):
        self.speed = speed

    def seconds(self, minutes):
        """How long so many of the rules' minutes take."""
        return minutes * 60 / self.speed

    def text(self, duration):
        """`5m` as it is here, in whole milliseconds."""
        number, unit = re.fullmatch(r"(\d+)([smhdw])", duration).groups()
        return f"{max(1, round(int(number) * UNITS[unit] * 1000 / self.speed))}ms"

    def expression(self, expression):
        return DURATION.sub(lambda match: self.text(match.group(0)), expression)

    def rules(self, name):
        """A rule file, generated anew from ours."""
        content = yaml.safe_load((ALERTS / f"{name}.yml").read_text())
        for group in content["groups"]:
            for rule in group["rules"]:
                rule["expr"] = self.expression(rule["expr"])
                for key in ("for", "keep_firing_for"):
                    if key in rule:
                        rule[key] = self.text(rule[key])
        return yaml.safe_dump(content)

    def alertmanager(self, telegram, webhook):
        """Our configuration with both receivers here, for Debian's 0.25 (secrets inline)."""
        content = yaml.safe_load((ALERTS / "alertmanager.yml").read_text())
        for route in (content["route"], *content["route"]["routes"]):
            for key in ("group_wait", "group_interval", "repeat_interval"):
                if key in route:
                    route[key] = self.text(route[key])
        for receiver in content["receivers"]:
            for entry in receiver.get("telegram_configs", []):
                del entry["bot_token_file"]
                entry.update(bot_token="1:test", api_url=telegram)
            for entry in receiver["webhook_configs"]:
                entry.pop("url_file", None)
                entry["url"] = webhook
        return yaml.safe_dump(content)


class Receiver:
    """A webhook and a Telegram API that write down what they are told."""

    def __init__(self):
        self.alerts, self.messages = [], []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """Answers everything with what Telegram would say."""

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.path.startswith("/bot"):
                    outer.messages.append(json.loads(body))
                else:
                    outer.alerts += [{**alert, "at": time.time()}
                                     for alert in json.loads(body)["alerts"]]
                answer = json.dumps({"ok": True, "result": {
                    "message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}}}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                """Says nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def told(self, status):
        """Names of alerts that the webhook was told to fire or to be resolved."""
        return {alert["labels"]["alertname"] for alert in self.alerts if alert["status"] == status}


class Monitoring:
    """The servers, scraping one Sidelight as job `sidelight`."""

    def __init__(self, workspace, sidelight_port, clock):
        self.clock, self.receiver = clock, Receiver()
        folder = workspace.path / "monitoring"
        (folder / "alertmanager").mkdir(parents=True)
        for name in RULES:
            (folder / f"{name}.yml").write_text(clock.rules(name))
        (folder / "alertmanager/alertmanager.yml").write_text(
            clock.alertmanager(self.receiver.url, self.receiver.url + "/hook"))
        (folder / "alertmanager/sidelight.tmpl").write_bytes(
            (ALERTS / "sidelight.tmpl").read_bytes())
        self.manager_port, self.port = support.free_port(), support.free_port()
        # At least five samples in the shortest window of the rules.
        self.interval = min(15, clock.seconds(5) / 6)
        (folder / "prometheus.yml").write_text(self._configuration(sidelight_port))
        workspace.start(
            "prometheus-alertmanager", f"--config.file={folder}/alertmanager/alertmanager.yml",
            f"--storage.path={folder}/alertmanager/data", "--cluster.listen-address=",
            f"--web.listen-address=127.0.0.1:{self.manager_port}", log="alertmanager.out")
        workspace.start(
            "prometheus", f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data", f"--web.user-assets={ALERTS}",
            f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn",
            f"--web.external-url=http://127.0.0.1:{self.port}/",
            "--enable-feature=exemplar-storage", log="prometheus.out")
        for port in (self.manager_port, self.port):
            support.wait_until(lambda port=port: support.get(port, "/-/ready")[0],
                               lambda status: status == 200, 30)

    def _configuration(self, sidelight_port):
        interval = f"{round(self.interval * 1000)}ms"
        return json.dumps({
            "global": {"scrape_interval": interval, "scrape_timeout": interval,
                       "evaluation_interval": interval},
            "rule_files": [f"{name}.yml" for name in RULES],
            "scrape_configs": [{"job_name": "sidelight", "static_configs": [
                {"targets": [f"127.0.0.1:{sidelight_port}"]}]}],
            "alerting": {"alertmanagers": [{"static_configs": [
                {"targets": [f"127.0.0.1:{self.manager_port}"]}]}]}})

    def ask(self, path, **parameters):
        """What Prometheus' API answers, its data."""
        query = urllib.parse.urlencode(parameters)
        status, body = support.get(self.port, f"/api/v1/{path}?{query}", timeout=60)
        answer = json.loads(body)
        if status != 200:
            raise ValueError(f"{parameters}: {answer.get('error')}")
        return answer["data"]

    def series(self, expression, start, end):
        """How many series an expression gives between two times."""
        step = max(1, (end - start) / 200)
        return len(self.ask("query_range", query=expression, start=start, end=end,
                            step=step)["result"])

    def rules(self):
        """Every rule as Prometheus has it, with its health."""
        return [rule for group in self.ask("rules")["groups"] for rule in group["rules"]]

    def firing(self):
        return {alert["labels"]["alertname"] for alert in self.ask("alerts")["alerts"]
                if alert["state"] == "firing"}


def runs(command):
    """Whether a command ends well."""
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                          check=False).returncode == 0
