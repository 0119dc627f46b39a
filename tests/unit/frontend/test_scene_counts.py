"""How many scenes a pack has, as lint and plan say it."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from simgate.harness.frontend.packs import lint_checked
from simgate.harness.frontend.scene_counts import count_scenes, scenes_in
from simgate.harness.packs.loader import load_pack
from tests.unit.cli.small_runs import PACK, write_pack

STILL = PACK.replace("door.distance_m: {uniform: [3, 8]}", "door.distance_m: 5")
ONE = STILL.replace("{choice: [glass, wood]}", "glass").replace("{choice: [white, grey, beige]}", "white")


def test_variants_that_differ_in_light_and_noise_only_are_one_scene(tmp_path: Path) -> None:
    pack = load_pack(write_pack(tmp_path, ONE))
    counts = count_scenes(pack)
    assert (counts["closed"].variants, counts["closed"].number) == (150, 1)
    assert scenes_in(counts, ["closed"]) == 1


def test_the_same_scene_in_two_scenarios_is_one(tmp_path: Path) -> None:
    scenario = ONE[ONE.index("  closed:") : ONE.index("gate:")]
    again = ONE.replace("gate:", scenario.replace("closed:", "again:") + "gate:")
    counts = count_scenes(load_pack(write_pack(tmp_path, again)))
    assert scenes_in(counts, counts) == 1


@pytest.mark.parametrize(("text", "number"), [(PACK, 150), (STILL, 6)])
def test_scenes_are_counted_where_values_repeat(tmp_path: Path, text: str, number: int) -> None:
    assert count_scenes(load_pack(write_pack(tmp_path, text)))["closed"].number == number


def test_lint_marks_the_variants_of_one_scene_and_the_rule_that_they_cannot_prove(tmp_path: Path) -> None:
    one, rule = lint_checked([write_pack(tmp_path, ONE)])
    assert (one.severity, one.code) == ("warning", "one-scene")
    assert "150 variants are 1 scene" in one.message
    assert (rule.severity, rule.code) == ("error", "gate-impossible")
    assert "needs 149 clean scenes, the 150 variants of the rule's scenarios lie in 1 scene" in rule.message
    lines = ONE.split("\n")
    assert lines[one.line - 1][one.column - 1 :].startswith("variants:")
    assert lines[rule.line - 1][rule.column - 1 :].startswith("pass_rate:")


def test_scenes_enough_for_the_rule_are_no_problem(tmp_path: Path) -> None:
    assert lint_checked([write_pack(tmp_path, STILL.replace("at_least: 0.98", "at_least: 0.5"))]) == []


def test_plan_counts_scenes_and_says_what_they_can_prove(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    pack = write_pack(tmp_path, STILL.replace("at_least: 0.98", "at_least: 0.5"))
    assert main(["plan", str(pack)]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "closed critical 150 6 -" in text
    assert "GO with at most 0 failures in 6 scenes" in text
    assert "150 variants lie in 6 scenes: those of one scene are one unit of proof" in text


def test_lint_sees_that_what_is_drawn_changes_nothing(tmp_path: Path) -> None:
    """The speed of a person who is not there; light differs too, and is no other scene."""
    inert = ONE.replace("door.distance_m: 5", "door.distance_m: 5\n      person.speed_mps: {uniform: [1, 2]}")
    (one,) = lint_checked([write_pack(tmp_path, inert)])
    assert (one.severity, one.code) == ("warning", "one-scene")
    assert "its first variants are 1 scene, though person.speed_mps differ" in one.message
    seen = inert.replace("door.distance_m: 5\n", "door.distance_m: 5\n      person.present: true\n")
    assert lint_checked([write_pack(tmp_path, seen)]) == []
