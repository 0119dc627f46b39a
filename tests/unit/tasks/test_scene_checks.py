"""Criteria that no run can meet in the scenes of a scenario: lint says in how many, and what to change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from simgate.harness.frontend.packs import lint_checked
from simgate.harness.registry import PLUGINS_VARIABLE
from simgate.policies.documents.diagnostics import Diagnostic
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.worlds.office_corridor import OfficeCorridor
from simgate.sim_adapters.worlds.world import PlacedObject, Value

PACK = """\
simgate: 1
pack: small
policy: door_navigator
sim: {adapter: mujoco, time_limit_s: 25}
seed: 1
scenarios:
  way:
    title: A way
    severity: critical
    world: office_corridor
    parameters:
      door.kind: KIND
      door.distance_m: DISTANCE
    variants: {count: 150}
    accept:
      CRITERION
"""
NEAR, FAR = "{uniform: [3, 4]}", "{uniform: [9, 10]}"


def linted(
    folder: Path, criterion: str, kind: str, distance: str = NEAR, limit: float = 25
) -> list[Diagnostic]:
    text = PACK.replace("CRITERION", criterion).replace("KIND", kind).replace("DISTANCE", distance)
    path = folder / "pack.yaml"
    path.write_text(text.replace("time_limit_s: 25", f"time_limit_s: {limit}"), encoding="utf-8")
    return lint_checked([path])


def the_one(found: list[Diagnostic]) -> Diagnostic:
    (diagnostic,) = found
    assert (diagnostic.line, diagnostic.column) == (16, 7), "at the criterion"
    return diagnostic


@pytest.mark.parametrize(
    "criterion", ["success: {equals: true}", "spl: {at_least: 0.5}", "progress: {at_least: 1}"]
)
def test_a_goal_out_of_reach_in_the_time_limit_is_an_error(tmp_path: Path, criterion: str) -> None:
    found = the_one(linted(tmp_path, criterion, "none", FAR, limit=6))
    # 9 m to the door and 1.8 m beyond it, 0.5 m of radius off, at 1.2 m/s: 8.6 s at least.
    assert (found.code, found.severity) == ("time-limit", "error")
    assert "all of the first 16 variants" in found.message
    assert "at the robot's top speed of 1.2 m/s" in found.message
    assert "allow 10 s or more (sim.time_limit_s)" in found.hint


def test_what_only_some_variants_cannot_do_is_a_warning_with_their_number(tmp_path: Path) -> None:
    found = the_one(linted(tmp_path, "success: {equals: true}", "none", "{grid: [3, 4, 9, 10]}", limit=6))
    assert (found.code, found.severity) == ("time-limit", "warning")
    assert "2 of the first 4 variants" in found.message or "8 of the first 16 variants" in found.message


def test_a_curve_is_judged_by_the_variants_that_will_run(tmp_path: Path) -> None:
    curve = "{normal: {mean: 4, std: 0.1, between: [3, 12]}}"
    assert linted(tmp_path, "success: {equals: true}", "none", curve, limit=6) == []


def test_the_time_of_a_criterion_counts_where_it_is_shorter(tmp_path: Path) -> None:
    found = the_one(linted(tmp_path, "time_to_goal_s: {between: [1, 5]}", "none", FAR))
    assert "5 s are allowed" in found.message
    assert "(between)" in found.hint


def test_a_door_that_cannot_be_reached_cannot_be_stopped_at(tmp_path: Path) -> None:
    found = the_one(linted(tmp_path, "stop_distance_m: {at_most: 1}", "glass", FAR, limit=3))
    assert found.code == "time-limit"
    assert linted(tmp_path, "stop_distance_m: {at_most: 9.9}", "glass", FAR, limit=3) == []


@pytest.mark.parametrize(
    ("criterion", "kind"),
    [
        ("collisions: {at_most: 0}", "none"),  # short runs may be meant
        ("success: {equals: false}", "none"),
        ("success: {equals: true}", "glass"),  # standing still before a door is success
        ("progress: {at_least: 0.1}", "none"),
        ("time_to_goal_s: {at_most: 2, if_undefined: pass}", "none"),
    ],
)
def test_what_can_be_met_in_a_short_time_is_left_alone(tmp_path: Path, criterion: str, kind: str) -> None:
    assert linted(tmp_path, criterion, kind, FAR, limit=3) == []


UNDEFINED = [
    ("stop_distance_m: {at_most: 1}", "none", "nothing closes the way"),
    ("min_clearance_m.barrier: {at_least: 0.1}", "none", "nothing closes the way"),
    ("time_to_goal_s: {at_most: 20}", "glass", "a barrier closes the way"),
    ("spl: {at_least: 0.5}", "wood", "a barrier closes the way"),
    ("min_clearance_m.person: {at_least: 0.3}", "none", "there is no person"),
    ("speed_near_person_mps: {at_most: 0.3}", "none", "there is no person"),
    ("detection.person.recall: {at_least: 0.9}", "glass", "there is no person"),
    ("detection.glass_door.ap50: {at_least: 0.9}", "wood", "there is no glass_door"),
    ("detection.glass_door.first_seen_m: {at_least: 2}", "none", "there is no glass_door"),
    ("detection.wooden_door.flicker_hz: {at_most: 1}", "glass", "there is no wooden_door"),
]


@pytest.mark.parametrize(("criterion", "kind", "why"), UNDEFINED)
def test_a_metric_with_nothing_to_speak_of_is_an_error(
    tmp_path: Path, criterion: str, kind: str, why: str
) -> None:
    found = the_one(linted(tmp_path, criterion, kind))
    assert (found.code, found.severity) == ("undefined-metric", "error")
    assert f"is undefined where {why}: all of the first 16 variants fail" in found.message
    assert "if_undefined: pass" in found.hint


@pytest.mark.parametrize(("criterion", "kind", "why"), UNDEFINED)
def test_it_may_be_undefined_where_the_pack_says_so(
    tmp_path: Path, criterion: str, kind: str, why: str
) -> None:
    assert linted(tmp_path, criterion.replace("}", ", if_undefined: pass}"), kind) == []
    found = the_one(linted(tmp_path, criterion.replace("}", ", if_undefined: invalid}"), kind))
    assert found.message.endswith("all of the first 16 variants are INVALID")


@pytest.mark.parametrize(
    ("criterion", "kind"),
    [
        ("detection.person.false_alarms_per_min: {at_most: 1}", "glass"),  # of a class that is not there
        ("detection.all.recall: {at_least: 0.9}", "glass"),
        ("detection.glass_door.recall: {at_least: 0.9}", "glass"),
        ("min_clearance_m: {at_least: 0.05}", "none"),
        ("stop_distance_m: {at_most: 1}", "{choice: [glass, wood]}"),
    ],
)
def test_a_metric_that_can_be_computed_is_left_alone(tmp_path: Path, criterion: str, kind: str) -> None:
    assert linted(tmp_path, criterion, kind) == []


class GlassOnly:
    """A policy that knows one word."""

    reports = ("glass",)


def test_a_report_that_the_policy_has_no_word_for_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PLUGINS_VARIABLE, f"policies:door_navigator={__name__}:GlassOnly")
    assert linted(tmp_path, "report_correct: {equals: true}", "glass") == []
    found = the_one(linted(tmp_path, "report_correct: {equals: true}", "wood"))
    assert (found.code, found.severity, found.hint) == ("unknown-report", "error", "known: glass")
    assert "asks for 'wood', which the policy never reports" in found.message
    assert linted(tmp_path, "report_correct: {equals: false}", "wood") == []


def test_a_metric_that_some_variants_lack_is_a_warning(tmp_path: Path) -> None:
    found = the_one(linted(tmp_path, "stop_distance_m: {at_most: 1}", "{grid: [glass, none]}"))
    assert (found.code, found.severity) == ("undefined-metric", "warning")
    assert " of the first " in found.message


def test_a_scene_that_cannot_be_built_is_said_in_the_worlds_own_words(tmp_path: Path) -> None:
    crossing = "glass\n      person.present: true\n      person.cross_at_m: 9"
    (found,) = linted(tmp_path, "collisions: {at_most: 0}", crossing)
    assert (found.code, found.severity, found.line) == ("no-scene", "error", 10)
    assert "all of the first 16 variants: person.cross_at_m = 9 lies behind or in the door" in found.message


class Unwritten(OfficeCorridor):
    """A world that cannot build yet."""

    name = "unwritten"

    def build(self, parameters: Mapping[str, Value], placed: Sequence[PlacedObject]) -> Scene:
        raise NotImplementedError


class Broken(OfficeCorridor):
    """A world with a mistake."""

    name = "broken"

    def build(self, parameters: Mapping[str, Value], placed: Sequence[PlacedObject]) -> Scene:
        raise KeyError("door.colour")


UNWRITTEN, BROKEN = Unwritten(), Broken()


def test_a_mistake_in_a_world_is_a_diagnostic_and_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds = f"worlds:unwritten={__name__}:UNWRITTEN,worlds:broken={__name__}:BROKEN"
    monkeypatch.setenv(PLUGINS_VARIABLE, worlds)
    path = tmp_path / "pack.yaml"
    text = (
        PACK.replace("CRITERION", "collisions: {at_most: 0}")
        .replace("KIND", "none")
        .replace("DISTANCE", NEAR)
    )
    path.write_text(text.replace("office_corridor", "unwritten"), encoding="utf-8")
    assert lint_checked([path]) == []
    path.write_text(text.replace("office_corridor", "broken"), encoding="utf-8")
    (found,) = lint_checked([path])
    assert (found.code, "KeyError: 'door.colour'" in found.message) == ("no-scene", True)
