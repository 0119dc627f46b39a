"""A small arm of MJCF for simulators that move robots on their own joints: a camera, a scanner, readings."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path

from simgate.sim_adapters.scene.articulated import (
    ArticulatedSite,
    BodySensor,
    CameraSensor,
    FileSensor,
    JointSensor,
    LidarSensor,
)

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
SENSORS = (
    ("view", CameraSensor("wrist", ("rgb", "depth", "semantic", "instance"), 32, 24, rate_hz=10)),
    ("cloud", LidarSensor("site/eye", 12, 360.0, 4.0, 3, -60.0, 0.0, points=True)),
    ("joints", JointSensor()),
    ("cube", BodySensor("cube")),
    ("acc", FileSensor(("acc", "gyro"), rate_hz=200)),
)
"""One of each kind that can be declared."""


def machines(folder: Path) -> list[ArticulatedSite]:
    """Two worlds with the arm that differ in what is sensed: the cube lies elsewhere.

    Args:
        folder: To write the file to.
    """
    path = folder / "arm.xml"
    path.write_text(ARM)
    (reader,) = entry_points(group="simgate.native_worlds", name="mjcf")
    first = ArticulatedSite(
        "arm", "mjcf", str(path), reader.load()(path).sha256, "base",
        sensors=SENSORS, labels=(("cube", "thing"), ("table", "furniture")),
    )  # fmt: skip
    return [first, replace(first, values=(("body/cube.pos.x", 0.5),))]
