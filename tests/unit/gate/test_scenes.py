"""Variants that share a scene, in the verdict."""

from __future__ import annotations

from harness.gate.decide import decide
from harness.gate.verdict import Decision
from tests.unit.gate.runs import a_run


def run_with_scenes(letters, per_scene):
    manifest, records = a_run(letters)
    expected = tuple(
        one.model_copy(update={"scene": f"scene {k // per_scene}"}) for k, one in enumerate(manifest.expected)
    )
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


def test_a_manifest_without_scenes_takes_every_variant_for_itself():
    assert decide(*a_run("F" * 10 + "P" * 290)).rules[0].design_effect is None
