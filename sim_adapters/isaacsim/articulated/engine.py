"""Isaac Sim moves the links of a model, and MuJoCo's state follows."""

from __future__ import annotations

from collections.abc import Callable
from math import gcd

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.isaacsim.articulated.articulations import Articulations
from simgate.sim_adapters.isaacsim.articulated.contacts import ContactReport
from simgate.sim_adapters.isaacsim.articulated.receipts import untaken
from simgate.sim_adapters.isaacsim.articulated.shown import eyes_of, show
from simgate.sim_adapters.isaacsim.articulated.studio import Studio
from simgate.sim_adapters.mujoco.articulated.machine import Machine
from simgate.sim_adapters.physx.articulated.followed import Column, FollowedEngine
from simgate.sim_adapters.physx.articulated.links import Link
from simgate.sim_adapters.physx.articulated.stage import Machinery
from simgate.sim_adapters.physx.articulated.wrenches import Wrench, Wrenches
from simgate.sim_adapters.physx.selection import ShapeContact
from simgate.sim_adapters.scene.articulated import ArticulatedSite, CameraSensor
from simgate.sim_adapters.worlds.native_file import NativeError


class IsaacEngine(FollowedEngine):
    """See :class:`FollowedEngine`.

    Args:
        studio: The application's stage; this world takes it over until another one does.
        site: What is asked of the world.
        machine: The compiled model.
        data: Its state at step 0, which follows from now on.
        timing: Rates.
    """

    def __init__(
        self, studio: Studio, site: ArticulatedSite, machine: Machine, data: mujoco.MjData, timing: Timing
    ) -> None:
        self._studio, self._machine = studio, machine
        cameras = [sensor for _, sensor in site.sensors if isinstance(sensor, CameraSensor)]
        try:
            self._eyes = eyes_of(machine.built.model, cameras)
        except NativeError as error:
            raise ValueError(f"{site.path}: {error}") from None
        rates = [camera.rate_hz or timing.control_hz for camera in cameras]
        self._draw_steps = gcd(*(timing.physics_hz // rate for rate in rates)) if rates else 0
        super().__init__(site, machine, data, timing)
        studio.loop.show()

    def _load(self, made: Machinery) -> None:
        self._studio.open(show(made, self._machine, self._data, self._eyes))
        self._moved = Articulations(self._model, made)
        self._moved.to_start(self._data)
        self._untaken = untaken(self._model, made, self._moved)
        self._report = ContactReport()
        self._wrenches = Wrenches(self._model, made.links, _pusher)

    def _find_joints(self, driven: list[str], pushed: list[str]) -> None:
        self._driven, self._pushed = self._moved.columns(driven), self._moved.columns(pushed)

    def _hold(self, positions: Column, speeds: Column) -> None:
        for prim, rows, columns in self._driven:
            # After set_dof_positions, which makes the present position the target.
            prim.set_dof_position_targets([positions[rows, 0].tolist()], dof_indices=columns)
            prim.set_dof_velocity_targets([speeds[rows, 0].tolist()], dof_indices=columns)

    def _force(self, forces: Column) -> None:
        for prim, rows, columns in self._pushed:
            prim.set_dof_efforts([forces[rows, 0].tolist()], dof_indices=columns)

    def _advance(self) -> None:
        loop = self._studio.loop
        loop.step(draw=bool(self._draw_steps) and (loop.step_count + 1) % self._draw_steps == 0)

    def _read(self) -> None:
        self._moved.into(self._data)

    def _touched(self) -> list[ShapeContact]:
        return self._report.points()

    def push(self, bodies: NDArray[np.int64], forces: NDArray[np.float64]) -> None:
        """Isaac Sim clears them with the step."""
        self._acted = self._wrenches.write(self._data, bodies, forces)

    def pushed(self) -> NDArray[np.float64]:
        """Those that Isaac Sim has taken without an error; it lets nobody read them."""
        return self._acted

    def problems(self) -> tuple[str, ...]:
        """A state that is no number, a value that was not taken, frames or steps that cannot be believed."""
        return (*super().problems(), *self._untaken, *self._studio.problems())


def _pusher(link: Link, is_chained: bool) -> Callable[[Wrench], None]:
    from isaacsim.core.experimental.prims import RigidPrim

    prim = RigidPrim(link.path)

    def push(wrench: Wrench) -> None:
        # Without a place the force would act at the link's origin.
        force, torque, point = (part.tolist() for part in wrench.reshape(3, 3))
        prim.apply_forces_and_torques_at_pos([force], [torque], positions=[point])

    return push
