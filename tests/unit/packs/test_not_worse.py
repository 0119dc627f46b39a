"""Gate rules that hold a metric against a baseline: ``{metric: ..., not_worse_by: ...}``."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from simgate.harness.packs.loader import lint, load_pack
from simgate.harness.packs.schema.pack_schema import pack_schema
from simgate.harness.scoring import metrics
from tests.unit.packs.plain_data import data_of
from tests.unit.packs.sound_pack import SOUND

REGRESSION = "{regression: {max_drop: 0.02, confidence: 0.95}}"
RECALL = "detection.glass_door.recall"


def pack_with(folder: Path, rule: str) -> Path:
    path = folder / "pack.yaml"
    path.write_text(SOUND.replace(REGRESSION, rule), encoding="utf-8")
    return path


def test_a_bounded_metric_needs_nothing_but_its_margin(tmp_path: Path):
    (rule,) = [
        r
        for r in load_pack(pack_with(tmp_path, f"{{metric: {RECALL}, not_worse_by: 0.02}}"), metrics).gate
        if r.kind == "not_worse_by"
    ]
    assert (rule.metric, rule.at_most, rule.better, rule.clip) == (RECALL, 0.02, "higher", (0.0, 1.0))
    assert rule.confidence == 0.95


@pytest.mark.parametrize(
    "rule",
    [
        "{metric: collisions, not_worse_by: 0.1, clip: [0, 3], confidence: 0.9, severity: critical}",
        "{metric: success, not_worse_by: 0.05}",
        f"{{metric: {RECALL}, not_worse_by: 0.02, scenario: gate_closed}}",
        "{metric: '" + RECALL + "{within_m=3}', not_worse_by: 0.02, scenario: gate_closed}",
    ],
)
def test_rules_that_can_be_decided_are_taken_by_linter_and_schema(tmp_path: Path, rule: str):
    path = pack_with(tmp_path, rule)
    assert load_pack(path, metrics).gate[2].kind == "not_worse_by"
    assert not list(Draft202012Validator(pack_schema(metrics)).iter_errors(data_of(path)))


@pytest.mark.parametrize(
    ("code", "rule", "says"),
    [
        ("missing-key", "{not_worse_by: @0.02}", "needs the metric"),
        ("unknown-metric", "{metric: @detection.person.recal, not_worse_by: 0.02}", "unknown metric"),
        ("gate-metric", "{metric: @min_clearance_m, not_worse_by: 0.02}", "without bounds"),
        ("gate-metric", "{metric: @reported_door, not_worse_by: 0.02}", "neither more nor less"),
        (
            "gate-metric",
            "{metric: @detection.person.f1, not_worse_by: 0.02}",
            "none of the rule's scenarios measures",
        ),
        ("wrong-value", "{metric: success, not_worse_by: @0}", "between 0 and 1"),
        ("wrong-value", "{metric: success, not_worse_by: @2}", "between 0 and 1"),
        ("wrong-type", "{metric: collisions, not_worse_by: 0.1, clip: @[3]}", "[lowest, highest]"),
        ("wrong-value", "{metric: collisions, not_worse_by: 0.1, clip: @[3, 1]}", "leaves no value"),
        ("gate-impossible", "{metric: success, not_worse_by: @0.01}", "needs at least 299 pairs"),
        ("unknown-key", "{metric: success, not_worse_by: 0.05, @runtime: any}", "unknown key 'runtime'"),
        ("unknown-key", "{metric: latency.p95_ms, at_most: 5, @clip: [0, 1]}", "unknown key 'clip'"),
        ("wrong-value", "{regression: {max_drop: @1, confidence: 0.95}}", "limits nothing"),
        ("wrong-value", "{invalid_or_error: {at_most: @1}}", "limits nothing"),
        ("wrong-value", "{pass_rate: {at_least: @0, confidence: 0.95}}", "is met by every run"),
    ],
)
def test_what_cannot_be_decided_is_refused_at_its_place(tmp_path: Path, code: str, rule: str, says: str):
    path = pack_with(tmp_path, rule.replace("@", ""))
    (found,) = lint([path], metrics)
    assert found.code == code
    assert says in found.message
    line = path.read_text(encoding="utf-8").splitlines()[found.line - 1]
    assert found.column - 1 == line.index(rule.replace("@", "")) + rule.index("@")
