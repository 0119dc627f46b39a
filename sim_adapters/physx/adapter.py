"""The physx adapter: PhysX steps the stage of a scene, MuJoCo draws the scene at the poses that result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import mujoco

from simgate.sim_adapters.adapter import AdapterInfo, Timing
from simgate.sim_adapters.mujoco.any_robot import AnyRobotAdapter
from simgate.sim_adapters.mujoco.articulated.batch import ArticulatedBatch
from simgate.sim_adapters.mujoco.articulated.engine import StartEngine
from simgate.sim_adapters.physx.engine import check_process, version

check_process()

from simgate.sim_adapters.physx.articulated.engine import PhysxEngine  # noqa: E402 - brings pxr in, after the checks
from simgate.sim_adapters.physx.articulated.lacks import lacking  # noqa: E402 - likewise
from simgate.sim_adapters.physx.session import PhysxSession  # noqa: E402 - brings pxr in, after the checks
from simgate.sim_adapters.physx.world_state import PhysxWorld  # noqa: E402
from simgate.sim_adapters.scene.scene import Scene  # noqa: E402


class PhysxAdapter(AnyRobotAdapter[PhysxWorld]):
    """See :class:`simgate.sim_adapters.adapter.SimAdapter`; arguments as :class:`AnyRobotAdapter` says.

    Every world has an engine instance of its own, kept from scene to scene.
    """

    name = "physx"
    traits = replace(AnyRobotAdapter.traits, lacks=lacking)

    def __init__(self, timing: Timing, options: Mapping[str, object] | None = None) -> None:
        super().__init__(timing, options)
        self._sessions: list[PhysxSession] = []

    def describe(self) -> AdapterInfo:
        """Identity; the renderer is known once a first scene was built."""
        drawn_by = f"MuJoCo {mujoco.__version__}; {self.renderer_name}"
        return AdapterInfo(self.name, version(), drawn_by, "cpu")

    def _session(self, world: int) -> PhysxSession:
        while len(self._sessions) <= world:
            self._sessions.append(PhysxSession())
        return self._sessions[world]

    def _make_robots(self) -> ArticulatedBatch:
        def engine_of(world: int) -> StartEngine:
            return partial(PhysxEngine, self._session(world))

        return ArticulatedBatch(self._timing, self.name, engine_of)

    def _make_worlds(self, scenes: Sequence[Scene]) -> list[PhysxWorld]:
        for session in self._sessions[len(scenes) :]:
            session.unload()
        return [PhysxWorld(scene, self._timing, self._session(index)) for index, scene in enumerate(scenes)]

    def close(self) -> None:
        """Frees worlds, engines and graphics; safe to call twice."""
        super().close()
        for session in self._sessions:
            session.close()
        self._sessions = []
