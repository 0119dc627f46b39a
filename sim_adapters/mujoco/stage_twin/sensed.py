"""What robots of a stage see by: its cameras, its lights, and the places on which scanners are mounted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np
from pxr import Usd, UsdGeom

from simgate.sim_adapters.mujoco.build import add_lights, set_picture
from simgate.sim_adapters.mujoco.native.build import GROUP_HIDDEN
from simgate.sim_adapters.scene.light import Light
from simgate.sim_adapters.usd.native.appearance.lamps import read_lights
from simgate.sim_adapters.usd.native.appearance.lens import check_lens
from simgate.sim_adapters.usd.native.geoms import quaternion_of
from simgate.sim_adapters.usd.native.solids import Array, unscaled_pose
from simgate.sim_adapters.usd.native.target import vertical_fov_deg
from simgate.sim_adapters.worlds.native_file import NativeError

Holder = Callable[[str], tuple[Any, Array]]
"""For the path of a prim the body of the model that it moves with, and that body's pose in the world."""


@dataclass(frozen=True, slots=True)
class StageLight:
    """Light of a stage; see :class:`simgate.sim_adapters.mujoco.drawing.lighting.Lit`.

    Attributes:
        lights: Lamps and windows.
        ambient_lux: From domes.
    """

    lights: tuple[Light, ...]
    ambient_lux: float


def add_sensed(spec: mujoco.MjSpec, stage: Usd.Stage, holder: Holder) -> None:
    """Adds cameras, lights, and a site for each prim that is only a place; names are their paths.

    A camera that is no pinhole is left out: :func:`check_lens` tells who asks for it.

    Raises:
        NativeError: A light has an intensity that is no number.
    """
    set_picture(spec)
    for prim in stage.Traverse(Usd.TraverseInstanceProxies()):
        if prim.IsA(UsdGeom.Camera):
            camera = UsdGeom.Camera(prim)
            body, at = _held(prim, holder)
            if _is_pinhole(camera):
                body.add_camera(
                    name=str(prim.GetPath()), pos=at[:3, 3].tolist(), quat=quaternion_of(at),
                    fovy=vertical_fov_deg(camera),
                )  # fmt: skip
        elif prim.GetTypeName() == "Xform":
            body, at = _held(prim, holder)
            # What is scaled to nothing has no axes.
            if body.name != str(prim.GetPath()) and np.isfinite(at).all():
                body.add_site(
                    name=str(prim.GetPath()), pos=at[:3, 3].tolist(), quat=quaternion_of(at),
                    group=GROUP_HIDDEN, size=[1e-3] * 3,
                )  # fmt: skip
    add_lights(spec, StageLight(*read_lights(stage)))


def _held(prim: Usd.Prim, holder: Holder) -> tuple[Any, Array]:
    """The body that a prim moves with, and the prim's pose in its frame."""
    body, frame = holder(str(prim.GetPath()))
    return body, np.linalg.inv(frame) @ unscaled_pose(prim)


def _is_pinhole(camera: UsdGeom.Camera) -> bool:
    try:
        check_lens(camera)
    except NativeError:
        return False
    return True
