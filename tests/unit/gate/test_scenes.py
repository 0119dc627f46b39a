"""Variants that share a scene, in the verdict."""

from __future__ import annotations

from dataclasses import replace

from simgate.harness.gate.decide import decide
from simgate.harness.gate.verdict import Decision
from tests.unit.gate.runs import a_run


def run_with_scenes(letters, per_scene):
    manifest, records = a_run(letters)
    expected = tuple(replace(one, scene=f"scene {k // per_scene}") for k, one in enumerate(manifest.expected))
    return manifest.model_copy(update={"expected": expected}), records


def test_failures_that_come_together_count_as_fewer_variants_and_the_verdict_says_so():
    letters = "F" * 10 + "P" * 290
    alone = decide(*a_run(letters)).rules[0]
    shared = decide(*run_with_scenes(letters, per_scene=10)).rules[0]
    assert alone.decision is Decision.GO
    assert shared.decision is Decision.INCONCLUSIVE
    assert shared.design_effect > 9
    assert "variants share scenes (design effect" in shared.reason
    assert shared.exact.low < alone.exact.low < alone.exact.high < shared.exact.high


def test_failures_spread_over_the_scenes_change_nothing():
    letters = ("F" + "P" * 29) * 10
    alone = decide(*a_run(letters)).rules[0]
    shared = decide(*run_with_scenes(letters, per_scene=30)).rules[0]
    assert shared.exact == alone.exact
    assert shared.design_effect is None


def test_clean_variants_of_a_few_scenes_are_go_for_these_scenes_and_the_verdict_says_so():
    shared = decide(*run_with_scenes("P" * 300, per_scene=30)).rules[0]
    assert shared.decision is Decision.GO
    assert "300 variants lie in only 10 scenes" in shared.reason
    assert "count as independent" not in decide(*a_run("P" * 300)).rules[0].reason


def test_more_clean_variants_in_new_scenes_would_prove_what_shared_scenes_do_not():
    shared = decide(*run_with_scenes("F" * 10 + "P" * 290, per_scene=10)).rules[0]
    more = int(shared.would_change.split()[1])
    assert "more clean variants would give GO, in new scenes" in shared.would_change
    again = decide(*run_with_scenes("F" * 10 + "P" * (290 + 10 * -(-more // 10)), per_scene=10)).rules[0]
    assert again.decision is Decision.GO


def test_a_manifest_without_scenes_takes_every_variant_for_itself():
    assert decide(*a_run("F" * 10 + "P" * 290)).rules[0].design_effect is None
