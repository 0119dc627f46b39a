"""Small robots of MJCF and those of gymnasium, as the tests of this room simulate them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gymnasium
import mujoco

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.articulated.batch import ArticulatedBatch
from simgate.sim_adapters.mujoco.native.source import open_source
from simgate.sim_adapters.scene.articulated import ArticulatedSite

GYMNASIUM = Path(gymnasium.__file__).parent / "envs/mujoco/assets"
TIMING = Timing(physics_hz=200, control_hz=20, camera_hz=20)
ARM = """
<mujoco model="arm">
  <visual><quality shadowsize="256"/></visual>
  <worldbody>
    <light pos="0 0 3"/>
    <geom name="floor" type="plane" size="3 3 .1"/>
    <geom name="table" type="box" size=".3 .3 .3" pos=".5 0 .3"/>
    <body name="base" pos="0 0 .5">
      <geom name="post" type="cylinder" size=".05 .4"/>
      <site name="eye" pos="0 0 .7"/>
      <body name="upper" pos="0 0 .5">
        <joint name="shoulder" axis="0 1 0" range="-90 90" damping="1" actuatorfrcrange="-80 80"/>
        <camera name="wrist" pos="0 0 .3" xyaxes="0 -1 0 .7 0 .7" fovy="60"/>
        <geom name="upper" type="capsule" size=".04" fromto="0 0 0 .3 0 0" mass="1"/>
        <body name="fore" pos=".3 0 0">
          <joint name="slider" type="slide" axis="1 0 0" range="0 .2" damping="5"/>
          <geom name="fore" type="box" size=".1 .03 .03" pos=".1 0 0" mass=".5"/>
          <site name="tip" pos=".2 0 0"/>
        </body>
      </body>
    </body>
    <body name="cube" pos=".6 .15 .65">
      <freejoint/>
      <geom name="cube" type="box" size=".05 .05 .05" mass=".2"/>
    </body>
  </worldbody>
  <actuator>
    <motor name="lift" joint="shoulder" gear="2" ctrlrange="-20 20"/>
    <position name="reach" joint="slider" kp="200" kv="20" ctrlrange="0 .2"/>
  </actuator>
  <sensor>
    <accelerometer name="acc" site="tip"/>
    <gyro name="gyro" site="tip"/>
    <jointpos name="angle" joint="shoulder"/>
    <touch name="pad" site="tip"/>
  </sensor>
  <keyframe><key name="up" qpos="-.5 .1 .6 .15 .65 1 0 0 0" ctrl="0 .1"/></keyframe>
</mujoco>
"""


def site_of(path: Path, robot: str, **asked: Any) -> ArticulatedSite:
    """A world of a file as it is now."""
    return ArticulatedSite(path.stem, "mjcf", str(path), open_source(path).sha256, robot, **asked)


def arm(folder: Path, text: str = ARM, **asked: Any) -> ArticulatedSite:
    """The arm, in a file of its own."""
    path = folder / "arm.xml"
    path.write_text(text)
    return site_of(path, "base", **asked)


@contextmanager
def batch(timing: Timing = TIMING) -> Iterator[ArticulatedBatch]:
    """Worlds that are closed afterwards."""
    made = ArticulatedBatch(timing)
    try:
        yield made
    finally:
        made.close()


def reference(site: ArticulatedSite, timing: Timing = TIMING) -> tuple[mujoco.MjModel, mujoco.MjData]:
    """The same file in plain MuJoCo."""
    model = mujoco.MjModel.from_xml_path(site.path)
    model.opt.timestep = 1.0 / timing.physics_hz
    data = mujoco.MjData(model)
    if site.pose is not None:
        mujoco.mj_resetDataKeyframe(model, data, model.key(site.pose).id)
    mujoco.mj_forward(model, data)
    return model, data


def now(model: mujoco.MjModel, data: mujoco.MjData) -> mujoco.MjData:
    """A copy of a state of which everything is derived, as the step does not leave it."""
    copied = mujoco.MjData(model)
    mujoco.mj_copyData(copied, model, data)
    mujoco.mj_forward(model, copied)
    return copied
