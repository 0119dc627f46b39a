"""Metrics from files beside a pack: criteria and gate rules take them by the criterion's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.execution.planning.parts import collect_parts
from simgate.harness.gate.comparing.metric_changes import describe_of
from simgate.harness.packs.loader import lint, load_pack
from simgate.harness.results.record import LatencySamples
from simgate.harness.scoring import metrics
from simgate.harness.scoring.evidence import Evidence
from tests.unit.execution.file_plugins.packs import METRICS, a_pack_with_metrics, part
from tests.unit.scoring.traces import make_trace


def test_a_criterion_names_a_metric_of_its_own_and_gate_rules_take_it_by_that_name(tmp_path: Path) -> None:
    rule = "  - {every_variant: {at_most: 9}, metric: driven}\n"
    path = a_pack_with_metrics(tmp_path, "driven: {metric: ways.py:WAY, at_least: 1}", rule)
    pack = load_pack(path, metrics)
    scenario = pack.scenarios[0]
    assert [(c.metric, c.source) for c in (*scenario.accept, *scenario.hard)] == [
        ("driven", "ways.py:WAY"),
        ("driven", "ways.py:WAY"),
    ]
    own = part(collect_parts(pack, "", {}), "metric")
    assert (own.name, set(own.code)) == ("ways.py:WAY", {"./ways.py"})
    described = describe_of(pack)("driven")
    assert described is not None
    assert described.direction == "higher"


def test_an_own_metric_is_computed_by_the_code_beside_its_pack(tmp_path: Path) -> None:
    path = a_pack_with_metrics(tmp_path, "driven: {metric: ways.py:WAY, at_least: 1}")
    (criterion,) = load_pack(path, metrics).scenarios[0].accept
    trace = make_trace(rows=3, signals={"x_m": [0.0, 0.5, 2.5]})
    assert metrics.metric_of(criterion, tmp_path).compute(Evidence(trace, LatencySamples()), {}).value == 2.5


@pytest.mark.parametrize(
    ("accept", "said"),
    [
        ("driven: {metric: ways.py:WYA, at_least: 1}", "ways.py has no 'WYA'"),
        ("driven: {metric: ways.py:NOTHING, at_least: 1}", "'ways.py:NOTHING' is no metric: it has no info"),
        ("collisions: {metric: ways.py:WAY, at_least: 1}", "'collisions' is a metric"),
        ("driven: {metric: ways.py:WAY, at_least: -1}", "way lies between 0 and inf m"),
        ("driven: {metric: ways.py:WAY}", "has no threshold"),
        ("driven: {metric: wya, at_least: 1}", "unknown metric 'wya'"),
    ],
)
def test_lint_says_what_is_wrong_with_a_criterion_on_an_own_metric(
    tmp_path: Path, accept: str, said: str
) -> None:
    (problem,) = lint([a_pack_with_metrics(tmp_path, accept)], metrics)
    assert said in problem.message


def test_one_name_stands_for_one_metric_in_a_pack(tmp_path: Path) -> None:
    rule = "  - {every_variant: {metric: ways.py:OTHER, at_most: 9}, metric: driven}\n"
    path = a_pack_with_metrics(tmp_path, "driven: {metric: ways.py:WAY, at_least: 1}", rule)
    (tmp_path / "ways.py").write_text(f"{METRICS}\nOTHER = WAY\n")
    (problem,) = lint([path], metrics)
    assert problem.message == "'driven' is ways.py:WAY elsewhere in this pack"


@pytest.mark.parametrize(
    ("criterion", "code"),
    [
        ("driven: {metric: none.py:WAY, at_least: 1}", "broken-plugin"),
        ("driven: {metric: ways.py:NOTHING, at_least: 1}", "broken-plugin"),
        ("driven: {metric: ways.py:WAY, at_least: far}", "threshold-type"),
        ("driven: {metric: ways.py:WAY, at_least: 1, more: 2}", "unknown-key"),
    ],
)
@pytest.mark.parametrize("rule", ["mean: {at_least: 5}, clip: [0, 9]", "share: 0.1, within: {at_least: 5}"])
def test_a_criterion_that_cannot_be_read_is_told_where_it_is_and_not_again_at_the_gate(
    tmp_path: Path, criterion: str, code: str, rule: str
) -> None:
    accept = f"collisions: {{at_most: 0}}\n      {criterion}"
    path = a_pack_with_metrics(tmp_path, accept, f"  - {{metric: driven, {rule}}}\n")
    problems = lint([path], metrics)
    assert [problem.code for problem in problems] == [code], problems
