"""Another simulator judges the pack as MuJoCo does (minutes), and the comparison is not blind."""

from __future__ import annotations

import os

import pytest

from simgate.harness.results.record import CriterionResult, Outcome
from tests.integration.adapters import isaac_double
from tests.quality.agreement import compare, table
from tests.quality.mutations import PACK
from tests.quality.simulators import LEAST, REFERENCE, run, run_scenario
from tests.unit.gate.runs import make_record

VARIANTS = int(os.environ.get("SIMGATE_QUALITY_SIM_VARIANTS", "2"))
"""Of each scenario."""
MINUTES = 30.0


def collided(times: int) -> CriterionResult:
    outcome = Outcome.FAIL if times else Outcome.PASS
    return CriterionResult(
        metric="collisions",
        statement="collisions at most 0",
        observed=times,
        outcome=outcome,
        margin=float(-times),
    )


def record(number: int, outcome: Outcome = Outcome.PASS, hits: int = 0, stop_m: float | None = 0.85, **more):
    return make_record(
        f"glass::v{number:04d}",
        outcome,
        criteria=(collided(hits),),
        metrics={"stop_distance_m": stop_m},
        **more,
    )


def test_the_same_outcomes_agree_and_the_largest_difference_is_told():
    found = compare([record(0), record(1)], [record(0, stop_m=0.8512), record(1, stop_m=None)])
    assert found.share == 1.0
    assert found.at_least == pytest.approx(0.05**0.5)
    text = table(found, "mujoco", "physx")
    assert "| glass | 2 | 2 | 2 | 2 | 1.200 | - |" in text
    assert "2 of 2 outcomes agree (100.0 %; at least 22.4 % with 95 % confidence)" in text


def test_a_disagreement_is_listed_with_both_values_and_margins():
    found = compare([record(0), record(1)], [record(0), record(1, Outcome.FAIL, hits=2)])
    assert found.share == 0.5
    assert "| glass::v0001 | PASS | FAIL | collisions at most 0: 0 (margin +0) / 2 (margin -2) |" in table(
        found, "mujoco", "physx"
    )


def test_a_run_that_cannot_be_believed_is_a_disagreement_with_its_reason():
    found = compare([record(0)], [record(0, Outcome.INVALID, reason="black camera frame | step 20")])
    assert "INVALID: black camera frame / step 20" in table(found, "mujoco", "isaacsim")


def test_variants_of_other_values_or_in_one_run_only_are_no_pairs():
    found = compare([record(0), record(1)], [record(0, variant_digest="x"), record(2)])
    assert found.pairs == ()
    assert found.share == 0.0
    assert "differ in their values: glass::v0000" in table(found, "mujoco", "physx")


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    return run(PACK, REFERENCE, tmp_path_factory.mktemp(REFERENCE), VARIANTS, MINUTES)


@pytest.mark.slow
@pytest.mark.parametrize("adapter", ["physx", "isaacsim"])
def test_another_simulator_judges_the_door_pack_as_mujoco_does(adapter, reference, tmp_path):
    if isaac_double.missing():
        pytest.skip(isaac_double.missing())
    found = compare(reference, run(PACK, adapter, tmp_path, VARIANTS, MINUTES))
    print(table(found, REFERENCE, adapter))
    assert len(found.pairs) == len(reference) > 0
    assert found.unlike == ()
    assert found.share >= LEAST, table(found, REFERENCE, adapter)


@pytest.mark.slow
def test_what_was_stopped_is_continued_by_the_same_command(tmp_path):
    arguments = (PACK, "open_doorway", REFERENCE, tmp_path, 20)
    stopped = None
    while stopped is None or not stopped.records():
        stopped = run_scenario(*arguments, 8.0, None)
    begun = len(stopped.records())
    again = run_scenario(*arguments, 60.0 * MINUTES, None)
    assert again.path == stopped.path
    assert len(again.records()) == len(again.manifest().expected) > begun
