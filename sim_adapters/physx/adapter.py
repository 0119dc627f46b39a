"""The physx adapter: PhysX steps the stage of a scene, MuJoCo draws the scene at the poses that result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import mujoco

from simgate.sim_adapters.adapter import AdapterInfo, Timing
from simgate.sim_adapters.mujoco.rendered import RenderedAdapter
from simgate.sim_adapters.physx.engine import check_process, version

check_process()

from simgate.sim_adapters.physx.session import PhysxSession  # noqa: E402 - brings pxr in, after the checks
from simgate.sim_adapters.physx.world_state import PhysxWorld  # noqa: E402
from simgate.sim_adapters.scene.scene import Scene  # noqa: E402


class PhysxAdapter(RenderedAdapter[PhysxWorld]):
    """See :class:`simgate.sim_adapters.adapter.SimAdapter`; arguments as :class:`RenderedAdapter` says.

    Every world has an engine instance of its own, kept from scene to scene.
    """

    name = "physx"

    def __init__(self, timing: Timing, options: Mapping[str, object] | None = None) -> None:
        super().__init__(timing, options)
        self._sessions: list[PhysxSession] = []

    def describe(self) -> AdapterInfo:
        """Identity; the renderer is known once a first scene was built."""
        drawn_by = f"MuJoCo {mujoco.__version__}; {self.renderer_name}"
        return AdapterInfo(self.name, version(), drawn_by, "cpu")

    def _make_worlds(self, scenes: Sequence[Scene]) -> list[PhysxWorld]:
        while len(self._sessions) < len(scenes):
            self._sessions.append(PhysxSession())
        for session in self._sessions[len(scenes) :]:
            session.unload()
        return [
            PhysxWorld(scene, self._timing, session)
            for scene, session in zip(scenes, self._sessions, strict=False)
        ]

    def close(self) -> None:
        """Frees worlds, engines and graphics; safe to call twice."""
        super().close()
        for session in self._sessions:
            session.close()
        self._sessions = []
