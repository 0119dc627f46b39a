"""Gate rules on a metric over the variants: ``mean``, ``percentile`` and ``share``."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from simgate.harness.packs.loader import lint, load_pack
from simgate.harness.packs.schema.pack_schema import pack_schema
from simgate.harness.scoring import metrics
from tests.unit.packs.plain_data import data_of
from tests.unit.packs.test_not_worse import pack_with


@pytest.mark.parametrize(
    ("rule", "kind", "share"),
    [
        ("{metric: min_clearance_m, share: 0.9, within: {at_least: 0.3}}", "share", 0.9),
        ("{metric: min_clearance_m, share: 0.9, within: {between: [0.3, 2]}}", "share", 0.9),
        ("{metric: min_clearance_m, percentile: 90, within: {at_most: 2}}", "percentile", 0.9),
        ("{metric: min_clearance_m, percentile: 5, within: {at_least: 0.3}}", "percentile", 0.95),
        ("{metric: detection.glass_door.recall, mean: {at_least: 0.8, if_undefined: fail}}", "mean", None),
        ("{metric: min_clearance_m, mean: {at_least: 0.5}, clip: [0, 2], confidence: 0.9}", "mean", None),
    ],
)
def test_rules_that_can_be_decided_are_taken_by_linter_and_schema(
    tmp_path: Path, rule: str, kind: str, share: float | None
):
    path = pack_with(tmp_path, rule)
    read = load_pack(path, metrics).gate[2]
    assert (read.kind, read.at_least) == (kind, share)
    assert read.criterion is not None and read.metric == read.criterion.metric
    assert not list(Draft202012Validator(pack_schema(metrics)).iter_errors(data_of(path)))


def test_what_has_no_value_is_in_doubt_unless_the_rule_decides_it(tmp_path: Path):
    for said, meant in (("", "invalid"), (", if_undefined: pass", "pass")):
        rule = f"{{metric: stop_distance_m, share: 0.9, within: {{at_least: 0.3{said}}}}}"
        criterion = load_pack(pack_with(tmp_path, rule), metrics).gate[2].criterion
        assert criterion is not None and criterion.if_undefined == meant


REFUSED = [
    ("missing-key", "{metric: min_clearance_m, share: @0.9}", "share needs within"),
    ("missing-key", "{percentile: @95, within: {at_most: 2}}", "percentile needs metric"),
    ("unknown-metric", "{metric: @min_clearence_m, share: 0.9, within: {at_least: 0.3}}", "unknown metric"),
    ("wrong-value", "{metric: min_clearance_m, share: @1, within: {at_least: 0.3}}", "between 0 and 1"),
    ("wrong-value", "{metric: min_clearance_m, percentile: @100, within: {at_most: 2}}", "between 0 and 100"),
    ("wrong-value", "{metric: success, percentile: 95, within: @{equals: true}}", "not with equals"),
    ("gate-metric", "{metric: @min_clearance_m, mean: {at_least: 0.5}}", "without bounds"),
    ("wrong-value", "{metric: success, mean: @{equals: true}}", "not with equals"),
    ("wrong-value", "{metric: detection.glass_door.recall, mean: @{at_least: 1}}", "between 0 and 1, both excluded"),
    ("gate-metric", "{metric: @detection.person.f1, share: 0.9, within: {at_least: 0.3}}", "none of the rule's"),
    ("gate-impossible", "{metric: min_clearance_m, share: @0.999, within: {at_least: 0.3}}", "needs 2995 variants"),
    ("unknown-key", "{metric: min_clearance_m, share: 0.9, within: {at_least: 0.3}, @clip: [0, 1]}", "unknown key"),
    ("unknown-key", "{metric: detection.glass_door.recall, mean: {at_least: 0.5}, @within: {at_least: 0.3}}", "unknown key 'within'"),
    ("unknown-key", "{pass_rate: {at_least: 0.9}, @within: {at_least: 0.3}}", "unknown key 'within'"),
    ("gate-metric", "{metric: @min_clearance_m, at_most: 2}", "of how many variants"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "rule", "says"), REFUSED)
def test_what_cannot_be_decided_is_refused_at_its_place(tmp_path: Path, code: str, rule: str, says: str):
    path = pack_with(tmp_path, rule.replace("@", ""))
    (found,) = lint([path], metrics)
    assert found.code == code
    assert says in found.message
    line = path.read_text(encoding="utf-8").splitlines()[found.line - 1]
    assert found.column - 1 == line.index(rule.replace("@", "")) + rule.index("@")


@pytest.mark.parametrize("rule", [rule.replace("@", "") for code, rule, _ in REFUSED if code in ("missing-key", "unknown-key")])  # fmt: skip
def test_the_schema_refuses_the_same_shapes(tmp_path: Path, rule: str):
    path = pack_with(tmp_path, rule)
    assert list(Draft202012Validator(pack_schema(metrics)).iter_errors(data_of(path)))
