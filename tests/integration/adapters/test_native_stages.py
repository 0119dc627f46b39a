"""A team's own stage moves, touches and looks the same on every simulator that opens it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from tests.integration.adapters import isaac_double

if isaac_double.missing():
    pytest.skip(isaac_double.missing(), allow_module_level=True)

from pxr import Usd

from simgate.sim_adapters.adapter import SimAdapter
from simgate.sim_adapters.isaacsim.adapter import IsaacSimAdapter
from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.mujoco.stage_twin.site_file import StageFile
from simgate.sim_adapters.mujoco.world_state import MujocoWorld
from simgate.sim_adapters.physx.adapter import PhysxAdapter
from simgate.sim_adapters.physx.session import PhysxSession
from simgate.sim_adapters.physx.world_state import PhysxWorld
from simgate.sim_adapters.planar_drive import DriveView
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.usd.native.masses import mass_of
from simgate.sim_adapters.usd.native.solids import is_moving_body, read_solids
from simgate.sim_adapters.worlds.declared.native import NativeWorld
from simgate.sim_adapters.worlds.placing import Placing
from simgate.sim_adapters.worlds.world import PlacedObject, Rectangle
from tests.unit.sim_adapters.native_world import scene_of
from tests.unit.sim_adapters.usd.native_stages import (
    CRATE,
    CUBE,
    MASSES,
    PANE,
    SWITCHED_ROBOT,
    TIMING,
    WALL,
    two_boxes,
    with_prim,
    write_yard,
    yard_world,
)

SETS = {
    "crate_x": f"{CRATE}.pos.x", "crate_y": f"{CRATE}.pos.y", "pane_there": f"{PANE}.present",
    "cube_there": f"{CUBE}.present", "cube_x": f"{CUBE}.pos.x", "tint": f"{PANE}.inputs:opacity",
}  # fmt: skip


@dataclass
class Run:
    """What a drive was: pose by control step, what was touched, truth and frame at the end."""

    poses: np.ndarray
    touched: set[str]
    clearance: dict[str, float]
    seen: dict[str, int]
    ranges: np.ndarray
    rgb: np.ndarray


@pytest.fixture(params=["physx", "isaacsim"])
def other(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SimAdapter]:
    """Another simulator than MuJoCo; Isaac Sim is the double over PhysX."""
    made: SimAdapter
    if request.param == "physx":
        made = PhysxAdapter(TIMING)
    else:
        isaac_double.use_in_this_process(monkeypatch, tmp_path_factory.getbasetemp())
        made = IsaacSimAdapter(TIMING, {"settle_frames": 0})
    yield made
    made.close()


@pytest.fixture
def mujoco() -> Iterator[SimAdapter]:
    made = MujocoAdapter(TIMING)
    yield made
    made.close()


@pytest.fixture
def yard(tmp_path: Path) -> Callable[..., Scene]:
    world = yard_world(write_yard(tmp_path), SETS, labels={PANE: "glass_door", CUBE: "cube"})
    return lambda **values: scene_of(world, **values)


def driven(adapter: SimAdapter, scene: Scene, steps: int, command: tuple[float, float] = (0.8, 0.0)) -> Run:
    adapter.reset([scene])
    poses, touched = [], set()
    for _ in range(steps):
        seen = adapter.step(np.array([command]))
        (truth,) = adapter.ground_truth()
        poses.append(truth.pose)
        touched |= {contact.body for contact in truth.contacts}
    assert adapter.health() == ((),)
    pixels = {entity.name: entity.pixels for entity in truth.entities}
    return Run(
        np.array(poses),
        touched,
        dict(truth.clearance_m),
        pixels,
        DriveView(seen).ranges_m[0].copy(),
        DriveView(seen).rgb[0].copy(),
    )


def assert_same(one: Run, two: Run, metres: float = 0.01) -> None:
    assert np.abs(one.poses[:, :2] - two.poses[:, :2]).max() < metres
    assert np.abs(np.degrees(one.poses[:, 2] - two.poses[:, 2])).max() < 1.0
    assert one.touched == two.touched
    assert one.clearance.keys() == two.clearance.keys()
    for name, gap in one.clearance.items():
        assert two.clearance[name] == pytest.approx(gap, abs=2 * metres), name
    assert one.seen.keys() == two.seen.keys()


def test_it_drives_the_same_curve(mujoco: SimAdapter, other: SimAdapter, yard: Callable[..., Scene]) -> None:
    scene = yard(robot__start_y_m=-1.0, robot__start_yaw_deg=20.0)
    runs = [driven(adapter, scene, 50, (0.6, 0.25)) for adapter in (mujoco, other)]
    assert_same(*runs)
    assert runs[0].touched == set()
    finite = np.isfinite(runs[0].ranges)
    assert (finite == np.isfinite(runs[1].ranges)).mean() > 0.98
    assert np.abs(runs[0].ranges[finite] - runs[1].ranges[finite]).max() < 0.05


def test_it_is_stopped_by_the_pane_and_says_so(
    mujoco: SimAdapter, other: SimAdapter, yard: Callable[..., Scene]
) -> None:
    runs = [driven(adapter, yard(), 30) for adapter in (mujoco, other)]
    assert_same(*runs)
    assert runs[1].touched == {PANE}
    assert runs[1].poses[-1, 0] == pytest.approx(2.0 - 0.01 - 0.25, abs=0.01)


def test_it_is_stopped_by_a_copy_that_was_put_into_its_way(
    mujoco: SimAdapter, other: SimAdapter, tmp_path: Path
) -> None:
    file = StageFile(write_yard(tmp_path))
    floor = {"floor": file.surface("/World/Floor", Rectangle(-4, -3, 4, 3))}
    world = yard_world(file.files[0], {"pane": f"{PANE}.present"}, labels={CUBE: "cube"})
    spec = replace(world.spec, placing=Placing(floor, {CUBE: file.placeable(CUBE)}))
    placed = [PlacedObject(CUBE, 3.0, 2.0, 0.3), PlacedObject(CUBE, 2.0, 0.0, 0.0)]
    parameters = {name: one.default for name, one in world.parameters.items()} | {"pane": False}
    scenes = [NativeWorld(spec, tmp_path).build(parameters, some) for some in (placed, placed[:1])]
    for scene, touched, cubes in ((scenes[0], {f"{CUBE}_copy2"}, 2), (scenes[1], set(), 1)):
        runs = [driven(adapter, scene, 25) for adapter in (mujoco, other)]
        assert_same(*runs)
        assert runs[1].touched == touched
        assert len([name for name in runs[1].clearance if name.startswith(CUBE)]) == cubes


def test_what_is_not_there_is_neither_hit_nor_seen(
    mujoco: SimAdapter, other: SimAdapter, yard: Callable[..., Scene]
) -> None:
    scene = yard(pane_there=False, cube_there=False)
    runs = [driven(adapter, scene, 70) for adapter in (mujoco, other)]
    assert_same(*runs)
    assert runs[1].touched == {WALL}
    assert runs[1].seen == {}


def test_a_loose_crate_is_pushed_along(
    mujoco: SimAdapter, other: SimAdapter, yard: Callable[..., Scene]
) -> None:
    scene = yard(crate_x=0.8, crate_y=0.0, pane_there=False, cube_there=False)
    runs = [driven(adapter, scene, 25) for adapter in (mujoco, other)]
    for run in runs:
        assert run.touched == {CRATE}
        assert run.poses[-1, 0] > 1.0
        assert run.clearance[CRATE] == pytest.approx(0.0, abs=0.01)
        # It stands between the robot and the wall, and the lidar measures it where it is now.
        assert run.ranges[len(run.ranges) // 2] == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize("said", MASSES)
def test_a_body_weighs_the_same_on_every_engine(tmp_path: Path, said: str) -> None:
    scene = scene_of(yard_world(write_yard(tmp_path, two_boxes("Load", MASSES[said][0]))))
    ours = MujocoWorld(scene, TIMING)
    with PhysxSession() as session:
        theirs = PhysxWorld(scene, TIMING, session)
        (mass,) = session.bodies(["/World/Load"]).read(["mass"])["mass"]
        assert float(mass) == pytest.approx(MASSES[said][1], rel=1e-5)
    assert theirs.built.names == ours.built.names
    assert ours.built.model.body("/World/Load").mass[0] == pytest.approx(MASSES[said][1], rel=1e-5)


@pytest.mark.parametrize(
    "name", ["boxes_falling_on_groundplane", "compound_shapes", "kinematic_support", "sdf_collision_scene"]
)
def test_bodies_of_the_engines_own_samples_weigh_what_it_says(name: str) -> None:
    samples = Path(str(metadata.distribution("ovphysx").locate_file("ovphysx/samples/data")))
    stage = Usd.Stage.Open(str(samples / f"{name}.usda"))
    solids = read_solids(stage)
    bodies = [prim for prim in stage.Traverse() if is_moving_body(prim)]
    with PhysxSession() as session:
        session.load(stage)
        masses = session.bodies([str(prim.GetPath()) for prim in bodies]).read(["mass"])["mass"]
        ours = [mass_of(prim, solids).mass_kg for prim in bodies]
        assert ours == pytest.approx([float(mass) for mass in masses], rel=1e-3)
    assert ours


def test_switches_of_the_file_do_not_make_a_collision_impossible(
    mujoco: SimAdapter, other: SimAdapter, tmp_path: Path
) -> None:
    """Disabled, asleep, owned by a scene that is gone, without contact force: it moves and pushes all the same."""
    world = yard_world(write_yard(tmp_path, SWITCHED_ROBOT), SETS)
    scene = scene_of(world, crate_x=0.8, crate_y=0.0, pane_there=False, cube_there=False)
    runs = [driven(adapter, scene, 25) for adapter in (mujoco, other)]
    for run in runs:
        assert run.touched == {CRATE}
        assert run.poses[-1, 0] > 1.0
        assert run.clearance[CRATE] == pytest.approx(0.0, abs=0.01)


def test_isaac_sim_goes_from_variant_to_variant_without_a_new_stage(
    yard: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    isaac_double.use_in_this_process(monkeypatch, tmp_path_factory.getbasetemp())
    adapter = IsaacSimAdapter(TIMING, {"settle_frames": 0})
    first = driven(adapter, yard(), 3)
    for values in ({"tint": 0.6, "cube_x": 3.5}, {"pane_there": False}, {}):
        last = driven(adapter, yard(**values), 3)
    assert adapter._stage.rebuilds == 1
    np.testing.assert_array_equal(first.poses, last.poses)
    np.testing.assert_array_equal(first.rgb, last.rgb)
    adapter.close()


def test_a_joint_of_the_site_moves_by_physics_where_there_is_physics_for_it(
    tmp_path: Path, other: SimAdapter
) -> None:
    """A gate on a hinge is pushed open; MuJoCo, which would take it for loose, refuses it."""
    gate = (
        '    def Xform "Gate" (\n        prepend apiSchemas = ["PhysicsRigidBodyAPI", "PhysicsMassAPI"]\n    )\n    {\n'
        "        float physics:mass = 3\n        double3 xformOp:translate = (1, 0.4, 0.4)\n"
        '        uniform token[] xformOpOrder = ["xformOp:translate"]\n'
        '        def Cube "Leaf" (\n            prepend apiSchemas = ["PhysicsCollisionAPI"]\n        )\n        {\n'
        "            double size = 1\n            double3 xformOp:translate = (0, -0.4, 0)\n"
        "            float3 xformOp:scale = (0.04, 0.8, 0.6)\n"
        '            uniform token[] xformOpOrder = ["xformOp:translate", "xformOp:scale"]\n        }\n    }\n'
        '    def PhysicsRevoluteJoint "Hinge"\n    {\n        uniform token physics:axis = "Z"\n'
        "        rel physics:body1 = </World/Gate>\n        point3f physics:localPos0 = (1, 0.4, 0.4)\n    }\n"
    )
    world = yard_world(write_yard(tmp_path, with_prim(gate)), {"pane": f"{PANE}.present"})
    run = driven(other, scene_of(world, pane=False, robot__start_y_m=-0.2), 30)
    assert run.touched == {"/World/Gate"}
    assert run.poses[-1, 0] > 1.2
    adapter = MujocoAdapter(TIMING)
    with pytest.raises(ValueError, match=r"joints of a stage, such as /World/Hinge; use --adapter physx"):
        adapter.reset([scene_of(world)])
    adapter.close()
