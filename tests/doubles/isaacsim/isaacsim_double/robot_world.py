"""A world of robots on their own joints: which one was authored last, and its pictures by MuJoCo."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray
from pxr import Usd, UsdGeom

import simgate.sim_adapters.isaacsim.articulated.engine as adapter
import simgate.sim_adapters.physx.articulated.followed as followed
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.isaacsim.articulated.shown import Eye, ShownWorld
from simgate.sim_adapters.mujoco.articulated.machine import Machine
from simgate.sim_adapters.mujoco.drawing.renderer import FrameRenderer, SceneView, assets_of
from simgate.sim_adapters.physx.articulated.motion import Motion
from simgate.sim_adapters.physx.articulated.stage import Machinery
from simgate.sim_adapters.physx.session import PhysxSession

_NEAR = 1e-3


@dataclass(frozen=True)
class RobotState:
    """What the renderer knows: positions of the model's joints, and the simulated time."""

    qpos: NDArray[np.float64]
    time_s: float


class RobotListener:
    """Hears of every world of robots that is authored in this process."""

    def __init__(self, heard: Any) -> None:
        self._heard, self._show, self._stage_of = heard, adapter.show, followed.stage_of
        adapter.show, followed.stage_of = self._shown, self._authored

    def _authored(self, model: mujoco.MjModel, data: mujoco.MjData, timing: Timing) -> Machinery:
        self._timing = timing
        return self._stage_of(model, data, timing)

    def _shown(
        self, made: Machinery, machine: Machine, data: mujoco.MjData, eyes: tuple[Eye, ...]
    ) -> ShownWorld:
        shown = self._show(made, machine, data, eyes)
        start = mujoco.MjData(machine.built.model)
        start.qpos[:], start.qvel[:], start.ctrl[:] = data.qpos, data.qvel, data.ctrl
        self._heard(RobotWorld(self, machine, start, eyes, self._timing))
        return shown

    def again(self, world: RobotWorld) -> ShownWorld:
        """A fresh authoring."""
        mujoco.mj_forward(world.machine.built.model, world.start)
        made = self._stage_of(world.machine.built.model, world.start, world.timing)
        return self._show(made, world.machine, world.start, world.eyes)


@dataclass(frozen=True, eq=False)
class RobotWorld:
    """What was authored."""

    listener: RobotListener
    machine: Machine
    start: mujoco.MjData
    eyes: tuple[Eye, ...]
    timing: Timing

    def fresh(self) -> ShownWorld:
        return self.listener.again(self)


class RobotPicture:
    """Draws a world where PhysX has it."""

    _renderer: FrameRenderer | None = None

    def __init__(self, world: RobotWorld, session: PhysxSession) -> None:
        self._world, shown = world, world.fresh()
        built = world.machine.built
        self._shown, self._data = shown, mujoco.MjData(built.model)
        self._data.qpos[:] = world.start.qpos
        self._motion = Motion(session, built.model, shown.made.links)
        self.paths = {geom: path for path, geom in shown.geoms.items()}
        self.contacts = session.contact_sensors([link.path for link in shown.made.links])
        self.bodies = frozenset(link.path.rpartition("/")[2] for link in shown.made.links)
        if not world.eyes:
            return
        self._check_cameras()
        kept, size = (
            RobotPicture._renderer,
            (built.model.vis.global_.offwidth, built.model.vis.global_.offheight),
        )
        if kept is None or kept.assets != assets_of(built) or (kept.width, kept.height) != size:
            if kept is not None:
                kept.close()
            RobotPicture._renderer = kept = FrameRenderer(built)
        each = replace(built, geom_body=np.arange(built.model.ngeom, dtype=np.int64))
        self._views = {
            path: SceneView(kept, replace(each, camera=eye.camera), (eye.width, eye.height))
            for eye, path in shown.cameras.items()
        }
        for view in self._views.values():
            view._option.sitegroup[:] = 0  # Sites are no prims.

    def _check_cameras(self) -> None:
        """The prims of the cameras stand where the model has its cameras, and see as much."""
        model, data, stage = self._world.machine.built.model, self._world.start, self._shown.made.stage
        mujoco.mj_forward(model, data)
        for eye, path in self._shown.cameras.items():
            camera = UsdGeom.Camera(stage.GetPrimAtPath(path))
            pose = np.array(
                UsdGeom.XformCache(Usd.TimeCode.Default()).GetLocalToWorldTransform(camera.GetPrim())
            )
            off = np.abs(pose[3, :3] - data.cam_xpos[eye.camera]).max()
            turned = np.abs(pose[:3, :3].T - data.cam_xmat[eye.camera].reshape(3, 3)).max()
            high = np.degrees(
                2.0
                * np.arctan(0.5 * camera.GetVerticalApertureAttr().Get() / camera.GetFocalLengthAttr().Get())
            )
            if max(off, turned, abs(high - model.cam_fovy[eye.camera])) > _NEAR:
                raise AssertionError(f"{path} does not look as camera {eye.camera} of the model does")

    def state(self, time_s: float) -> RobotState:
        """What physics has now."""
        self._motion.into(self._data)
        return RobotState(self._data.qpos.copy(), time_s)

    def draw(
        self, camera: str, state: RobotState
    ) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.float32]]:
        """Colour (H, W, 3), shape by pixel (H, W), depth (H, W), infinite where nothing is."""
        view = self._views[camera]
        (eye,) = [one for one, path in self._shown.cameras.items() if path == camera]
        kept = self._data.qpos.copy()
        self._data.qpos[:] = state.qpos
        mujoco.mj_forward(self._world.machine.built.model, self._data)
        view.update(self._data)
        colour = np.zeros((eye.height, eye.width, 3), dtype=np.uint8)
        depth = np.zeros((eye.height, eye.width), dtype=np.float32)
        view.color(colour)
        shapes = view.bodies
        view.depth(depth)
        self._data.qpos[:] = kept
        return colour, shapes, np.where(shapes >= 0, depth, np.inf).astype(np.float32)
