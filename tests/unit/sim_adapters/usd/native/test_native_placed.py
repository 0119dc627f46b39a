"""Prims of a stage that are put onto a surface stand there, for robots on their joints and for driving ones."""

from __future__ import annotations

import math
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pxr", reason="needs simgate[usd]")

from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.mujoco.articulated.world import ArticulatedWorld
from simgate.sim_adapters.mujoco.native.placed import support
from simgate.sim_adapters.mujoco.stage_twin.site_file import StageFile
from simgate.sim_adapters.mujoco.world_state import MujocoWorld
from simgate.sim_adapters.scene.articulated import ArticulatedSite, CameraSensor
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.usd.native.variant_stage import VariantStage
from simgate.sim_adapters.worlds.declared.native import NativeWorld
from simgate.sim_adapters.worlds.native_file import NativeError
from simgate.sim_adapters.worlds.placing import Placing
from simgate.sim_adapters.worlds.world import PlacedObject, Rectangle
from tests.unit.sim_adapters.native_world import world_of_file
from tests.unit.sim_adapters.usd.native_stages import CART, PANE, write_yard
from tests.unit.sim_adapters.usd.native_stages import TIMING as YARD_TIMING
from tests.unit.sim_adapters.usd.robot_stages import ROOM, equipped
from tests.unit.sim_adapters.usd.test_native_robot_senses import EYE
from tests.unit.sim_adapters.usd.test_native_robots import BASE, TIMING, stage, usd_site

TOP, DESK_M = "/World/Desk/Top", 0.4
CUP, SIGN = "/World/Things/Cup", "/World/Things/Sign"
THINGS = """
    def Xform "Things"
    {
        double3 xformOp:translate = (3, 0, 0)
        float xformOp:rotateZ = 90
        uniform token[] xformOpOrder = ["xformOp:translate", "xformOp:rotateZ"]
        def Xform "Cup" (prepend apiSchemas = ["PhysicsRigidBodyAPI", "PhysicsMassAPI"])
        {
            float physics:mass = 0.2
            double3 xformOp:translate = (0, 0, 0.5)
            uniform token[] xformOpOrder = ["xformOp:translate"]
            def Cylinder "Wall" (prepend apiSchemas = ["PhysicsCollisionAPI"])
            {
                double radius = 0.04
                double height = 0.1
                double3 xformOp:translate = (0.02, 0, 0)
                uniform token[] xformOpOrder = ["xformOp:translate"]
            }
        }
        def Xform "Sign"
        {
            double3 xformOp:translate = (0.5, 0, 0)
            uniform token[] xformOpOrder = ["xformOp:translate"]
            def Cube "Board" (prepend apiSchemas = ["PhysicsCollisionAPI"])
            {
                double size = 0.1
                double3 xformOp:scale = (1, 0.2, 1)
                uniform token[] xformOpOrder = ["xformOp:scale"]
            }
        }
    }"""


def laid(folder: Path, *placed: PlacedObject, **asked: Any) -> tuple[ArticulatedSite, Placing]:
    path = stage(folder, equipped(more=ROOM + THINGS))
    file = StageFile(path)
    placing = Placing({"top": file.surface(TOP, None)}, {kind: file.placeable(kind) for kind in (CUP, SIGN)})
    return replace(usd_site(path, **{"sensors": (), **asked}), put=placing.put(placed)), placing


@pytest.mark.parametrize("kind", [CUP, SIGN])
def test_it_stands_on_the_top_with_its_middle_where_it_was_put_and_copies_beside_it(
    tmp_path: Path, kind: str
) -> None:
    turned = math.radians(30)
    put = PlacedObject(kind, 0.7, 0.6, 0.0), PlacedObject(kind, 0.9, 0.4, turned)
    site, placing = laid(tmp_path, *put)
    room = placing.objects[kind]
    world = ArticulatedWorld(site, TIMING)
    model, data = world.model, world.data
    along = np.array([(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, -1)], dtype=float)
    for name, item in ((kind, put[0]), (f"{kind}_copy2", put[1])):
        own = [g for g in range(model.ngeom) if model.body(model.geom_bodyid[g]).name == name]
        right, left, front, back, low = np.max([support(model, data, g, along) for g in own], axis=0)
        assert -low == pytest.approx(DESK_M, abs=1e-6)
        assert ((right - left) / 2, (front - back) / 2) == pytest.approx((item.x, item.y), abs=1e-6)
        if item.yaw == 0.0 or room.is_round:
            assert ((right + left) / 2, (front + back) / 2) == pytest.approx(room.half, abs=1e-6)
    own, copy = (data.body(name).xmat.reshape(3, 3) for name in (kind, f"{kind}_copy2"))
    turn = np.array(
        [[math.cos(turned), -math.sin(turned), 0], [math.sin(turned), math.cos(turned), 0], [0, 0, 1]]
    )
    np.testing.assert_allclose(copy, turn @ own, atol=1e-6)
    other = SIGN if kind == CUP else CUP
    assert other not in [model.body(k).name for k in range(model.nbody)], "what was not put down is not there"
    assert not [g for g in range(model.ngeom) if model.geom(g).name.startswith(other)]


def test_copies_have_the_labels_masses_and_values_of_the_first_and_numbers_of_their_own(
    tmp_path: Path,
) -> None:
    view = CameraSensor(EYE, ("semantic", "instance"), 64, 48)
    asked = {
        "sensors": (("view", view),), "labels": ((f"{CUP}/Wall", "cup"),), "allow": ((BASE, CUP),),
        "values": ((f"{CUP}/Wall.radius", 0.06),),
    }  # fmt: skip
    sites = [
        laid(tmp_path, *put, **asked)[0]
        for put in ([], [PlacedObject(CUP, 0.7, 0.4, 0.0), PlacedObject(CUP, 0.9, 0.6, 0.0)])
    ]
    adapter = MujocoAdapter(TIMING)
    seen = adapter.reset(sites).channels
    entries = adapter.embodiment.channel("view.instance").classes
    assert seen["view.semantic"][0].max() == 0
    shown = seen["view.instance"][1][seen["view.semantic"][1] == 1]
    assert {entries[k] for k in np.unique(shown)} == {CUP, "copy 1"}
    adapter.close()
    world = ArticulatedWorld(sites[1], TIMING)
    assert world._machine.allow == ((BASE, CUP), (BASE, f"{CUP}_copy2"))
    for name in (CUP, f"{CUP}_copy2"):
        assert world.model.body(name).mass[0] == pytest.approx(0.2)
        assert world.model.geom(f"{name}/Wall").size[0] == pytest.approx(0.06)


@pytest.mark.skipif(find_spec("ovphysx") is None, reason="needs simgate[physx]")
def test_what_lies_there_stays_in_physx_too(tmp_path: Path) -> None:
    from simgate.sim_adapters.physx.adapter import PhysxAdapter
    from simgate.sim_adapters.scene.articulated import BodySensor

    site, _ = laid(
        tmp_path, PlacedObject(CUP, 0.7, 0.4, 0.0), PlacedObject(CUP, 0.9, 0.6, 1.0),
        sensors=(("one", BodySensor(CUP)), ("two", BodySensor(f"{CUP}_copy2"))),
    )  # fmt: skip
    adapter = PhysxAdapter(TIMING)
    start = {name: rows[0].copy() for name, rows in adapter.reset([site]).channels.items()}
    for _ in range(25):
        seen = adapter.step(np.zeros((1, 2)))
    for name in ("one.pose", "two.pose"):
        np.testing.assert_allclose(seen.channels[name][0, :3], start[name][:3], atol=2e-3)
    adapter.close()


def test_what_would_stand_inside_something_is_refused_with_both_names(tmp_path: Path) -> None:
    put = PlacedObject(CUP, 0.7, 0.5, 0.0), PlacedObject(CUP, 0.72, 0.5, 0.0)
    with pytest.raises(
        ValueError, match=rf"'{CUP}' was put down \d+ mm inside '{CUP}_copy2'|'{CUP}_copy2' was put"
    ):
        ArticulatedWorld(laid(tmp_path, *put)[0], TIMING)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda file: file.placeable("/World/Arm/upper"), "hangs on joint '/World/Arm/lift' and cannot be put down"),
        (lambda file: file.placeable(f"{CUP}/Wall"), f"is a part of '{CUP}' and cannot be put down"),
        (lambda file: file.placeable("/World/Things"), f"holds '{CUP}', which moves by itself"),
        (lambda file: file.placeable("/World/Arm/upper/Scanner"), "is a part of '/World/Arm/upper'"),
        (lambda file: file.placeable("/World/Lamp"), "nothing of body '/World/Lamp' can touch"),
        (lambda file: file.placeable("/World/Cap"), "the file has no prim '/World/Cap'"),
        (lambda file: file.surface("/World/Desk", None), f"is no shape that can be touched; name a shape: {TOP} or"),
        (lambda file: file.surface(TOP, Rectangle(0.5, 0.3, 1.0, 0.7)), "'within' reaches beyond the top of geom"),
        (lambda file: file.surface(f"{CUP}/Wall", None), "is no rectangle along x and y"),
    ],
)  # fmt: skip
def test_what_cannot_be_put_down_or_stood_on_is_said(tmp_path: Path, ask: Any, said: str) -> None:
    file = StageFile(stage(tmp_path, equipped(more=ROOM + THINGS)))
    with pytest.raises(NativeError, match=said):
        ask(file)


def test_a_prim_that_collides_by_name_and_only_holds_shapes_is_no_surface(tmp_path: Path) -> None:
    things = THINGS.replace('"Sign"', '"Sign" (prepend apiSchemas = ["PhysicsCollisionAPI"])')
    file = StageFile(stage(tmp_path, equipped(more=ROOM + things)))
    with pytest.raises(NativeError, match=f"'{SIGN}' is no shape that can be touched") as found:
        file.surface(SIGN, None)
    assert found.value.hint == f"name a shape: {SIGN}/Board"


@pytest.mark.parametrize(
    ("target", "shifts"),
    [
        (f"{CUP}.pos.x", True), ("/World/Things.turn_deg", True), (f"{CUP}/Wall.radius", True),
        (f"{CUP}/Wall.pos.x", True), (f"{CUP}.present", True), ("/World/Load.pos.x", False), (f"{TOP}.size", False),
    ],
)  # fmt: skip
def test_what_changes_the_place_or_size_of_an_object_is_known(
    tmp_path: Path, target: str, shifts: bool
) -> None:
    assert StageFile(stage(tmp_path, equipped(more=ROOM + THINGS))).shifts(target, CUP) == shifts


TABLE = """
    def Mesh "Table" (prepend apiSchemas = ["PhysicsCollisionAPI", "PhysicsMeshCollisionAPI"])
    {
        uniform token physics:approximation = "convexHull"
        point3f[] points = [(-0.5, -0.3, 0.7), (0.5, -0.3, 0.7), (0.5, 0.3, 0.7), (-0.5, 0.3, 0.7), (0, 0, 0)]
        int[] faceVertexCounts = [4, 3, 3, 3, 3]
        int[] faceVertexIndices = [0, 1, 2, 3, 1, 0, 4, 2, 1, 4, 3, 2, 4, 0, 3, 4]
        double3 xformOp:translate = (-2, 0, 0)
        uniform token[] xformOpOrder = ["xformOp:translate"]
    }"""


def test_the_top_of_a_mesh_is_that_of_its_hull(tmp_path: Path) -> None:
    file = StageFile(stage(tmp_path, equipped(more=ROOM + TABLE)))
    assert file.surface("/World/Table", Rectangle(-2.4, -0.3, -1.6, 0.3)).height_m == pytest.approx(0.7)
    with pytest.raises(NativeError, match="'within' reaches beyond the top"):
        file.surface("/World/Table", Rectangle(-2.4, -0.3, -1.4, 0.3))


def yard(folder: Path, *placed: PlacedObject) -> Scene:
    """The yard with a driving cart, in which these things stand on the floor."""
    path = write_yard(folder)
    text = path.read_text().rstrip()
    path.write_text(text[: text.rindex("}")] + THINGS + "\n}\n")
    file = StageFile(path)
    world = world_of_file("usd", file, {}, CART, f"{CART}/Front", labels={CUP: "cup", PANE: "glass_door"})
    floor = file.surface("/World/Floor", Rectangle(-5, -4, 5, 4))
    placing = Placing({"floor": floor}, {kind: file.placeable(kind) for kind in (CUP, SIGN)})
    spec = replace(world.spec, placing=placing)
    return NativeWorld(spec, path.parent).build(
        {name: one.default for name, one in world.parameters.items()}, placed
    )


def test_a_driving_robot_meets_what_was_put_down_as_often_as_it_was(tmp_path: Path) -> None:
    put = [
        PlacedObject(CUP, 1.0, 1.5, 0.0),
        PlacedObject(CUP, 2.0, 1.0, 0.5),
        PlacedObject(SIGN, 1.0, -2.0, 0.0),
    ]
    scene = yard(tmp_path, *put)
    assert [name for name, label in scene.native.labels if label == "cup"] == [CUP, f"{CUP}_copy2"]
    shown = VariantStage(scene, YARD_TIMING)
    assert {CUP, f"{CUP}_copy2"} <= set(shown.layout.loose)
    assert shown.masses[f"{CUP}_copy2"].mass_kg == pytest.approx(0.2)
    world = MujocoWorld(scene, YARD_TIMING)
    boards = [name for name in world.built.names if name.startswith(SIGN)]
    assert boards == [f"{SIGN}/Board"]
    without = VariantStage(yard(tmp_path), YARD_TIMING)
    assert not [
        name for name in (*without.layout.names, *without.layout.loose) if name.startswith("/World/Things")
    ]
    inside = yard(tmp_path, PlacedObject(CUP, 3.0, 0.0, 0.0), PlacedObject(SIGN, 3.0, 0.0, 0.0))
    with pytest.raises(ValueError, match=r"was put down \d+ mm inside"):
        MujocoWorld(inside, YARD_TIMING)
