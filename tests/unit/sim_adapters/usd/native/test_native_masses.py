"""Masses on a stage by the rules of UsdPhysics, for the robot and for what stands loose."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pxr", reason="needs simgate[usd]")

from simgate.sim_adapters.mujoco.world_state import MujocoWorld
from simgate.sim_adapters.usd.native.stage_file import UsdFile
from tests.unit.sim_adapters.native_world import scene_of
from tests.unit.sim_adapters.usd.native_stages import (
    CART,
    MASSES,
    TIMING,
    YARD,
    two_boxes,
    write_yard,
    yard_world,
)

LOOSE = "/World/Load"


def as_robot(folder: Path, text: str) -> float:
    """Mass of a cart that is made of the two boxes, kilograms."""
    robot = two_boxes("Rig", text).replace(
        "{\n", '{\n def Camera "Front"\n {\n  double3 xformOp:translate = (0.2, 0, 0.5)\n }\n', 1
    )
    return UsdFile(write_yard(folder, robot)).robot("/World/Rig", None).mass_kg


@pytest.mark.parametrize(("text", "mass_kg", "centre"), MASSES.values(), ids=MASSES)
def test_a_loose_body_weighs_what_usd_physics_says(
    tmp_path: Path, text: str, mass_kg: float, centre: float
) -> None:
    world = MujocoWorld(scene_of(yard_world(write_yard(tmp_path, two_boxes("Load", text)))), TIMING)
    body = world.built.model.body(LOOSE)
    assert body.mass[0] == pytest.approx(mass_kg, rel=1e-5)
    assert body.ipos == pytest.approx((centre, 0.0, 0.0), abs=1e-5)


@pytest.mark.parametrize(("text", "mass_kg", "centre"), MASSES.values(), ids=MASSES)
def test_a_robot_weighs_what_usd_physics_says(
    tmp_path: Path, text: str, mass_kg: float, centre: float
) -> None:
    assert as_robot(tmp_path, text) == pytest.approx(mass_kg, rel=1e-5)


def test_an_uneven_body_has_the_inertia_of_its_parts(tmp_path: Path) -> None:
    """5 kg at x = 0 and 8 kg at x = 0.5, cubes of 0.2 m: m a2 / 6 each, and m d2 about the common centre."""
    text = MASSES["one collider's mass"][0]
    world = MujocoWorld(scene_of(yard_world(write_yard(tmp_path, two_boxes("Load", text)))), TIMING)
    centre, own = 0.5 * 8 / 13, (5 + 8) * 0.2**2 / 6
    across = own + 5 * centre**2 + 8 * (0.5 - centre) ** 2
    assert sorted(world.built.model.body(LOOSE).inertia) == pytest.approx([own, across, across], rel=1e-5)


def test_a_robot_adds_up_its_bodies_and_what_belongs_to_none(tmp_path: Path) -> None:
    # A collider of 2 kg on the cart itself, and a mass that only repeats what the hull has: its collider's.
    plate = (
        '        def Cube "Plate" (\n            prepend apiSchemas = ["PhysicsCollisionAPI", "PhysicsMassAPI"]\n'
        "        )\n        {\n            double size = 0.1\n            float physics:mass = 2\n        }\n"
    )
    buffer = plate.replace("Plate", "Buffer").replace("mass = 2", "mass = 20").replace("\n", "\n    ")
    text = YARD.replace('        def Cube "Arm"', f'{plate}        def Cube "Arm"', 1)
    text = text.replace(
        "            float physics:mass = 20\n", f"            float physics:mass = 20\n{buffer}\n", 1
    )
    assert UsdFile(write_yard(tmp_path, text)).robot(CART, None).mass_kg == pytest.approx(24.0)


def test_a_part_that_is_not_there_weighs_nothing(tmp_path: Path) -> None:
    path = write_yard(tmp_path, two_boxes("Load", MASSES["nothing"][0]))
    world = yard_world(path, {"there": f"{LOOSE}/B.present"})
    masses = [
        float(MujocoWorld(scene_of(world, there=there), TIMING).built.model.body(LOOSE).mass[0])
        for there in (True, False)
    ]
    assert masses == pytest.approx([16.0, 8.0])


def test_a_loose_mesh_is_touched_and_weighed_as_its_hull_which_is_what_physx_does(tmp_path: Path) -> None:
    """Two cubes of 0.2 m, 1 m apart, in one mesh: a bar of 1.2 x 0.2 x 0.2 m when physics moves it."""
    corners = [(x, y, z) for x in (0, 0.2) for y in (0, 0.2) for z in (0, 0.2)]
    faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    points = [(x + at, y, z) for at in (0, 1) for x, y, z in corners]
    indices = [vertex + 8 * k for k in (0, 1) for face in faces for vertex in face]
    mesh = (
        'def Mesh "A" ( prepend apiSchemas = ["PhysicsCollisionAPI"] )\n{\n'
        f"point3f[] points = {points}\nint[] faceVertexCounts = {[4] * 12}\nint[] faceVertexIndices = {indices}\n}}\n"
    )
    world = MujocoWorld(scene_of(yard_world(write_yard(tmp_path, two_boxes("Load", mesh)))), TIMING)
    model = world.built.model
    assert model.body(LOOSE).mass[0] == pytest.approx(48.0, rel=1e-4)
    solid = [g for g in range(model.ngeom) if model.geom_contype[g] and "Load" in model.geom(g).name]
    assert len(solid) == 1
    assert np.ptp(model.mesh_vert, axis=0).max() == pytest.approx(1.2, abs=1e-6)
