"""Small MJCF sites whose geometry can be computed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mujoco
import numpy as np

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.native.build import build_native
from simgate.sim_adapters.mujoco.native.site_file import MjcfFile
from simgate.sim_adapters.mujoco.world_state import MujocoWorld
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.scene.sensor import Camera
from simgate.sim_adapters.worlds.declared.native import NativeWorld
from tests.unit.sim_adapters.native_world import scene_of, world_of_file

TIMING = Timing(200, 10, 10)

YARD = """\
<mujoco model="yard">
  <compiler angle="degree"/>
  <option gravity="0 0 -9.81"/>
  <visual><headlight ambient="0.5 0.5 0.5"/></visual>
  <asset>
    <material name="red" rgba="0.8 0.1 0.1 1"/>
    <material name="clear" rgba="0.6 0.8 0.8 0.3"/>
  </asset>
  <default>
    <joint damping="3" armature="0.5" frictionloss="1"/>
  </default>
  <worldbody>
    <light name="lamp" pos="0 0 4" diffuse="0.8 0.4 0.2"/>
    <geom name="floor" type="plane" size="9 9 0.1"/>
    <geom name="wall" type="box" size="0.1 4 1" pos="5.1 0 1"/>
    <body name="cube" pos="3 0 0.6"><geom name="cube" type="box" size="0.3 0.3 0.3" material="red"/></body>
    <body name="pane" pos="2 0 0.5"><geom name="pane" type="box" size="0.01 0.5 0.5" material="clear"/></body>
    <body name="gate" pos="-2 2 0.5">
      <joint name="hinge" axis="0 0 1"/>
      <geom name="gate" type="box" size="0.5 0.02 0.4" pos="0.5 0 0"/>
    </body>
    <frame pos="0 1 0" euler="0 0 90">
      <body name="cart" pos="-1 0 0.1" euler="0 0 -90">
        <freejoint name="free"/>
        <geom name="hull" type="cylinder" size="0.25 0.1" pos="0 0 0.05" mass="20"/>
        <geom name="shell" type="box" size="0.4 0.4 0.1" contype="0" conaffinity="0" mass="1" group="3"/>
        <camera name="front" pos="0.2 0 0.5" xyaxes="0 -1 0 0 0 1" fovy="60" resolution="200 100"/>
        <camera name="rear" pos="-0.2 0 0.5" xyaxes="0 1 0 0 0 1"/>
        <body name="arm" pos="0 0 0.15">
          <joint name="shoulder" axis="0 0 1" range="-90 90" limited="true"/>
          <geom name="arm" type="capsule" size="0.03" fromto="0 0 0 0 0 0.3" mass="1"/>
          <body name="hand" pos="0 0.2 0.3">
            <joint name="wrist" axis="0 0 1"/>
            <geom name="hand" type="sphere" size="0.05" mass="0.5"/>
          </body>
        </body>
      </body>
    </frame>
    <camera name="fixed" pos="0 0 3"/>
    <site name="dock" pos="4 1.5 0"/>
  </worldbody>
  <tendon><fixed name="cable"><joint joint="shoulder" coef="1"/><joint joint="wrist" coef="-1"/></fixed></tendon>
  <equality><joint joint1="shoulder" joint2="wrist"/><weld body1="arm" body2="hand"/></equality>
  <actuator>
    <position name="shoulder" joint="shoulder" kp="10"/>
    <motor name="cable" tendon="cable"/>
    <motor name="opener" joint="hinge"/>
  </actuator>
  <sensor><jointpos joint="shoulder"/></sensor>
  <keyframe><key name="reach" qpos="0.5  1 2 0.1 0.7071067811865476 0 0 0.7071067811865476  1.5707963267948966 0"/></keyframe>
</mujoco>
"""
"""A yard: wall at x = 5, red cube at 2.7..3.3, pane of glass at x = 2, a cart at the origin that looks along X."""


def write_yard(folder: Path, text: str = YARD) -> Path:
    path = folder / "yard.xml"
    path.write_text(text, encoding="utf-8")
    return path


def yard_world(
    path: Path,
    targets: Mapping[str, str] | None = None,
    *,
    robot: str = "cart",
    camera: str | Camera = "front",
    pose: str | None = None,
    labels: Mapping[str, str] | None = None,
    barrier: Mapping[str, str] | None = None,
    open_from: Mapping[str, float] | None = None,
) -> NativeWorld:
    """The world of a site, as the pack's reader would make it."""
    return world_of_file("mjcf", MjcfFile(path), targets, robot, camera, pose, labels, barrier, open_from)


def driven(scene: Scene, commands: list[tuple[float, float]]) -> np.ndarray:
    world = MujocoWorld(scene, TIMING)
    poses = []
    for command in commands:
        world.advance(*command, TIMING.control_steps)
        poses.append(world.pose)
    return np.array(poses)


def built_with(yard: Path, targets: dict[str, str], **values: Any) -> mujoco.MjModel:
    return build_native(scene_of(yard_world(yard, targets), **values), TIMING).model
