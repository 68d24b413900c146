"""The deployment files: what can be checked of them without an engine for containers."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import yaml

from catalogue import ROOT

DEPLOY = ROOT / "deploy"
SIDELIGHT = os.environ.get("SIDELIGHT", ROOT / ".build/debug/sidelight")


def run(*command, **options):
    return subprocess.run([str(word) for word in command], text=True, capture_output=True,
                          timeout=120, check=False, **options)


def load(path):
    return yaml.safe_load((DEPLOY / path).read_text())


class ConfigurationTests(unittest.TestCase):
    """Sidelight's own configurations load: status 2 would say that they do not."""

    FILES = {
        "sidelight.example.yaml": {}, "compose/sidelight.yaml": {},
        "kubernetes/proxy/sidelight.yaml": {"POD_NAME": "litellm-0", "LITELLM_MASTER_KEY": "sk-x"},
        "kubernetes/shared/sidelight.yaml": {
            "POD_NAME": "litellm-0", "LITELLM_MASTER_KEY": "sk-x"},
        "central/sidelight.yaml": {"SIDELIGHT_TOKEN": "x" * 32},
        "railway/sidelight.yaml": {"SIDELIGHT_TOKEN": "x" * 32, "PORT": "4010"},
        "demo/sidelight.yaml": {},
    }

    def test_they_load(self):
        for name, variables in self.FILES.items():
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                text = (DEPLOY / name).read_text()
                for secret in re.findall(r"_file: (\S+)", text):
                    if secret.startswith("/run/secrets/"):
                        file = os.path.join(folder, os.path.basename(secret))
                        with open(file, "w", encoding="utf-8") as out:
                            out.write("x" * 32)
                        text = text.replace(secret, file)
                config = os.path.join(folder, "sidelight.yaml")
                with open(config, "w", encoding="utf-8") as out:
                    out.write(text)
                result = run(SIDELIGHT, "check", "--config", config,
                             env={**os.environ, **variables})
                self.assertNotEqual(result.returncode, 2, result.stderr)

    def test_all_there_are_are_tested(self):
        found = {str(file.relative_to(DEPLOY)) for file in DEPLOY.rglob("sidelight*.yaml")}
        self.assertEqual(found, set(self.FILES))


class ContainerTests(unittest.TestCase):
    """The image and the services around it."""

    def test_the_image_has_the_libraries_that_the_program_needs(self):
        last = (DEPLOY / "Dockerfile").read_text().split("\nFROM ")[-1]
        packages = set(re.findall(r"\b(?:lib[a-z0-9.+-]+|zlib1g)\b", last))
        listing = run("ldd", SIDELIGHT).stdout
        needed = run("objdump", "-p", SIDELIGHT).stdout
        for library in re.findall(r"NEEDED\s+(\S+)", needed):
            path = re.search(rf"^\s*{re.escape(library)} => (\S+)", listing, re.MULTILINE)
            if path is None or "swift" in path.group(1) or re.match(
                    r"lib(c|m|gcc_s)\.so|ld-linux", library):
                continue  # linked statically in a release, or part of every Debian
            file = os.path.realpath(path.group(1))
            known = run("dpkg", "-S", file, file.removeprefix("/usr")).stdout
            with self.subTest(library):
                self.assertIn(known.split(":")[0], packages)

    def test_the_image_builds_with_what_tests_install_installs(self):
        build = (DEPLOY / "Dockerfile").read_text().split("\nFROM ")[1]
        needed = set(re.findall(r"\b[a-z0-9-]+-dev\b", (ROOT / "Tests/install").read_text()))
        toolchain = {"libc6-dev", "libstdc++-12-dev", "12-dev"}  # the base image has them
        self.assertEqual(needed - toolchain - set(re.findall(r"\b[a-z0-9-]+-dev\b", build)), set())

    def test_the_image_is_nobodys_root(self):
        text = (DEPLOY / "Dockerfile").read_text()
        self.assertRegex(text, r"\nUSER 65532:0\n")
        self.assertIn("HEALTHCHECK", text)
        self.assertEqual(text.count("\nFROM "), 2)
        for source in re.findall(r"^COPY (?!--from)(\S+) ", text, re.MULTILINE):
            if not source.startswith("$"):
                self.assertTrue((ROOT / source).exists(), source)

    def test_compose_names_files_secrets_and_volumes_that_there_are(self):
        compose = load("compose.yaml")
        for name, service in compose["services"].items():
            for mount in service.get("volumes", []):
                source = mount.split(":")[0]
                if source.startswith("."):
                    self.assertTrue((DEPLOY / source).exists(), f"{name}: {source}")
                    self.assertTrue(mount.endswith(":ro"), f"{name}: {mount}")
                else:
                    self.assertIn(source, compose["volumes"])
            for secret in service.get("secrets", []):
                secret = secret if isinstance(secret, str) else secret["source"]
                self.assertIn(secret, compose["secrets"])
            for other in service.get("depends_on", {}):
                self.assertIn(other, compose["services"])
            for port in service.get("ports", []):
                self.assertTrue(port.startswith("127.0.0.1:"), f"{name}: {port}")
        made = set(re.findall(r"^make (\w+)", (DEPLOY / "compose/secrets").read_text(),
                              re.MULTILINE))
        self.assertEqual(made, set(compose["secrets"]))

    def test_compose_hardens_every_service_of_ours(self):
        for name, service in load("compose.yaml")["services"].items():
            if name == "litellm":
                continue  # its image writes where it likes
            with self.subTest(name):
                self.assertTrue(service["read_only"])
                self.assertEqual(service["cap_drop"], ["ALL"])
                self.assertIn("no-new-privileges:true", service["security_opt"])

    def test_secrets_are_made_once(self):
        with tempfile.TemporaryDirectory() as folder:
            script = shutil.copy(DEPLOY / "compose/secrets", folder)
            self.assertEqual(run(script).stdout.count("made "), 5)
            files = list(pathlib.Path(folder, "secrets.d").iterdir())
            first = {file: file.read_text() for file in files}
            self.assertEqual(run(script).stdout, "")
            self.assertEqual({file: file.read_text() for file in files}, first)
            self.assertTrue(all(first.values()))

    def test_prometheus_accepts_its_configurations(self):
        for name in ("compose/prometheus.yml", "prometheus/prometheus.yml"):
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                shutil.copytree(ROOT / "alerts", f"{folder}/sidelight")
                text = (DEPLOY / name).read_text().replace("/etc/prometheus/", "")
                with open(f"{folder}/prometheus.yml", "w", encoding="utf-8") as file:
                    file.write(text)
                result = run("promtool", "check", "config", f"{folder}/prometheus.yml")
                self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
                self.assertEqual(result.stdout.count("rules found"), 5)

    def test_railway(self):
        railway = json.loads((DEPLOY / "railway/railway.json").read_text())
        self.assertTrue((ROOT / railway["build"]["dockerfilePath"]).exists())
        self.assertEqual(railway["deploy"]["healthcheckPath"], "/-/healthy")


class KubernetesTests(unittest.TestCase):
    """The manifests."""

    def test_the_rules_are_those_of_alerts(self):
        result = run(DEPLOY / "kubernetes/monitoring/generate", "--check")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_prometheus_accepts_the_operators_rules(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            yaml.safe_dump(load("kubernetes/monitoring/prometheusrule.yaml")["spec"], file)
            file.flush()
            result = run("promtool", "check", "rules", file.name)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_the_dashboards_are_all_there(self):
        files = {name for entry in yaml.safe_load(
            (ROOT / "dashboards/kustomization.yaml").read_text())["configMapGenerator"]
                 for name in entry["files"]}
        self.assertEqual(files, {file.name for file in (ROOT / "dashboards").glob("*.json")})

    def test_pods_are_restricted_and_mount_what_there_is(self):
        pod = load("kubernetes/proxy/statefulset.yaml")["spec"]["template"]["spec"]
        claims = load("kubernetes/proxy/statefulset.yaml")["spec"]["volumeClaimTemplates"]
        volumes = {volume["name"] for volume in pod["volumes"]} | {
            claim["metadata"]["name"] for claim in claims}
        for container in pod["containers"] + pod["initContainers"]:
            for mount in container["volumeMounts"]:
                self.assertIn(mount["name"], volumes)
        sidecar = pod["initContainers"][0]
        self.assertEqual(sidecar["restartPolicy"], "Always")
        self.assertEqual(sidecar["securityContext"], {
            "runAsNonRoot": True, "runAsUser": 65532, "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}})

    @unittest.skipUnless(shutil.which("kubectl"), "kubectl is not installed")
    def test_kustomize_builds_them(self):
        result = run("kubectl", "kustomize", DEPLOY / "kubernetes")
        self.assertEqual(result.returncode, 0, result.stderr)
        kinds = [document["kind"] for document in yaml.safe_load_all(result.stdout)]
        self.assertEqual({kind: kinds.count(kind) for kind in set(kinds)}, {
            "Namespace": 1, "ConfigMap": 8, "Service": 1, "StatefulSet": 1, "PodMonitor": 1,
            "PrometheusRule": 1})


class SystemTests(unittest.TestCase):
    """What runs on a machine of one's own."""

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd is not installed")
    def test_systemd_accepts_the_unit_and_finds_it_hard(self):
        unit = DEPLOY / "systemd/sidelight.service"
        with tempfile.TemporaryDirectory() as folder:
            text = unit.read_text().replace("/usr/bin/sidelight", "/bin/true")
            with open(f"{folder}/sidelight.service", "w", encoding="utf-8") as file:
                file.write(text)
            result = run("systemd-analyze", "--man=no", "verify",
                         f"{folder}/sidelight.service")
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            result = run("systemd-analyze", "security", "--offline=yes", "--threshold=15",
                         f"{folder}/sidelight.service")
            self.assertEqual(result.returncode, 0, result.stdout[-300:])

    @unittest.skipUnless(shutil.which("nginx"), "nginx is not installed")
    def test_nginx_accepts_the_example(self):
        with tempfile.TemporaryDirectory() as folder:
            run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x",
                "-keyout", f"{folder}/key", "-out", f"{folder}/cert")
            text = (DEPLOY / "nginx/sidelight.conf").read_text()
            text = text.replace("/etc/ssl/certs/sidelight.pem", f"{folder}/cert")
            text = text.replace("/etc/ssl/private/sidelight.key", f"{folder}/key")
            with open(f"{folder}/nginx.conf", "w", encoding="utf-8") as file:
                file.write(f"events {{}}\npid {folder}/pid;\nerror_log stderr;\n"
                           f"http {{\naccess_log off;\n{text}\n}}\n")
            result = run("nginx", "-t", "-c", f"{folder}/nginx.conf")
            self.assertEqual(result.returncode, 0, result.stderr)


if __name__ == "__main__":
    unittest.main()
