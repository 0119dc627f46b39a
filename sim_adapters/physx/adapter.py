"""The physx adapter: PhysX steps the stage of a scene, MuJoCo draws the scene at the poses that result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import mujoco

from simgate.sim_adapters.adapter import AdapterInfo, Timing
from simgate.sim_adapters.gpu_identity import gpu_and_driver
from simgate.sim_adapters.mujoco.any_robot import AnyRobotAdapter
from simgate.sim_adapters.mujoco.articulated.batch import ArticulatedBatch
from simgate.sim_adapters.mujoco.articulated.engine import StartEngine
from simgate.sim_adapters.mujoco.rendered import View
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.physx.engine import check_process, version
from simgate.sim_adapters.physx.options import OPTIONS
from simgate.sim_adapters.physx.rtx.library import check_ovrtx, renderer
from simgate.sim_adapters.scene.articulated import ArticulatedSite

check_process()

from simgate.sim_adapters.physx.articulated.engine import PhysxEngine  # noqa: E402 - brings pxr in, after the checks
from simgate.sim_adapters.physx.articulated.lacks import lacking  # noqa: E402 - likewise
from simgate.sim_adapters.physx.rtx.driving import driven_view  # noqa: E402 - likewise
from simgate.sim_adapters.physx.rtx.film import Film  # noqa: E402 - likewise
from simgate.sim_adapters.physx.rtx.robots import RtxRobots  # noqa: E402 - likewise
from simgate.sim_adapters.physx.session import PhysxSession  # noqa: E402 - brings pxr in, after the checks
from simgate.sim_adapters.physx.world_state import PhysxWorld  # noqa: E402
from simgate.sim_adapters.scene.scene import Scene  # noqa: E402


class PhysxAdapter(AnyRobotAdapter[PhysxWorld]):
    """See :class:`simgate.sim_adapters.adapter.SimAdapter`; arguments as :class:`AnyRobotAdapter` says.

    Every world has an engine instance of its own, kept from scene to scene.

    Raises:
        ValueError: An option is unknown or wrong.
        OvrtxUnavailable: ovrtx is asked for and cannot draw here.
    """

    name = "physx"
    options = OPTIONS
    traits = replace(AnyRobotAdapter.traits, lacks=lacking)

    def __init__(self, timing: Timing, options: Mapping[str, object] | None = None) -> None:
        super().__init__(timing, options)
        self._sessions: list[PhysxSession] = []
        self._film: Film | None = None
        if self._told["renderer"] == "ovrtx":
            # A renderer attaches one stage, and light that it gathers over frames differs from run to run.
            self.traits = replace(self.traits, max_worlds=1, bit_reproducible=False)
            frames = self._told["ready_frames"], self._told["settle_frames"]
            self._film = Film(renderer(), 1.0 / timing.camera_hz, *frames)

    def describe(self) -> AdapterInfo:
        """Identity; MuJoCo's renderer is known once a first scene was built."""
        if self._film is not None:
            drawn_by = f"ovrtx {check_ovrtx()}, RealTimePathTracing"
            return AdapterInfo(self.name, version(), drawn_by, f"cpu; pictures on {gpu_and_driver(None)}")
        drawn_by = f"MuJoCo {mujoco.__version__}; {self.renderer_name}"
        return AdapterInfo(self.name, version(), drawn_by, "cpu")

    def reset(self, scenes: Sequence[Scene | ArticulatedSite]) -> Observation:
        """Builds one world for each scene; one alone where ovrtx draws.

        Raises:
            ValueError: See :class:`AnyRobotAdapter`; or more than one scene for ovrtx.
        """
        if self._film is not None and len(scenes) > 1:
            raise ValueError(f"ovrtx draws one world at a time, got {len(scenes)} scenes: set sim.batch to 1")
        return super().reset(scenes)

    def _view_of(self, world: PhysxWorld) -> View:
        return super()._view_of(world) if self._film is None else driven_view(self._film, self._gl, world)

    def health(self) -> tuple[tuple[str, ...], ...]:
        """Reasons why a world cannot be believed."""
        found = super().health()
        if self._robots is not None or self._film is None or not self._film.problem:
            return found
        return tuple((*one, self._film.problem) for one in found)

    def _session(self, world: int) -> PhysxSession:
        while len(self._sessions) <= world:
            self._sessions.append(PhysxSession())
        return self._sessions[world]

    def _make_robots(self) -> ArticulatedBatch:
        if self._film is not None:
            return RtxRobots(self._timing, self._film, self._session(0))

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
        if self._film is not None:
            self._film.close()
        for session in self._sessions:
            session.close()
        self._sessions = []
