"""The mujoco_warp adapter: MuJoCo Warp steps and draws many worlds as one, for robots on their own joints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import AdapterInfo, Timing
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.mujoco.articulated.check import CheckedRobot
from simgate.sim_adapters.mujoco_warp.library import check_installed, device_of, version
from simgate.sim_adapters.mujoco_warp.options import OPTIONS
from simgate.sim_adapters.observation import GroundTruth, Observation
from simgate.sim_adapters.options import read_options
from simgate.sim_adapters.quantities import Physical
from simgate.sim_adapters.scene.articulated import ArticulatedSite, Sensor
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.traits import AdapterTraits
from simgate.sim_adapters.worlds.native_file import JointedFile

check_installed()

from simgate.sim_adapters.mujoco_warp.batch import WarpBatch  # noqa: E402 - brings warp in, after the check
from simgate.sim_adapters.mujoco_warp.merged import put_model  # noqa: E402


def lacking(robot: JointedFile, sensors: Sequence[Sensor]) -> str:
    """See :attr:`simgate.sim_adapters.traits.AdapterTraits.lacks`."""
    if not isinstance(robot, CheckedRobot):
        return ""
    try:
        put_model(robot.start[0])
    except ValueError as error:
        return str(error)
    return ""


class MujocoWarpAdapter:
    """See :class:`simgate.sim_adapters.adapter.SimAdapter`.

    Args:
        timing: Rates of the loop.
        options: See :data:`.options.OPTIONS`.

    Raises:
        ValueError: An option is unknown or wrong.
        WarpUnavailable: There is no such device.
    """

    name = "mujoco_warp"
    traits = AdapterTraits(
        device_frames=True,
        counts_render_s=True,
        quantities=frozenset(get_args(Physical)),
        actuators=True,
        planar=False,
        overview=True,
        pushes=True,
        lacks=lacking,
    )

    def __init__(self, timing: Timing, options: Mapping[str, object] | None = None) -> None:
        values = read_options("mujoco_warp adapter", OPTIONS, options or {})
        self._device = device_of(values["device"])
        self._worlds = WarpBatch(timing, values, self._device)

    def describe(self) -> AdapterInfo:
        """Identity."""
        return AdapterInfo(self.name, version(), self._worlds.renderer_name, self._device)

    @property
    def render_s(self) -> float:
        """Wall-clock seconds spent drawing so far."""
        return self._worlds.render_s

    def reset(self, scenes: Sequence[Scene | ArticulatedSite]) -> Observation:
        """Builds one world for each scene.

        Raises:
            ValueError: A scene is no robot on its own joints, or has what MuJoCo Warp has not.
        """
        sites = [scene for scene in scenes if isinstance(scene, ArticulatedSite)]
        if len(sites) < len(scenes):
            raise ValueError("mujoco_warp moves robots on their own joints only: use --adapter mujoco")
        return self._worlds.reset(sites)

    @property
    def embodiment(self) -> Embodiment:
        """The robot of the scenes that were last built."""
        return self._worlds.embodiment

    def step(self, actions: NDArray[np.float64], active: NDArray[np.bool_] | None = None) -> Observation:
        """Holds the actions for one control period and senses."""
        return self._worlds.step(actions, active)

    def device_frames(self) -> Any:
        """The newest pictures of the robots' eye on their device, uint8, shape (N, H, W, 3), over DLPack.

        None where there is no camera, or worlds are in several simulations. Valid until the next ``step``.
        """
        return self._worlds.frames_on_device()

    def overview(self, world: int) -> NDArray[np.uint8]:
        """A world from outside, for people, drawn by MuJoCo; uint8, shape (H, W, 3)."""
        return self._worlds.overview(world)

    def ground_truth(self) -> tuple[GroundTruth, ...]:
        """The true state of each world at the last observation."""
        return self._worlds.ground_truth()

    def health(self) -> tuple[tuple[str, ...], ...]:
        """Reasons why a world cannot be believed."""
        return self._worlds.health()

    def close(self) -> None:
        """Frees worlds and pictures; safe to call twice."""
        self._worlds.close()
