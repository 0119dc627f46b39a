"""Runs of one scene are one unit of proof: in the pass rate, in what would change it, and in what is said."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from simgate.harness.gate.decide import decide
from simgate.harness.gate.scenes import Scenes
from simgate.harness.gate.statistics.intervals import wilson
from simgate.harness.gate.verdict import Decision
from tests.unit.gate.runs import a_run


def run_with_scenes(letters, per_scene):
    manifest, records = a_run(letters)
    expected = tuple(replace(one, scene=f"scene {k // per_scene}") for k, one in enumerate(manifest.expected))
    return manifest.model_copy(update={"expected": expected}), records


def rule(letters, per_scene):
    return decide(*run_with_scenes(letters, per_scene)).rules[0]


def test_sixty_clean_runs_of_one_scene_prove_nothing():
    alone, shared = decide(*a_run("P" * 60)).rules[0], rule("P" * 60, 60)
    assert alone.decision is Decision.GO
    assert shared.decision is Decision.INCONCLUSIVE
    assert shared.exact.low == pytest.approx(0.05)
    assert "60 variants in 1 scene: those of one scene are one unit of proof" in shared.reason
    assert shared.would_change.startswith("28 more clean scenes would give GO")


def test_scenes_that_are_alike_within_count_as_one_variant_each():
    for letters in ("P" * 40, "P" * 39 + "F", "F" * 9 + "P" * 31):
        one = decide(*a_run(letters)).rules[0]
        many = rule("".join(letter * 7 for letter in letters), 7)
        assert many.decision is one.decision
        assert many.estimate == pytest.approx(one.estimate)
        assert many.exact.low == pytest.approx(one.exact.low, abs=1e-9)
        assert many.exact.high == pytest.approx(one.exact.high, abs=1e-9)
        assert many.p_value == pytest.approx(one.p_value)
        assert many.scenes == len(letters)


def test_a_scene_of_which_one_of_ten_fails_is_a_tenth_of_a_failing_scene():
    within, whole = rule(("P" * 9 + "F") * 10 + "P" * 300, 10), rule("F" * 10 + "P" * 390, 10)
    assert within.decision is Decision.GO
    assert whole.decision is Decision.INCONCLUSIVE
    assert within.estimate == whole.estimate == pytest.approx(0.975)


def test_each_scene_counts_the_same_however_many_variants_it_has():
    lone, many = Scenes(((1, 0, 0, 30), (0, 1, 0, 1))), Scenes(((1, 0, 0, 30), (0, 50, 0, 1)))
    assert lone.proof_p(0.9) == pytest.approx(many.proof_p(0.9))
    assert lone.refutation_p(0.9) == pytest.approx(many.refutation_p(0.9))


def test_what_is_doubtful_has_failed_for_go_and_passed_for_no_go():
    scenes = Scenes.of(
        [(*one, 0) for one in (("a", True), ("a", None), ("b", False), ("b", None), ("c", True))]
    )
    assert scenes.proof_p(0.5) == Scenes(((1, 1, 0, 1), (0, 2, 0, 1), (1, 0, 0, 1))).proof_p(0.5)
    assert scenes.refutation_p(0.5) == Scenes(((2, 0, 0, 1), (1, 1, 0, 1), (1, 0, 0, 1))).refutation_p(0.5)


def test_doubtful_scenes_are_to_be_run_first_and_count_as_clean_for_how_many_more_give_go():
    said = rule("F" * 10 + "P" * 190 + "-" * 100, 10).would_change
    found = re.match(
        r"valid results for the 100 doubtful variants; if all of them pass, (\d+) more clean", said
    )
    more = int(found[1])
    assert rule("F" * 10 + "P" * (290 + 10 * more), 10).decision is Decision.GO
    assert rule("F" * 10 + "P" * (280 + 10 * more), 10).decision is Decision.INCONCLUSIVE


def test_what_would_change_it_is_counted_in_scenes():
    shared = rule("F" * 10 + "P" * 300, 10)
    more = int(shared.would_change.split()[0])
    assert "more clean scenes would give GO" in shared.would_change
    assert rule("F" * 10 + "P" * (300 + 10 * more), 10).decision is Decision.GO
    assert rule("F" * 10 + "P" * (290 + 10 * more), 10).decision is Decision.INCONCLUSIVE
    fewest = int(shared.would_change.split(", ")[1].split()[0])
    assert rule("F" * (10 + 10 * fewest) + "P" * 300, 10).decision is Decision.NO_GO
    assert rule("F" * 10 * fewest + "P" * 300, 10).decision is Decision.INCONCLUSIVE


def test_a_go_says_how_many_scenes_that_fail_would_end_it():
    shared = rule("P" * 300, 10)
    assert shared.decision is Decision.GO
    assert shared.would_change == "1 more failing scene"
    assert rule("P" * 300 + "F" * 10, 10).decision is Decision.INCONCLUSIVE


def test_the_verdict_has_the_number_of_scenes_and_how_they_ended():
    verdict = decide(*run_with_scenes("P" * 60, 60))
    written = json.loads(verdict.model_dump_json())["rules"][0]
    assert written["scenes"] == 1
    assert written["by_scene"] == {
        "results": [[60, 0, 0, 1]],
        "proving": None,
        "repeats": 0,
    }
    assert "variants of one scene are one unit of proof: glass (60 variants, 1 scene)" in verdict.notes
    assert verdict.scenarios[0].shown.low == pytest.approx(wilson(1, 1, 0.95)[0])


def test_a_run_to_be_ended_early_on_shared_scenes_is_not_decided_by_a_test_of_variants():
    manifest, records = run_with_scenes("P" * 60, 60)
    early = decide(manifest.model_copy(update={"until_decided": True}), records)
    assert early.decision is Decision.INCONCLUSIVE
