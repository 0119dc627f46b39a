"""How far things are from the robot's centre, seen from above; whatever shape robot and things have."""

from __future__ import annotations

import math
from dataclasses import replace

import mujoco
import numpy as np
import pytest

from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.mujoco.native.floor_distance import FloorDistances
from simgate.sim_adapters.mujoco.native.site_file import MjcfFile
from tests.unit.sim_adapters.native_sites import TIMING
from tests.unit.sim_adapters.native_world import scene_of, world_of_file

SHAPES = """\
<mujoco>
  <asset>
    <mesh name="wedge" vertex="0 0 0  0.6 0 0  0 0.5 0  0 0 0.9  0.2 0.2 0.1"/>
    <mesh name="sheet" inertia="shell" vertex="0 0 0  0.6 0 0  0 0.5 0  0.6 0.5 0" face="0 1 2  1 3 2"/>
  </asset>
  <worldbody>
    <body name="probe" mocap="true"><geom name="probe" type="cylinder" size="0.0001 6"/></body>
    <body name="thing" mocap="true">
      <geom name="box" type="box" size="0.3 0.2 0.5"/>
      <geom name="sphere" type="sphere" size="0.3"/>
      <geom name="capsule" type="capsule" size="0.1 0.4"/>
      <geom name="cylinder" type="cylinder" size="0.3 0.4"/>
      <geom name="ellipsoid" type="ellipsoid" size="0.5 0.2 0.1"/>
      <geom name="wedge" type="mesh" mesh="wedge"/>
      <geom name="sheet" type="mesh" mesh="sheet" contype="0" conaffinity="0"/>
    </body>
  </worldbody>
</mujoco>
"""


@pytest.mark.parametrize("shape", ["box", "sphere", "capsule", "cylinder", "ellipsoid", "wedge"])
def test_it_is_mujocos_distance_from_a_thin_pole(shape):
    model = mujoco.MjModel.from_xml_string(SHAPES)
    data, rng = mujoco.MjData(model), np.random.default_rng(3)
    probe, geom = int(model.geom("probe").id), int(model.geom(shape).id)
    for _ in range(40):
        turn = rng.normal(size=4)
        data.mocap_quat[1] = turn / np.linalg.norm(turn)
        data.mocap_pos[1] = rng.uniform(-1, 1, 3)
        x, y = data.mocap_pos[1][:2] + rng.uniform(0.2, 2.0) * np.array([np.cos(turn[0]), np.sin(turn[0])])
        data.mocap_pos[0] = (x, y, 0.0)
        mujoco.mj_kinematics(model, data)
        right = max(0.0, mujoco.mj_geomDistance(model, data, probe, geom, 10.0, None) + 0.0001)
        assert FloorDistances(model, data).to_any([geom], x, y) == pytest.approx(right, abs=1e-3)


def test_a_sheet_without_thickness_is_what_it_covers():
    model = mujoco.MjModel.from_xml_string(SHAPES)
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    sheet = int(model.geom("sheet").id)
    middle = model.mesh_pos[int(model.geom_dataid[sheet])]
    assert middle == pytest.approx((0.3, 0.25, 0.0))
    assert FloorDistances(model, data).to_any([sheet], 0.3, 1.5) == pytest.approx(1.0)


def test_the_nearest_counts_and_of_nothing_it_is_infinitely_far():
    model = mujoco.MjModel.from_xml_string(SHAPES)
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    found = FloorDistances(model, data)
    both = [int(model.geom(name).id) for name in ("box", "sphere")]
    assert found.to_any(both, 2.0, 0.0) == pytest.approx(1.7)
    assert found.to_any(both, 0.1, 0.1) == 0.0
    assert found.to_any([], 0.0, 0.0) == math.inf


@pytest.mark.parametrize(("turn", "distance"), [("0 0 90", 2.0), ("0 70 0", 0.0)])
def test_a_wall_that_is_a_plane_is_as_far_as_its_foot(turn, distance):
    """A plane faces along its Z: the first one towards +X from where it stands."""
    axes = "0 1 0  0 0 1" if distance else "1 0 -1  0 1 0"
    xml = f'<mujoco><worldbody><geom type="plane" size="1 1 1" xyaxes="{axes}" pos="-1 0 0"/></worldbody></mujoco>'
    model = mujoco.MjModel.from_xml_string(xml)
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    assert FloorDistances(model, data).to_any([0], 1.0, 0.3) == pytest.approx(distance)


SITE = """\
<mujoco>
  <compiler angle="degree"/>
  <worldbody>
    <light pos="0 0 4"/>
    <geom type="plane" size="9 9 0.1"/>
    <body name="crate" pos="2 0 0.4"><geom type="box" size="0.25 0.25 0.4"/></body>
    <body name="sign" pos="2.5 0.6 0.4"><geom type="box" size="0.1 0.1 0.4" contype="0" conaffinity="0"/></body>
    <body name="robot" pos="0 0 0.1">
      <freejoint/>
      <geom type="box" size="0.5 0.2 0.1" mass="20"/>
      <camera name="front" pos="0.5 0 0.5" xyaxes="0 -1 0 0 0 1" fovy="80" resolution="160 120"/>
    </body>
  </worldbody>
</mujoco>
"""


@pytest.mark.parametrize("yaw_deg", [0.0, 25.0, 40.0])
def test_distances_are_from_the_centre_of_an_oblong_robot_however_it_is_turned(tmp_path, yaw_deg):
    path = tmp_path / "site.xml"
    path.write_text(SITE)
    labels = {"crate": "crate", "sign": "sign"}
    world = world_of_file("mjcf", MjcfFile(path), None, "robot", "front", labels=labels)
    scene = scene_of(world)
    x, y, _ = scene.robot.start
    scene = replace(scene, robot=replace(scene.robot, start=(x, y, math.radians(yaw_deg))))
    adapter = MujocoAdapter(TIMING)
    adapter.reset([scene])
    truth = adapter.ground_truth()[0]
    adapter.close()
    seen = {entity.name: entity.distance_m for entity in truth.entities}
    assert seen["crate"] == pytest.approx(1.75)
    # Nothing can touch it, and it is no farther for that.
    assert seen["sign"] == pytest.approx(math.hypot(2.4, 0.5))
    gap = 1.25 if yaw_deg == 0.0 else pytest.approx(1.75 - _reach_ahead(yaw_deg), abs=1e-3)
    assert truth.clearance_m["crate"] == gap


def _reach_ahead(yaw_deg):
    """How far the robot's nearest corner is ahead along X."""
    yaw = abs(math.radians(yaw_deg))
    return 0.5 * math.cos(yaw) + 0.2 * math.sin(yaw)
