"""Robots of OpenUSD see: cameras, scanners and labels by the paths of prims, on MuJoCo and on PhysX."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest

pytest.importorskip("pxr", reason="needs simgate[usd]")

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.conformance.robots import RobotConformance
from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.mujoco.articulated.contacts import pair_of
from simgate.sim_adapters.mujoco.articulated.world import ArticulatedWorld
from simgate.sim_adapters.mujoco.stage_twin.site_file import StageFile
from simgate.sim_adapters.scene.articulated import (
    ArticulatedSite,
    BodySensor,
    CameraSensor,
    JointSensor,
    LidarSensor,
)
from simgate.sim_adapters.worlds.native_file import NativeError
from tests.unit.sim_adapters.usd.robot_stages import ROOM, equipped
from tests.unit.sim_adapters.usd.test_native_robots import BASE, TIMING, stage, usd_site

EYE, SCANNER = "/World/Arm/upper/Eye", "/World/Arm/upper/Scanner"
ALL = CameraSensor(EYE, ("rgb", "depth", "semantic", "instance"), 64, 48)
SENSORS = (
    ("view", ALL),
    ("cloud", LidarSensor(f"site/{SCANNER}", 12, 360.0, 4.0, 3, -60.0, 0.0, points=True)),
    ("joints", JointSensor()),
    ("load", BodySensor("/World/Load")),
)
LABELS = (("/World/Desk", "desk"), ("/World/Load", "load"))


def seeing(folder: Path, text: str = "", **asked: Any) -> ArticulatedSite:
    return usd_site(stage(folder, text or equipped()), **{"sensors": SENSORS, "labels": LABELS, **asked})


def first_reading(site: ArticulatedSite) -> tuple[dict[str, np.ndarray], Any]:
    adapter = MujocoAdapter(TIMING)
    rows = {name: one[0].copy() for name, one in adapter.reset([site]).channels.items()}
    embodiment = adapter.embodiment
    adapter.close()
    return rows, embodiment


def test_a_camera_shows_what_stands_before_it_with_the_lens_of_the_file(tmp_path: Path) -> None:
    site = seeing(tmp_path)
    seen, embodiment = first_reading(site)
    desk = seen["view.semantic"] == 1
    assert embodiment.channel("view.semantic").classes == ("", "desk", "load")
    assert desk.sum() > 50 and (seen["view.semantic"] == 2).sum() > 20
    bodies = embodiment.channel("view.instance").classes
    of_load = {bodies[k] for k in np.unique(seen["view.instance"][seen["view.semantic"] == 2])}
    assert of_load == {"/World/Load"}
    red = seen["view.rgb"][desk].astype(float).mean(axis=0)
    assert red[0] > 2.0 * red[1:].max()
    # Each pixel of the desk's top, put back into the room by depth and lens, lies at its height.
    lens = embodiment.channel("view.rgb").intrinsics
    assert lens.fovy_deg == pytest.approx(np.degrees(2 * np.arctan(0.5 * 15 / 15)))
    world = ArticulatedWorld(site, TIMING)
    camera = world.model.camera(EYE).id
    rows, columns = np.nonzero(desk)
    flat = (np.column_stack((columns, rows)) + 0.5 - lens.centre_px) / lens.focal_px
    rays = np.column_stack((flat[:, 0], -flat[:, 1], -np.ones(len(flat))))
    points = seen["view.depth"][desk][:, None] * rays @ world.data.cam_xmat[camera].reshape(3, 3).T
    points += world.data.cam_xpos[camera]
    top = points[np.abs(points[:, 2] - 0.4) < 0.01]
    assert len(top) > 40
    assert top[:, 0].min() > 0.59 and top[:, 0].max() < 1.01 and top[:, 1].min() > 0.29


def test_a_scanner_is_where_its_prim_is_and_turns_with_its_link(tmp_path: Path) -> None:
    site = seeing(tmp_path, sensors=(("scan", LidarSensor(f"site/{SCANNER}", 1, range_m=9.0)),))
    world = ArticulatedWorld(site, TIMING)
    out = [[np.zeros(1)]]
    world.sense_all(out)
    # Tilted down by 30 degrees it meets the floor of 8 m by 8 m under it.
    assert out[0][0][0] == pytest.approx(1.1 / np.sin(np.radians(30)), abs=1e-6)
    world.data.qpos[world.model.joint("/World/Arm/lift").qposadr[0]] = np.radians(20)
    mujoco.mj_forward(world.model, world.data)
    height = 1.0 + 0.1 * np.cos(np.radians(20))
    world.sense_all(out)
    assert out[0][0][0] == pytest.approx(height / np.sin(np.radians(50)), abs=1e-6)


def test_the_path_of_a_prim_is_all_shapes_at_and_below_it_and_no_other(tmp_path: Path) -> None:
    text = equipped(more=ROOM + "\n    " + ROOM[ROOM.index("def Xform") :].replace("Desk", "Desk_2"))
    model, _ = StageFile(stage(tmp_path, text)).jointed(BASE, "actuators", None).start  # type: ignore[attr-defined]
    pair = pair_of(model, "/World/Desk", "geom//World/Desk/Top")
    named = [{model.geom(int(g)).name for g in np.flatnonzero(side)} for side in (pair.a, pair.b)]
    assert named == [{"/World/Desk/Top", "/World/Desk/Foot"}, {"/World/Desk/Top"}]
    with pytest.raises(NativeError, match="no body or geom '/World/Des'"):
        pair_of(model, "/World/Des", BASE)


def test_what_is_not_there_changes_neither_classes_nor_numbers_of_the_rest(tmp_path: Path) -> None:
    site = seeing(tmp_path)
    gone = replace(site, values=(("/World/Desk.present", False), ("/World/Load.present", False)))
    gone = replace(gone, sensors=(("view", ALL),))
    (with_all, first), (without, second) = map(first_reading, (replace(site, sensors=gone.sensors), gone))
    assert first == second
    assert set(np.unique(without["view.semantic"])) == {0}
    for row in (with_all, without):
        tip = row["view.instance"] == first.channel("view.instance").classes.index("/World/Arm/tip")
        assert tip.sum() > 20


@pytest.mark.parametrize(
    ("sensor", "text", "said"),
    [
        (
            replace(ALL, width=80), equipped(),
            r"the aperture of camera '.*Eye' has the proportions of 64 by 48 pixels, not of 80 by 48; write width: 64",
        ),
        (
            ALL, equipped().replace("float focalLength = 15", 'token projection = "orthographic"'),
            "camera '/World/Arm/upper/Eye' is orthographic",
        ),
        (ALL, equipped().replace("RectLight", "Xform"), "the file has no light, and all pictures of camera"),
        (replace(ALL, camera="Eye"), equipped(), "the file has no camera 'Eye'"),
        (LidarSensor(SCANNER), equipped(), f"'{SCANNER}' does not say what it is; write site/{SCANNER}"),
    ],
)  # fmt: skip
def test_a_camera_that_would_show_something_else_is_refused(
    tmp_path: Path, sensor: Any, text: str, said: str
) -> None:
    robot = StageFile(stage(tmp_path, text)).jointed(BASE, "actuators", None)
    with pytest.raises(NativeError, match=said):
        robot.sensor("view", sensor)


class TestSeeingStage(RobotConformance):
    """Camera, scanner, joints and a body of a stage."""

    timing = Timing(physics_hz=100, control_hz=20, camera_hz=20)
    folder: Path

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def make_worlds(self, timing: Timing) -> Any:
        return MujocoAdapter(timing)

    def make_payloads(self) -> Sequence[ArticulatedSite]:
        first = seeing(self.folder)
        return [first, replace(first, values=(("/World/Load.pos.x", 1.3),))]


@pytest.mark.skipif(find_spec("ovphysx") is None, reason="needs simgate[physx]")
class TestSeeingStageOnPhysx(TestSeeingStage):
    """The same, moved by PhysX."""

    def make_worlds(self, timing: Timing) -> Any:
        from simgate.sim_adapters.physx.adapter import PhysxAdapter

        return PhysxAdapter(timing)


def test_a_stored_pose_is_refused_with_where_joints_start_instead(tmp_path: Path) -> None:
    file = StageFile(stage(tmp_path, equipped()))
    with pytest.raises(NativeError, match="no stored poses") as of_joints:
        file.jointed(BASE, "actuators", "home")
    assert "PhysicsJointStateAPI" in of_joints.value.hint
    with pytest.raises(NativeError, match="no stored poses") as of_driving:
        file.robot(BASE, "home")
    assert "as the stage has it" in of_driving.value.hint
