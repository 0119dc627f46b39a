"""Pairs of one scene are one unit of proof, in the regression rule and in compare."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simgate.harness.gate.comparing.compare import compare_runs, regression_of
from simgate.harness.gate.comparing.compare_table import comparison_table
from simgate.harness.gate.decide import decide
from simgate.harness.gate.verdict import Decision
from simgate.harness.packs.model import GateRule
from tests.unit.gate.pairs import baseline, evidence_of, run_of

NEW = {"model": "door_detector 2.0", "model_sha256": "2" * 64}
MARGIN = GateRule(kind="regression", at_most=0.05)


def by_scene(run, per_scene):
    manifest, records = run
    expected = tuple(replace(one, scene=f"scene {k // per_scene}") for k, one in enumerate(manifest.expected))
    return manifest.model_copy(update={"expected": expected}), records


def held_against(before, now, per_scene):
    run = by_scene(run_of(now, MARGIN, made=NEW), per_scene)
    return decide(*run, baseline(before, MARGIN)).rules[-1]


def compared(before, now, per_scene):
    candidate = evidence_of(*by_scene(run_of(now, made=NEW), per_scene))
    rule = regression_of(candidate, None, None).model_copy(update={"at_most": None})
    return compare_runs(baseline(before), candidate, rule, lambda name: ("", "none"))


def test_sixty_unchanged_pairs_of_one_scene_prove_nothing():
    assert held_against("P" * 60, "P" * 60, 1).decision is Decision.GO
    shared = held_against("P" * 60, "P" * 60, 60)
    assert shared.decision is Decision.INCONCLUSIVE
    assert shared.paired.scenes == 1
    assert "in 1 scene: pairs of one scene or trace are one unit of proof" in shared.reason
    assert shared.would_change.startswith("58 more scenes in which nothing changes would give GO")


def test_sixty_pairs_of_one_scene_that_break_are_no_proof_of_a_loss():
    assert compared("P" * 60, "F" * 60, 1).decision is Decision.NO_GO
    shared = compared("P" * 60, "F" * 60, 60)
    assert shared.decision is Decision.INCONCLUSIVE
    assert shared.rule.paired.mcnemar_p == pytest.approx(0.5)
    assert shared.scenarios[0].p_value == pytest.approx(0.5)


def test_pairs_that_are_alike_in_their_scenes_count_as_one_each():
    before, now = "P" * 20, "F" * 5 + "P" * 15
    one = compared(before, now, 1).rule
    many = compared("".join(p * 4 for p in before), "".join(p * 4 for p in now), 4).rule
    assert many.decision is one.decision is Decision.NO_GO
    assert many.paired.mcnemar_p == pytest.approx(one.paired.mcnemar_p)
    assert many.estimate == pytest.approx(one.estimate)


def test_a_scene_of_which_one_pair_of_ten_breaks_drops_by_a_tenth():
    shared = held_against("P" * 1000, ("F" + "P" * 9) * 4 + "P" * 960, 10)
    assert shared.decision is Decision.GO
    assert shared.estimate == pytest.approx(0.004)
    more = int(shared.would_change.split()[0])
    whole = ("F" + "P" * 9) * 4 + "P" * 960
    assert held_against("P" * (1000 + 10 * more), whole + "F" * 10 * more, 10).decision is not Decision.GO


def test_the_table_names_the_test_that_decided():
    assert "Gaffke over scenes, one-sided: p = 0.5" in comparison_table(compared("P" * 60, "F" * 60, 60))
    assert "McNemar, exact, one-sided" in comparison_table(compared("P" * 60, "F" * 60, 1))


def test_what_is_doubtful_has_broken_for_go_and_been_fixed_for_no_go():
    rule = held_against("P" * 600, "E" * 10 + "P" * 590, 10)
    broken = held_against("P" * 600, "F" * 10 + "P" * 590, 10)
    assert rule.exact.high == pytest.approx(broken.exact.high)
    assert rule.exact.low < broken.exact.low
    assert "simgate run --resume" in rule.would_change
