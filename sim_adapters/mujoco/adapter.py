"""The MuJoCo adapter: MuJoCo steps and draws."""

from __future__ import annotations

from collections.abc import Sequence

import mujoco

from simgate.sim_adapters.adapter import AdapterInfo
from simgate.sim_adapters.mujoco.rendered import RenderedAdapter
from simgate.sim_adapters.mujoco.world_state import MujocoWorld
from simgate.sim_adapters.scene.scene import Scene


class MujocoAdapter(RenderedAdapter[MujocoWorld]):
    """See :class:`simgate.sim_adapters.adapter.SimAdapter`; arguments as :class:`RenderedAdapter` says."""

    name = "mujoco"

    def describe(self) -> AdapterInfo:
        """Identity; the renderer is known once a first scene was built."""
        return AdapterInfo(self.name, mujoco.__version__, self.renderer_name, "cpu")

    def _make_worlds(self, scenes: Sequence[Scene]) -> list[MujocoWorld]:
        return [MujocoWorld(scene, self._timing) for scene in scenes]
