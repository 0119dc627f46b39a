"""The linter's trial expansion finds scenarios that leave nothing to run, at the words that cause it."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.frontend.packs import lint_checked
from simgate.policies.documents.diagnostics import Diagnostic
from tests.unit.cli.small_runs import PACK, write_pack

CLUTTER = """\
    place:
      clutter: {count: 30, kinds: box, region: corridor_floor, clearance_m: 2}
"""


def found(tmp_path: Path, right: str, wrong: str) -> Diagnostic:
    assert right in PACK
    (diagnostic,) = lint_checked([write_pack(tmp_path, PACK.replace(right, wrong, 1))])
    assert diagnostic.code == "no-variants"
    return diagnostic


def marked(diagnostic: Diagnostic) -> str:
    line = Path(diagnostic.path).read_text(encoding="utf-8").split("\n")[diagnostic.line - 1]
    return line[diagnostic.column - 1 : diagnostic.column - 1 + diagnostic.length]


def test_a_pack_that_expands_has_no_problem(tmp_path: Path) -> None:
    assert lint_checked([write_pack(tmp_path)]) == []


def test_an_impossible_condition_is_marked(tmp_path: Path) -> None:
    diagnostic = found(tmp_path, "door.distance_m < 7", "door.distance_m > 9")
    assert marked(diagnostic) == "door.distance_m > 9"
    assert "narrow the distributions of door.distance_m" in diagnostic.hint


def test_objects_that_do_not_fit_mark_their_place(tmp_path: Path) -> None:
    diagnostic = found(tmp_path, "    variants:", f"{CLUTTER}    variants:")
    assert marked(diagnostic) == "place"
    assert "clutter" in diagnostic.message


def test_a_count_too_small_for_all_combinations_marks_the_variants(tmp_path: Path) -> None:
    text = "{count: 5, method: pairwise}"
    wrong = PACK.replace("at_least: 0.98", "at_least: 0.5")
    path = write_pack(tmp_path, wrong.replace("{count: 150, method: random}", text))
    (diagnostic,) = lint_checked([path])
    assert marked(diagnostic) == "variants"
    assert diagnostic.hint == "write count: 6 or more"


@pytest.mark.parametrize("method", ["sobol", "halton", "lhs"])
def test_methods_without_a_design_cannot_fail(tmp_path: Path, method: str) -> None:
    assert lint_checked([write_pack(tmp_path, PACK.replace("method: random", f"method: {method}"))]) == []


ARENA = """\
simgate: 1
pack: hall
policy: door_navigator
scenarios:
  crowded:
    title: Things stand in a hall
    severity: minor
    world: arena
    place:
      robot: {count: 1, kinds: robot, region: floor}
    variants: {count: 8}
    accept: {collisions: {at_most: 0}}
    pinned:
      - id: sound
        parameters: {}
        placed: [{group: robot, kind: robot, x_m: 0.0, y_m: 1.0, yaw_rad: 0.5}]
      - {id: empty, parameters: {}, placed: []}
"""


def test_a_pinned_variant_that_its_world_cannot_build_is_marked(tmp_path: Path) -> None:
    (diagnostic,) = lint_checked([write_pack(tmp_path, ARENA)])
    assert (diagnostic.code, marked(diagnostic)) == ("no-scene", "id: empty")
    assert "cannot build the pinned variant 'empty': 0 robots were placed" in diagnostic.message
    fitting = ARENA.replace("placed: []", "placed: [{group: robot, kind: robot, x_m: 0, y_m: 0, yaw_rad: 0}]")
    assert lint_checked([write_pack(tmp_path, fitting)]) == []
