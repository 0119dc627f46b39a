"""ovphysx moves the links of a model, and MuJoCo's state follows: poses, velocities, forces of the motors."""

from __future__ import annotations

from collections.abc import Callable

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.articulated.machine import Machine
from simgate.sim_adapters.physx.articulated.followed import Column, FollowedEngine
from simgate.sim_adapters.physx.articulated.links import HINGE, Link
from simgate.sim_adapters.physx.articulated.motion import Motion
from simgate.sim_adapters.physx.articulated.stage import Machinery
from simgate.sim_adapters.physx.articulated.wrenches import Wrench, Wrenches
from simgate.sim_adapters.physx.selection import ShapeContact
from simgate.sim_adapters.physx.session import PhysxSession
from simgate.sim_adapters.scene.articulated import ArticulatedSite

_RAD = np.pi / 180.0


class PhysxEngine(FollowedEngine):
    """See :class:`FollowedEngine`.

    Args:
        session: The engine; this world takes it over until another one does.
        site: What is asked of the world.
        machine: The compiled model.
        data: Its state at step 0, which follows from now on.
        timing: Rates.
    """

    def __init__(
        self,
        session: PhysxSession,
        site: ArticulatedSite,
        machine: Machine,
        data: mujoco.MjData,
        timing: Timing,
    ) -> None:
        self._session = session
        super().__init__(site, machine, data, timing)

    def _load(self, made: Machinery) -> None:
        session, model = self._session, self._model
        session.load(made.stage)
        self._motion = Motion(session, model, made.links)
        self._wrenches = Wrenches(model, made.links, self._pusher)
        self._sensors = session.contact_sensors([link.path for link in made.links]) if made.links else None

    def _find_joints(self, driven: list[str], pushed: list[str]) -> None:
        self._driven = self._session.joints(driven) if driven else None
        self._effort = self._session.joints(pushed) if pushed else None
        turns = self._model.jnt_type[[motor.joint for motor in self._drives]] == HINGE
        self._unit = np.where(turns, _RAD, 1.0)[:, None]
        """PhysX counts in degrees."""

    def _hold(self, positions: Column, speeds: Column) -> None:
        assert self._driven is not None
        told = {"jointPositionTarget": positions / self._unit, "jointVelocityTarget": speeds / self._unit}
        self._driven.write(told)

    def _force(self, forces: Column) -> None:
        assert self._effort is not None
        self._effort.write({"jointActuationForce": forces})

    def _advance(self) -> None:
        self._session.step(self._step_s)

    def _read(self) -> None:
        self._motion.into(self._data)

    def _touched(self) -> list[ShapeContact]:
        return self._sensors.points() if self._sensors is not None else []

    def _pusher(self, link: Link, is_chained: bool) -> Callable[[Wrench], None]:
        selection = (self._session.links if is_chained else self._session.bodies)([link.path])
        return lambda wrench: selection.write({"wrench": wrench[None]})

    def push(self, bodies: NDArray[np.int64], forces: NDArray[np.float64]) -> None:
        """PhysX clears them with the step."""
        self._acted = self._wrenches.write(self._data, bodies, forces)

    def pushed(self) -> NDArray[np.float64]:
        """Those whose write PhysX has confirmed; it lets nobody read them."""
        return self._acted
