"""Does the gate notice? The shipped model passes; the same model with one thing wrong is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import PACK, simgate, the_run
from tests.quality.mutations import EACH_OUTPUT, mutated, swap_door_classes, swap_red_and_blue

FEW = ("--variants", 4, "--workers", 2, "--quiet")


def decide(tmp_path: Path, *words: object) -> tuple[int, list[tuple[str, str]]]:
    """Runs the first variants of every scenario; returns the exit code and each rule's decision."""
    typed = simgate("run", PACK, *FEW, "--runs-dir", tmp_path / "runs", *words)
    verdict = json.loads(the_run(tmp_path / "runs").verdict_path.read_text())
    return typed.code, [(rule["statement"], rule["decision"]) for rule in verdict["rules"]]


def test_few_variants_of_the_shipped_model_refute_nothing(tmp_path):
    code, rules = decide(tmp_path)
    assert code == 20, rules
    assert not [rule for rule in rules if rule[1] == "NO-GO"]


@pytest.mark.parametrize("change", [swap_door_classes, swap_red_and_blue], ids=lambda f: f.__name__)
def test_a_model_with_one_thing_wrong_is_refused(tmp_path, change):
    code, rules = decide(tmp_path, "--model", mutated(tmp_path / "model", change))
    assert code == 1, rules


def test_150_ms_more_latency_is_refused(tmp_path):
    code, rules = decide(tmp_path, "--latency-extra-ms", 150)
    assert code == 1, rules
    assert [statement for statement, decision in rules if decision == "NO-GO" and "latency" in statement]


@pytest.mark.parametrize(
    ("fault", "scenario", "criterion"),
    [
        ("person dead", "person_stops_ahead", "detection.person.recall"),
        ("policy ignores people", "person_stops_ahead", "min_clearance_m.person"),
        ("policy keeps 0.6 m from people", "person_stops_ahead", "min_clearance_m.person"),
        ("left and right of a box swapped", "wooden_door_closed", "detection.wooden_door.centre_error_px"),
        ("boxes half a cell down", "glass_door_closed", "detection.glass_door.centre_error_px"),
    ],
)
def test_each_class_and_each_output_has_a_criterion_that_sees_it_fail(tmp_path, fault, scenario, criterion):
    (regression,) = (one for one in EACH_OUTPUT if one.name == fault)
    some = (
        "--scenario",
        scenario,
        "--variants",
        3,
        "--workers",
        2,
        "--quiet",
        "--runs-dir",
        tmp_path / "runs",
    )
    simgate("run", *regression.words(tmp_path / "fault"), *some, plugins=regression.plugins)
    records = the_run(tmp_path / "runs").records()
    assert len(records) == 3
    broken = {result.metric for record in records for result in record.criteria if result.outcome == "FAIL"}
    assert criterion in broken
