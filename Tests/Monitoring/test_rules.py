"""The alerts: right for Prometheus, tested, documented, and about metrics that there are."""

import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import yaml

import promql
from catalogue import ROOT, families, mentioned

ALERTS = ROOT / "alerts"
FILES = sorted(ALERTS.glob("*.yml"))
RULE_FILES = [file for file in FILES if file.name != "alertmanager.yml"]
SEVERITIES = ("critical", "warning", "info")


def run(*command, **options):
    return subprocess.run([str(word) for word in command], text=True, capture_output=True,
                          timeout=600, check=False, **options)


def rules():
    for file in RULE_FILES:
        for group in yaml.safe_load(file.read_text())["groups"]:
            for rule in group["rules"]:
                yield file, rule


def alerts():
    return [(file, rule) for file, rule in rules() if "alert" in rule]


def recorded():
    """Labels of recorded series: those of the expression, as far as it groups by any."""
    known = {}
    for _, rule in rules():
        if "record" in rule:
            found = promql.names(rule["expr"])
            known[rule["record"]] = found.grouping | {"job", "instance"}
    for name in known:
        if name.startswith("budget:"):
            known[name] = {"job", "instance", "budget"}
            known[name] |= {"scope"} if "_burn:" in name else set()
    return known


class RuleTests(unittest.TestCase):
    """The rules themselves."""

    def test_promtool_accepts_them(self):
        result = run("promtool", "check", "rules", *RULE_FILES)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_names_are_in_the_catalogue(self):
        known = {**families(), **recorded()}
        for file, rule in rules():
            with self.subTest(file=file.name, rule=rule.get("alert") or rule["record"]):
                self.assertEqual(promql.unknown(rule["expr"], known), [])

    def test_queries_in_descriptions_are_too(self):
        known = {**families(), **recorded()}
        seen = 0
        for file, rule in alerts():
            for query in re.findall(r'printf "((?:[^"\\]|\\.)*)" [^|}]*\| query',
                                    rule["annotations"]["description"]):
                query = query.replace('\\"', '"').replace("%q", '"x"')
                seen += 1
                with self.subTest(file=file.name, alert=rule["alert"]):
                    self.assertEqual(promql.unknown(query, known), [])
        self.assertGreater(seen, 4)

    def test_every_threshold_is_used_and_every_used_one_is_there(self):
        defined = {rule["record"] for file, rule in rules() if file.name == "thresholds.yml"}
        used = set()
        for _, rule in rules():
            used |= set(re.findall(r"sidelight:threshold:\w+", rule["expr"]))
        self.assertEqual(defined, used)

    def test_a_new_name_fails(self):
        known = {**families(), **recorded()}
        self.assertEqual(
            promql.unknown('sum by (job, colour) (rate(llm_request_total{modle="x"}[5m]))', known),
            ["series llm_request_total", "label colour", "label job"])
        self.assertEqual(
            promql.unknown('sum by (provider) (llm_requests_total{modle="x"}) > 0', known),
            ["label modle of llm_requests_total"])


class DocumentationTests(unittest.TestCase):
    """What an alert tells."""

    def test_every_alert_tells_what_why_and_where_to_read_on(self):
        for file, rule in alerts():
            with self.subTest(file=file.name, alert=rule["alert"]):
                notes = rule["annotations"]
                self.assertIn(rule["labels"]["severity"], SEVERITIES)
                self.assertEqual(set(notes), {"summary", "description", "runbook_url"})
                self.assertRegex(notes["runbook_url"], rf"/runbooks/{rule['alert']}\.md$")
                self.assertLess(len(notes["summary"]), 110)
                if rule["alert"] != "ThresholdsMissing":
                    self.assertIn("$labels", notes["summary"] + notes["description"])

    def test_runbooks_belong_to_alerts(self):
        names = {rule["alert"] for _, rule in alerts()}
        self.assertEqual({file.stem for file in (ALERTS / "runbooks").glob("*")}, names)

    def test_runbooks_are_short_and_whole(self):
        for file in (ALERTS / "runbooks").glob("*.md"):
            with self.subTest(runbook=file.name):
                text = file.read_text()
                order = [text.find(part) for part in
                         (f"# {file.stem}\n", "**Is it real?**", "**What to do**")]
                self.assertEqual(order, sorted(order))
                self.assertGreaterEqual(order[0], 0)
                self.assertLess(len(text.splitlines()), 40)
                for target in re.findall(r"\]\((\w+\.md)\)", text):
                    self.assertTrue((file.parent / target).exists(), target)

    def test_runbooks_name_metrics_that_there_are(self):
        bases = {re.sub(r"_(bucket|sum|count)$", "", name) for name in families()} | set(families())
        for file in [*(ALERTS / "runbooks").glob("*.md"), ALERTS / "README.md"]:
            with self.subTest(file=file.name):
                self.assertEqual(mentioned(file.read_text()) - bases, set())


class UnitTests(unittest.TestCase):
    """The cases in alerts/tests."""

    def test_promtool_passes_them(self):
        files = sorted((ALERTS / "tests").glob("*.yml"))
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            results = pool.map(lambda file: run("promtool", "test", "rules", file), files)
            for file, result in zip(files, results):
                with self.subTest(file=file.name):
                    self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_every_alert_fires_and_does_not_flap_and_ends(self):
        fires, quiet, ends, whole = set(), set(), set(), set()
        for file in (ALERTS / "tests").glob("*.yml"):
            for case in yaml.safe_load(file.read_text())["tests"]:
                fired = False
                for check in case.get("alert_rule_test", []):
                    if check["exp_alerts"]:
                        fires.add(check["alertname"])
                        fired = True
                    elif fired:
                        ends.add(check["alertname"])
                for check in case.get("promql_expr_test", []):
                    name = re.search(r'alertname="(\w+)"', check["expr"]).group(1)
                    (whole if check["exp_samples"] else quiet).add(name)
        for _, rule in alerts():
            with self.subTest(alert=rule["alert"]):
                for kind, found in (("fires", fires), ("does not fire", quiet), ("ends", ends),
                                    ("fires without a gap", whole)):
                    self.assertIn(rule["alert"], found, f"no case in which it {kind}")


class AlertmanagerTests(unittest.TestCase):
    """The configuration of Alertmanager."""

    def setUp(self):
        """A copy for Debian's 0.25, which takes secrets only from the file itself."""
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        text = (ALERTS / "alertmanager.yml").read_text()
        text = re.sub(r"bot_token_file: \S+", "bot_token: x", text)
        text = re.sub(r"url_file: \S+", "url: http://127.0.0.1:9", text)
        self.file = f"{self.directory.name}/alertmanager.yml"
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(text)
        shutil.copy(ALERTS / "sidelight.tmpl", self.directory.name)

    def test_amtool_accepts_it(self):
        result = run("amtool", "check-config", self.file)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_routes(self):
        for severity, receiver in (("critical", "operators"), ("warning", "operators"),
                                   ("info", "automation")):
            result = run("amtool", "config", "routes", "test", f"--config.file={self.file}",
                         f"severity={severity}", "alertname=HighCost", "job=x")
            self.assertEqual(result.stdout.strip(), receiver)

    def test_inhibitions_name_alerts_that_there_are(self):
        names = {rule["alert"] for _, rule in alerts()}
        for rule in yaml.safe_load((ALERTS / "alertmanager.yml").read_text())["inhibit_rules"]:
            for matcher in rule["source_matchers"] + rule["target_matchers"]:
                label, operator, value = re.fullmatch(r'(\w+)(=~|!~|!=|=)"(.*)"', matcher).groups()
                if label == "alertname":
                    pattern = re.compile(value)
                    for part in value.split("|"):
                        self.assertTrue([name for name in names if re.fullmatch(part, name)], part)
                    self.assertTrue(pattern)

    def test_text_of_a_message(self):
        data = f"{self.directory.name}/data.json"
        alert = {"labels": {"severity": "critical"}, "annotations": {
            "summary": "It is <down> & *out*", "description": "Why.", "runbook_url": "http://x/y"}}
        with open(data, "w", encoding="utf-8") as file:
            json.dump({"alerts": [{**alert, "status": "firing"}, {**alert, "status": "resolved"}]},
                      file)
        result = run("amtool", "template", "render",
                     f"--template.glob={self.directory.name}/*.tmpl",
                     '--template.text={{ template "sidelight.text" . }}', f"--template.data={data}")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("🔴 It is <down> & *out*\nWhy.\nhttp://x/y\n", result.stdout)
        self.assertIn("🟢 Over: It is", result.stdout)


if __name__ == "__main__":
    unittest.main()
