"""What is watched once a release is deployed: Prometheus alert rules, a Grafana dashboard, runbooks.

Texts of the release file go into YAML and JSON as data, never as templates: ``{{`` of theirs is not obeyed.
"""

from __future__ import annotations

import json
import re
import shlex

import yaml

from simgate.harness.release.judge import Judgement
from simgate.harness.release.plan import Monitoring, Release, Signal
from simgate.harness.text import markdown_words
from simgate.sim_adapters.printable import printable


def monitoring_files(release: Release, judgement: Judgement) -> dict[str, bytes]:
    """Path -> content of all files of the hand-over; none without ``monitoring``.

    Args:
        release: As its file says.
        judgement: Which scenarios reproduce what an alert is about.
    """
    said = release.monitoring
    if said is None:
        return {}
    names = _names(said)
    files = {
        "monitoring/alerts.yml": _alerts(release, said, names),
        "monitoring/dashboard.json": _dashboard(release, said, names),
    }
    for signal, name in zip(said.signals, names, strict=True):
        files[f"monitoring/runbooks/{name}.md"] = _runbook(release, judgement, said, signal, name)
    return files


def _names(said: Monitoring) -> list[str]:
    """A name for each alert, one of its own."""
    names: list[str] = []
    for signal in said.signals:
        stem = "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", signal.metric))
        name, number = f"{stem}OutOfBounds", 1
        while name in names:
            number += 1
            name = f"{stem}OutOfBounds{number}"
        names.append(name)
    return names


def _expression(said: Monitoring, signal: Signal) -> str:
    """When an alert fires."""
    series = f"{signal.metric}{{{said.label}}}"
    if signal.at_most is not None:
        return f"{series} > {signal.at_most!r}"
    return f"{series} < {signal.at_least!r}"


def _plain(text: str) -> str:
    """Text of the file in an annotation, where ``{{`` would begin a template."""
    return text.replace("{", "(").replace("}", ")")


def _bound(signal: Signal) -> str:
    if signal.at_most is not None:
        return f"at most {signal.at_most:g}"
    return f"at least {signal.at_least:g}"


def _alerts(release: Release, said: Monitoring, names: list[str]) -> bytes:
    rules = [
        {
            "alert": name,
            "expr": _expression(said, signal),
            "for": f"{signal.for_minutes}m",
            "labels": {"severity": "page", "requirement": signal.requirement},
            "annotations": {
                "summary": f"{signal.metric} is not {_bound(signal)} ({signal.requirement})",
                "description": _plain(signal.meaning),
                "runbook": f"runbooks/{name}.md",
                "release": _plain(release.release),
            },
        }
        for signal, name in zip(said.signals, names, strict=True)
    ]
    document = {"groups": [{"name": "simgate-release", "rules": rules}]}
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True).encode()


def _dashboard(release: Release, said: Monitoring, names: list[str]) -> bytes:
    source = {"type": "prometheus", "uid": "${datasource}"}
    panels = []
    for k, (signal, name) in enumerate(zip(said.signals, names, strict=True)):
        bound = signal.at_most if signal.at_most is not None else signal.at_least
        colors = ("green", "red") if signal.at_most is not None else ("red", "green")
        steps = [{"color": colors[0], "value": None}, {"color": colors[1], "value": bound}]
        panels.append(
            {
                "id": k + 1,
                "type": "timeseries",
                "title": f"{signal.requirement}: {signal.metric}",
                "description": f"{_plain(signal.meaning)} Must be {_bound(signal)}; alert {name}.",
                "datasource": source,
                "gridPos": {"h": 8, "w": 12, "x": 12 * (k % 2), "y": 8 * (k // 2)},
                "targets": [{"refId": "A", "datasource": source, "expr": f"{signal.metric}{{{said.label}}}"}],
                "fieldConfig": {
                    "defaults": {
                        "thresholds": {"mode": "absolute", "steps": steps},
                        "custom": {"thresholdsStyle": {"mode": "line"}},
                    },
                    "overrides": [],
                },
            }
        )
    variable = {"name": "datasource", "type": "datasource", "query": "prometheus"}
    document = {
        "title": f"Release {_plain(release.release)}",
        "schemaVersion": 39,
        "tags": ["simgate"],
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [variable]},
        "annotations": {"list": []},
        "panels": panels,
    }
    return (json.dumps(document, indent=1) + "\n").encode()


def _runbook(release: Release, judgement: Judgement, said: Monitoring, signal: Signal, name: str) -> bytes:
    of = f"Requirement {signal.requirement}, release {markdown_words(release.release)}."
    reproducing = []
    for layer in judgement.layers:
        if layer.manifest is None:
            continue
        for scenario in layer.manifest.pack.get("scenarios", []):
            if signal.requirement in scenario.get("requirements", ()):
                words = shlex.join(["simgate", "run", layer.manifest.pack_path, "--scenario", scenario["id"]])
                reproducing.append(f"    {printable(words)}    # {layer.layer}")
    lines = [
        f"# {name}",
        "",
        f"{markdown_words(signal.meaning)} `{signal.metric}` must be {_bound(signal)}; it was not for "
        f"{signal.for_minutes} minutes. {of}",
        "",
        "## What reproduces it",
        "",
        *(reproducing or ["No scenario of this release tests this requirement: write one."]),
        "",
        "## What to do",
        "",
        markdown_words(said.rollback),
    ]
    return ("\n".join(lines) + "\n").encode()
