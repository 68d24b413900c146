"""The families that Sidelight exposes, from `sidelight metrics`."""

import functools
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROW = re.compile(r"\| `(\w+)` \| (counter|gauge|histogram) \| (.*?) \| (.*) \|")
# What Prometheus itself adds.
TARGET_LABELS = {"job", "instance"}
OF_PROMETHEUS = {"up": set(), "ALERTS": {"alertname", "alertstate", "severity"}}


@functools.cache
def families():
    """Label names by the name of each series, a histogram's three included."""
    sidelight = os.environ.get("SIDELIGHT", ROOT / ".build/debug/sidelight")
    text = subprocess.run([sidelight, "metrics", "--markdown"], check=True, text=True,
                          capture_output=True, timeout=60).stdout
    found = {name: labels | TARGET_LABELS for name, labels in OF_PROMETHEUS.items()}
    for name, kind, labels, _ in ROW.findall(text):
        names = set(re.findall(r"`(\w+)`", labels)) | TARGET_LABELS
        if kind == "histogram":
            found[f"{name}_bucket"] = names | {"le"}
            found[f"{name}_sum"] = found[f"{name}_count"] = names
        else:
            found[name] = names
    return found


def mentioned(text):
    """Words of a text that look like a metric of ours."""
    names = set(re.findall(r"\b(?:llm|sidelight)_[a-z0-9_]*[a-z0-9]\b", text))
    return names - {"sidelight_callback", "sidelight_token"}
