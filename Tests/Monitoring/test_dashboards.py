"""The dashboards: as generated, clean by the rules of Grafana's dashboard-linter, and about metrics
that there are.

The rules are those of https://github.com/grafana/dashboard-linter (4d0844b); names in the messages
are its own.
"""

import json
import re
import subprocess
import tempfile
import unittest

import promql
from catalogue import ROOT, families, mentioned

FOLDER = ROOT / "dashboards"
DASHBOARDS = {file.name: json.loads(file.read_text()) for file in sorted(FOLDER.glob("*.json"))}
WITH_UNIT = ("stat", "timeseries", "gauge", "graph", "bargauge", "heatmap")
UNITS = {"none", "short", "percentunit", "s", "bytes", "currencyUSD", "reqps", "ops", "bool_yes_no",
         "dateTimeAsIso"}
# Stand-ins for Grafana's variables.
GRAFANA = {"$__rate_interval": "5m", "$__range": "6h", "$__interval": "1m"}


def plain(expression):
    """The expression with Grafana's own variables filled in."""
    for name, value in GRAFANA.items():
        expression = expression.replace(name, value)
    return expression


def panels(dashboard):
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def targets():
    """Every query of every panel: (file, panel, expression)."""
    for file, dashboard in DASHBOARDS.items():
        for panel in panels(dashboard):
            for target in panel["targets"]:
                yield file, panel, target["expr"]


def expressions():
    """Those, and the queries of annotations and variables."""
    for file, panel, expression in targets():
        yield f"{file}: {panel['title']}", expression
    for file, dashboard in DASHBOARDS.items():
        for annotation in dashboard["annotations"]["list"]:
            yield f"{file}: {annotation['name']}", annotation["expr"]
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                inner = re.fullmatch(r"label_values\((.+), \w+\)", variable["query"]).group(1)
                yield f"{file}: ${variable['name']}", inner


class LinterTests(unittest.TestCase):
    """The linter's rules, by its names."""

    def test_template_datasource_rule(self):
        for file, dashboard in DASHBOARDS.items():
            found = [variable for variable in dashboard["templating"]["list"]
                     if variable["type"] == "datasource"]
            self.assertEqual([(v["name"], v["label"], v["query"]) for v in found],
                             [("datasource", "Data source", "prometheus")], file)

    def test_template_job_rule_and_template_instance_rule(self):
        for file, dashboard in DASHBOARDS.items():
            variables = {v["name"]: v for v in dashboard["templating"]["list"]}
            for name in ("job", "instance"):
                with self.subTest(file=file, variable=name):
                    variable = variables[name]
                    self.assertEqual(variable["type"], "query")
                    self.assertEqual(variable["datasource"]["uid"], "${datasource}")
                    self.assertEqual(variable["label"], name.title())
                    self.assertTrue(variable["multi"])
                    self.assertEqual(variable["allValue"], ".+")

    def test_template_label_promql_rule_and_template_on_time_change_reload_rule(self):
        for file, dashboard in DASHBOARDS.items():
            for variable in dashboard["templating"]["list"]:
                if variable["type"] == "query":
                    with self.subTest(file=file, variable=variable["name"]):
                        match = re.fullmatch(r"label_values\(.+, (\w+)\)", variable["query"])
                        self.assertEqual(match.group(1), variable["name"])
                        self.assertEqual(variable["refresh"], 2)

    def test_panel_rules(self):
        for file, dashboard in DASHBOARDS.items():
            for panel in panels(dashboard):
                with self.subTest(file=file, panel=panel["title"]):
                    self.assertEqual(panel["datasource"]["uid"], "${datasource}")
                    self.assertTrue(panel["title"] and panel["description"].endswith("."))
                    self.assertTrue(panel["targets"])
                    if panel["type"] in WITH_UNIT:
                        self.assertIn(panel["fieldConfig"]["defaults"]["unit"], UNITS)

    def test_target_promql_rule(self):
        rules = [{"record": f"query:n{number}", "expr": plain(expression)}
                 for number, (_, expression) in enumerate(expressions())]
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:  # JSON is YAML
            json.dump({"groups": [{"name": "dashboards", "rules": rules}]}, file)
            file.flush()
            result = subprocess.run(["promtool", "check", "rules", file.name], text=True,
                                    capture_output=True, timeout=120, check=False)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_target_rate_interval_rule(self):
        for file, panel, expression in targets():
            with self.subTest(file=file, panel=panel["title"]):
                for window in re.findall(r"\bi?rate\([^[]*\[([^\]]*)\]", expression):
                    self.assertEqual(window, "$__rate_interval")

    def test_target_job_rule_and_target_instance_rule(self):
        for file, panel, expression in targets():
            with self.subTest(file=file, panel=panel["title"]):
                for selector in promql.names(plain(expression)).selectors:
                    for label in ("job", "instance"):
                        self.assertIn((label, "=~", f"${label}"), selector.matchers, selector.name)

    def test_target_counter_agg_rule(self):
        for file, panel, expression in targets():
            with self.subTest(file=file, panel=panel["title"]):
                counters = re.findall(r"(\w+\()?\b\w+_total\{[^}]*\}(\[)?", expression)
                for function, window in counters:
                    self.assertIn(function, ("rate(", "increase("))
                    self.assertEqual(window, "[")

    def test_uneditable_dashboard(self):
        for file, dashboard in DASHBOARDS.items():
            self.assertIs(dashboard["editable"], False, file)


class DashboardTests(unittest.TestCase):
    """What they show."""

    def test_files_are_what_the_sources_give(self):
        result = subprocess.run([FOLDER / "generate", "--check"], text=True, capture_output=True,
                                timeout=60, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_names_are_in_the_catalogue(self):
        for place, expression in expressions():
            with self.subTest(place):
                self.assertEqual(promql.unknown(plain(expression), families()), [])

    def test_every_family_but_a_few_is_shown(self):
        shown = {selector.name for _, expression in expressions()
                 for selector in promql.names(plain(expression)).selectors}
        shown = {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown}
        known = {re.sub(r"_(bucket|sum|count)$", "", name) for name in families()}
        hidden = {
            # Facts that a person looks up, not that change over time.
            "llm_proxy_info", "sidelight_source_info", "process_max_fds",
            "process_virtual_memory_bytes", "sidelight_config_last_reload_success_timestamp_seconds",
            # Other views of what is shown.
            "llm_cached_requests_total", "llm_budget_remaining", "llm_budget_crossings_total",
            "llm_extra_requests_total", "llm_proxy_probe_duration_seconds",
            "sidelight_source_bytes_total",
            *(f"llm_{who}_{what}_total" for who in ("user", "end_user", "tag")
              for what in ("requests", "tokens")),
            "up", "ALERTS",
        }
        self.assertEqual({name for name in known - shown - hidden
                          if not name.startswith("litellm_")}, set())

    def test_overview_begins_with_the_five_questions(self):
        titles = [panel["title"] for panel in panels(DASHBOARDS["overview.json"])]
        self.assertEqual(titles[:6], [
            "Requests per provider", "Average latency", "Latency histogram", "Cost per provider",
            "Provider health", "Fallback rate"])

    def test_panels_do_not_overlap(self):
        for file, dashboard in DASHBOARDS.items():
            taken = set()
            for panel in dashboard["panels"]:
                place = panel["gridPos"]
                cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                         for y in range(place["y"], place["y"] + place["h"])}
                self.assertFalse(cells & taken, f"{file}: {panel['title']}")
                self.assertLessEqual(place["x"] + place["w"], 24)
                taken |= cells
            self.assertEqual(len({p["id"] for p in dashboard["panels"]}),
                             len(dashboard["panels"]))

    def test_histograms_show_exemplars(self):
        for file, dashboard in DASHBOARDS.items():
            for panel in panels(dashboard):
                for target in panel["targets"]:
                    if "_bucket{" in target["expr"] and "ledger" not in target["expr"]:
                        self.assertTrue(target.get("exemplar"), f"{file}: {panel['title']}")

    def test_they_link_to_each_other_and_have_their_own_uid(self):
        uids = {dashboard["uid"] for dashboard in DASHBOARDS.values()}
        self.assertEqual(len(uids), len(DASHBOARDS))
        for file, dashboard in DASHBOARDS.items():
            self.assertEqual(dashboard["tags"], ["sidelight"], file)
            self.assertEqual([link["tags"] for link in dashboard["links"]], [["sidelight"]], file)

    def test_variables_are_used_and_those_used_are_there(self):
        own = {"__rate_interval", "__range", "__interval"}
        for file, dashboard in DASHBOARDS.items():
            defined = {variable["name"] for variable in dashboard["templating"]["list"]}
            used = set(re.findall(r"\$\{?(\w+)", json.dumps(dashboard["panels"]))) - own
            self.assertEqual(used - defined, set(), file)
            self.assertEqual(defined - used, set(), file)

    def test_readme_names_metrics_that_there_are(self):
        known = {re.sub(r"_(bucket|sum|count)$", "", name) for name in families()}
        self.assertEqual(mentioned((FOLDER / "README.md").read_text()) - known, set())


if __name__ == "__main__":
    unittest.main()
