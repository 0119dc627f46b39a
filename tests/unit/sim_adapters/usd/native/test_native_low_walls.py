"""Steps and ramps of a stage across the way."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("pxr", reason="needs simgate[usd]")

from simgate.sim_adapters.usd.native.stage_file import UsdFile
from simgate.sim_adapters.worlds.low_walls import Wall, walls_in_the_way
from tests.unit.sim_adapters.usd.native_stages import CART, with_prim, write_yard

STEP = """
    def Cube "Step" ( prepend apiSchemas = ["PhysicsCollisionAPI"] )
    {{
        double size = 1
        double3 xformOp:translate = (1.2, 0, {z})
        double xformOp:rotateY = {turn}
        float3 xformOp:scale = ({scale})
        uniform token[] xformOpOrder = ["xformOp:translate", "xformOp:rotateY", "xformOp:scale"]
    }}
"""


def walls(folder: Path, z: float, scale: str, turn: float = 0.0) -> list[Wall]:
    file = UsdFile(write_yard(folder, with_prim(STEP.format(z=z, scale=scale, turn=turn))))
    facts = file.robot(CART, None)
    low, shapes = file.shapes(CART, None)
    return walls_in_the_way(shapes, facts.start[:2], (4.0, 0.0), facts.radius_m, low)


def test_a_step_is_a_wall_by_its_path(tmp_path: Path) -> None:
    (wall,) = walls(tmp_path, 0.06, "0.1, 4, 0.12")
    assert (wall.name, wall.slope_deg) == ("/World/Step", None)
    assert wall.top_m == pytest.approx(0.12)


def test_a_ramp_is_a_wall_with_its_slope(tmp_path: Path) -> None:
    (wall,) = walls(tmp_path, 0.1, "1, 4, 0.02", turn=-8.0)
    assert wall.slope_deg == pytest.approx(8.0, abs=1e-4)


def test_a_carton_and_a_strip_on_the_floor_are_none(tmp_path: Path) -> None:
    assert walls(tmp_path, 0.1, "0.3, 0.3, 0.2") == []
    assert walls(tmp_path, 0.005, "0.1, 4, 0.01") == []
