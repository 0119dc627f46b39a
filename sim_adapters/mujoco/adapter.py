"""The MuJoCo adapter: MuJoCo steps and draws."""

from __future__ import annotations

from collections.abc import Sequence

import mujoco

from simgate.sim_adapters.adapter import AdapterInfo
from simgate.sim_adapters.mujoco.any_robot import AnyRobotAdapter
from simgate.sim_adapters.mujoco.articulated.batch import ArticulatedBatch
from simgate.sim_adapters.mujoco.world_state import MujocoWorld
from simgate.sim_adapters.scene.scene import Scene


class MujocoAdapter(AnyRobotAdapter[MujocoWorld]):
    """See :class:`AnyRobotAdapter`."""

    name = "mujoco"

    def describe(self) -> AdapterInfo:
        """Identity; the renderer is known once a first scene was built."""
        return AdapterInfo(self.name, mujoco.__version__, self.renderer_name, "cpu")

    def _make_worlds(self, scenes: Sequence[Scene]) -> list[MujocoWorld]:
        return [MujocoWorld(scene, self._timing) for scene in scenes]

    def _make_robots(self) -> ArticulatedBatch:
        return ArticulatedBatch(self._timing)
