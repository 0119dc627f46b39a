"""The mujoco_warp adapter: MuJoCo Warp steps and draws many worlds as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import AdapterInfo, Timing
from simgate.sim_adapters.mujoco.any_robot import AnyRobotAdapter
from simgate.sim_adapters.mujoco.articulated.check import CheckedRobot
from simgate.sim_adapters.mujoco.rendered import View
from simgate.sim_adapters.mujoco_warp.library import check_installed, device_of, version
from simgate.sim_adapters.mujoco_warp.options import OPTIONS
from simgate.sim_adapters.scene.articulated import Sensor
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.worlds.native_file import JointedFile

check_installed()

from simgate.sim_adapters.mujoco_warp.batch import WarpBatch  # noqa: E402 - brings warp in, after the check
from simgate.sim_adapters.mujoco_warp.merged import put_model  # noqa: E402
from simgate.sim_adapters.mujoco_warp.together import Together  # noqa: E402
from simgate.sim_adapters.mujoco_warp.world import WarpWorld, size_of  # noqa: E402


def lacking(robot: JointedFile, sensors: Sequence[Sensor]) -> str:
    """See :attr:`simgate.sim_adapters.traits.AdapterTraits.lacks`."""
    if not isinstance(robot, CheckedRobot):
        return ""
    try:
        put_model(robot.start[0])
    except ValueError as error:
        return str(error)
    return ""


class MujocoWarpAdapter(AnyRobotAdapter[WarpWorld]):
    """See :class:`AnyRobotAdapter`.

    Args:
        timing: Rates of the loop.
        options: See :data:`.options.OPTIONS`.

    Raises:
        ValueError: An option is unknown or wrong.
        WarpUnavailable: There is no such device.
    """

    name = "mujoco_warp"
    traits = replace(AnyRobotAdapter.traits, device_frames=True, lacks=lacking)
    options = OPTIONS

    def __init__(self, timing: Timing, options: Mapping[str, object] | None = None) -> None:
        super().__init__(timing, options)
        self._device = device_of(self._told["device"])
        self._driven: Together | None = None
        """The worlds, while they are of driving robots."""

    def describe(self) -> AdapterInfo:
        """Identity."""
        return AdapterInfo(self.name, version(), self.renderer_name, self._device)

    @property
    def renderer_name(self) -> str:
        """What draws."""
        return f"MuJoCo Warp's ray tracer on {self._device}"

    def _make_robots(self) -> WarpBatch:
        return WarpBatch(self._timing, self._told, self._device)

    def _make_worlds(self, scenes: Sequence[Scene]) -> list[WarpWorld]:
        return [WarpWorld(scene, self._timing) for scene in scenes]

    def _prepare_renderer(self) -> None:
        self._driven = Together(self._worlds, self._told, self._device)

    def _view_of(self, world: WarpWorld) -> View:
        assert self._driven is not None
        return self._driven.view(world, world.built, size_of(world.scene))

    @property
    def _drawn_s(self) -> float:
        return self._driven.render_s if self._driven else 0.0

    def _advance(self, moving: Sequence[int], told: NDArray[np.float64], steps: int) -> None:
        assert self._driven is not None
        worlds = [self._worlds[k] for k in moving]
        self._driven.begin(worlds)
        for k in moving:
            self._worlds[k].begin(float(told[k, 0]), float(told[k, 1]))
        for _ in range(steps):
            for world in worlds:
                world.tell()
            self._driven.step()
        for world in worlds:
            world.end()
        self._driven.settle()
        self._driven.end()

    def device_frames(self) -> Any:
        """The newest pictures of the robots' eye on their device, uint8, shape (N, H, W, 3), over DLPack.

        None where there is no camera, or worlds are in several simulations. Valid until the next ``step``.
        """
        if isinstance(self._robots, WarpBatch):
            return self._robots.frames_on_device()
        if self._driven is None:
            return None
        world = self._worlds[0]
        return self._driven.frames(world.built.camera, size_of(world.scene))

    def _close_renderer(self) -> None:
        self._driven = None
