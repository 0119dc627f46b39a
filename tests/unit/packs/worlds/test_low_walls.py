"""Lint warns of steps and ramps that are walls, and of nothing that the pack itself speaks of."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.packs.loader import lint, load_pack
from simgate.harness.scoring import metrics
from simgate.policies.documents.diagnostics import Diagnostic
from tests.unit.packs.test_lint_command import run
from tests.unit.packs.test_native_worlds import PACK
from tests.unit.sim_adapters.native_sites import YARD, write_yard

STEP = '<body name="sill" pos="2 0.7 0.03"><geom name="step" type="box" size="0.1 3 0.03"/></body>'


def write(folder: Path, right: str = "", wrong: str = "") -> Path:
    assert right in PACK
    write_yard(folder, YARD.replace('<geom name="wall"', f'{STEP}\n    <geom name="wall"', 1))
    path = folder / "pack.yaml"
    path.write_text(PACK.replace(right, wrong, 1), encoding="utf-8")
    return path


def found(path: Path) -> list[Diagnostic]:
    return [diagnostic for diagnostic in lint([path], metrics) if diagnostic.code == "low-wall"]


def test_a_step_is_a_warning_at_the_file_and_keeps_nothing_from_running(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path)
    (diagnostic,) = lint([path], metrics)
    assert (diagnostic.code, diagnostic.severity) == ("low-wall", "warning")
    assert (diagnostic.line, diagnostic.column) == (10, 13)
    assert "'step' is 6 cm high across the straight way to the goal" in diagnostic.message
    assert load_pack(path, metrics).name == "yard"
    assert run(str(path)) == 0
    said = capsys.readouterr().out
    assert "warning[low-wall]" in said
    assert "1 pack checked: 1 warning in 1 file\n" in said


@pytest.mark.parametrize(("z", "said"), [(0.1, False), (0.9, True)])
def test_a_robot_that_would_pass_over_what_is_lower_is_a_warning(
    tmp_path: Path, z: float, said: bool
) -> None:
    write_yard(
        tmp_path, YARD.replace('<body name="cart" pos="-1 0 0.1"', f'<body name="cart" pos="-1 0 {z}"')
    )
    path = tmp_path / "pack.yaml"
    path.write_text(PACK, encoding="utf-8")
    messages = [diagnostic.message for diagnostic in lint([path], metrics) if diagnostic.code == "high-robot"]
    expected = "all of 'cart' that can touch is 85 cm or more above the floor: it passes over what is lower"
    assert messages == ([expected] if said else [])


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("labels: {pane: glass_door}", "labels: {pane: glass_door, sill: step}"),
        ("barrier: {pane: glass}", "barrier: {pane: glass, step: kerb}"),
        ("cube.x_m: body/cube.pos.x", "cube.x_m: body/sill.pos.x"),
        ("cube.there: body/cube.present", "cube.there: geom/step.present"),
        ("goal: dock", "goal: [0.2, 0]"),
    ],
)
def test_what_the_pack_itself_speaks_of_is_meant(tmp_path: Path, right: str, wrong: str) -> None:
    assert found(write(tmp_path, right, wrong)) == []


def test_a_friction_that_is_set_does_not_make_it_meant(tmp_path: Path) -> None:
    path = write(tmp_path, "cube.x_m: body/cube.pos.x", "cube.x_m: geom/step.friction.slide")
    assert len(found(path)) == 1
