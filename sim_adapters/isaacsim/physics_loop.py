"""Steps of physics: their rate, their count, and what happens before and after each."""

from __future__ import annotations

from collections.abc import Callable
from math import gcd
from typing import Any

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.isaacsim.application.errors import IsaacSimUnavailable
from simgate.sim_adapters.isaacsim.options import IsaacOptions

SLOWEST_UPDATE_S = 1.0 / 30.0
"""A longer application update makes the coupled loop drop physics steps."""

StepHook = Callable[[], None]


def _nothing() -> None:
    """The hook of those who step by themselves."""


class PhysicsLoop:
    """The clock of one episode.

    Args:
        timing: Rates.
        options: Which loop, which device.

    Attributes:
        lost: What went wrong with the count of steps, empty while it is right.
    """

    def __init__(self, timing: Timing, options: IsaacOptions) -> None:
        self.lost = ""
        self._timing = timing
        self._options = options
        self._base = 0
        self._hooks: tuple[StepHook, StepHook] | None = None
        self._listening: list[int] = []

    def prepare(self) -> None:
        """Sets device and rates on the stage; before any prim wrapper is made.

        Raises:
            IsaacSimUnavailable: The physics rate that was read back is another one.
        """
        from isaacsim.core.rendering_manager import RenderingManager
        from isaacsim.core.simulation_manager import PhysxScene, SimulationManager

        from simgate.sim_adapters.usd.paths import PHYSICS_SCENE

        wanted = self._timing.physics_hz
        SimulationManager.setup_simulation(dt=1.0 / wanted, device=self._options.physics_device)
        SimulationManager.enable_fabric(True)
        scene = PhysxScene(PHYSICS_SCENE)
        # setup_simulation truncates 1 / dt to a whole number, and may be one off.
        scene.set_steps_per_second(wanted)
        scene.set_enabled_gpu_dynamics(self._options.physics_device.startswith("cuda"))
        found = scene.get_steps_per_second()
        if found != wanted:
            raise IsaacSimUnavailable(f"asked for {wanted} physics steps a second, Isaac Sim says {found}")
        RenderingManager.set_dt(self._timing.seconds(self.update_steps))

    @property
    def update_steps(self) -> int:
        """Physics steps in one application update of the coupled loop.

        The most that divide a control period and stay under :data:`SLOWEST_UPDATE_S`.
        """
        period = self._timing.control_steps
        most = max(1, int(SLOWEST_UPDATE_S * self._timing.physics_hz))
        return max(gcd(period, steps) for steps in range(1, most + 1))

    def play(self, before: StepHook = _nothing, after: StepHook = _nothing) -> None:
        """Starts physics; the count begins when it has done what it does by itself.

        Args:
            before: Called before each physics step of :meth:`advance`.
            after: Called after each.
        """
        from isaacsim.core.experimental.utils.app import play
        from isaacsim.core.simulation_manager import SimulationEvent, SimulationManager

        self.lost = ""
        play(commit=True)
        self._base = SimulationManager.get_num_physics_steps()
        self._hooks = (before, after)
        if self._options.loop == "coupled":
            self._listening = [
                SimulationManager.register_callback(self._before, SimulationEvent.PHYSICS_PRE_STEP),
                SimulationManager.register_callback(self._after, SimulationEvent.PHYSICS_POST_STEP),
            ]

    def stop(self) -> None:
        """Ends physics; the stage may be edited after it. Safe to call when it does not run."""
        from isaacsim.core.experimental.utils.app import is_playing, stop
        from isaacsim.core.simulation_manager import SimulationManager

        self._hooks = None
        # A stage that was opened since has forgotten its callbacks by itself.
        for number in self._listening:
            SimulationManager.deregister_callback(number)
        self._listening = []
        if is_playing():
            stop(commit=True)

    def advance(self) -> None:
        """Runs one control period."""
        from isaacsim.core.experimental.utils.app import update_app

        wanted = self.step_count + self._timing.control_steps
        if self._options.loop == "coupled":
            update_app(steps=self._timing.control_steps // self.update_steps)
        else:
            self._advance_explicitly(self._timing.control_steps)
        self._require(wanted)

    def _require(self, wanted: int) -> None:
        if self.step_count != wanted and not self.lost:
            self.lost = f"Isaac Sim is at physics step {self.step_count} instead of {wanted}"

    def _advance_explicitly(self, steps: int) -> None:
        from isaacsim.core.simulation_manager import SimulationManager

        assert self._hooks is not None
        before, after = self._hooks
        for left in reversed(range(steps)):
            before()
            # Only the last state is drawn.
            SimulationManager.step(steps=1, update_fabric=left == 0)
            after()

    def step(self, *, draw: bool) -> None:
        """One physics step of the explicit loop, without hooks.

        Args:
            draw: Whether its state is to be drawn.
        """
        from isaacsim.core.simulation_manager import SimulationManager

        wanted = self.step_count + 1
        SimulationManager.step(steps=1, update_fabric=draw)
        self._require(wanted)

    def show(self) -> None:
        """Lets the renderer know of what was written since the last step."""
        from omni.physxfabric import get_physx_fabric_interface

        get_physx_fabric_interface().update(self.time_s(), 1.0 / self._timing.physics_hz)

    @property
    def step_count(self) -> int:
        """Physics steps since :meth:`play` has returned."""
        from isaacsim.core.simulation_manager import SimulationManager

        return int(SimulationManager.get_num_physics_steps()) - self._base

    def time_s(self) -> float:
        """The simulator's own time, seconds; not 0 at the start of an episode."""
        from isaacsim.core.simulation_manager import SimulationManager

        return float(SimulationManager.get_simulation_time())

    def _before(self, _dt: float, _context: Any) -> None:
        if self._hooks is not None:
            self._hooks[0]()

    def _after(self, _dt: float, _context: Any) -> None:
        if self._hooks is not None:
            self._hooks[1]()
