"""Quantities of a task on a compiled model: resolved by name once, then read at every control tick."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import mujoco
import numpy as np

from simgate.sim_adapters.mujoco.articulated.actuation import acted_body
from simgate.sim_adapters.mujoco.articulated.contacts import ContactList, Pair, do_touch, force_n, pair_of
from simgate.sim_adapters.mujoco.articulated.names import need, need_joint, place_of, subtree
from simgate.sim_adapters.mujoco.articulated.readings import sensor_entries
from simgate.sim_adapters.quantities import (
    ContactForce,
    Distance,
    Energy,
    Joint,
    Position,
    PushForce,
    Quantity,
    SensorReading,
    Speed,
    Tilt,
    Touching,
)
from simgate.sim_adapters.worlds.native_file import NativeError

_AXES = {"x": 0, "y": 1, "z": 2}
Read = Callable[[], float]


class Measures:
    """The quantities of one world.

    Args:
        model: The model.
        data: Its state.
        contacts: Those of the last physics step.
        robot: Body that is the robot, for its energy.
        quantities: Name -> what it is.
        pushes: Name of a push -> its largest force since the last tick, newtons, as it changes.

    Raises:
        NativeError: A quantity names what the file does not have.
    """

    def __init__(
        self,
        model: mujoco.MjModel,
        data: mujoco.MjData,
        contacts: ContactList,
        robot: str,
        quantities: dict[str, Quantity],
        pushes: Mapping[str, float],
    ) -> None:
        self._model, self._data, self._contacts, self._pushes = model, data, contacts, pushes
        self._touched: dict[str, tuple[Pair, list[bool]]] = {}
        self._work_j = 0.0
        own = subtree(model, need(model, "body", robot))
        moved = [k for k in range(model.actuator_trnid.shape[0]) if own[acted_body(model, k)]]
        self._actuators = np.array(
            [
                int(model.actuator_outadr[k]) + part
                for k in moved
                for part in range(int(model.actuator_outnum[k]))
            ],
            dtype=np.int64,
        )
        self._needs_work = any(isinstance(quantity, Energy) for quantity in quantities.values())
        self._reads = {name: self._resolved(name, quantity) for name, quantity in quantities.items()}

    def clear(self) -> None:
        """Begins a new control period: what touches from now on has touched in it."""
        for _, seen in self._touched.values():
            seen[0] = False

    def look(self) -> None:
        """Takes notice of who touches whom."""
        if self._touched and len(self._contacts):
            for pair, seen in self._touched.values():
                seen[0] = seen[0] or do_touch(self._contacts, pair)

    def collect(self) -> None:
        """Takes notice of one physics step, for what a tick alone would miss."""
        self.look()
        if self._needs_work:
            power = self._data.actuator_force[self._actuators] * self._data.actuator_velocity[self._actuators]
            # Braking does not give it back: a motor that is turned backwards takes nothing out of the sum.
            self._work_j += float(np.maximum(power, 0.0).sum()) * float(self._model.opt.timestep)

    def values(self) -> dict[str, float]:
        """Every quantity now, in the units that :mod:`simgate.sim_adapters.quantities` says."""
        return {name: read() for name, read in self._reads.items()}

    def _resolved(self, name: str, quantity: Quantity) -> Read:
        model, data = self._model, self._data
        if isinstance(quantity, Distance):
            a, b = place_of(model, quantity.a), place_of(model, quantity.b)
            return lambda: math.dist(a.position(data), b.position(data))
        if isinstance(quantity, Position):
            of, axis = place_of(model, quantity.of), _AXES[quantity.axis]
            return lambda: float(of.position(data)[axis])
        if isinstance(quantity, Speed):
            return self._speed(quantity)
        if isinstance(quantity, Tilt):
            of = place_of(model, quantity.of)
            # By both sine and cosine: the arc cosine alone loses small angles.
            return lambda: math.degrees(math.atan2(math.hypot(*of.axes(data)[:2, 2]), of.axes(data)[2, 2]))
        if isinstance(quantity, Joint):
            joint = need_joint(model, quantity.name)
            place, dof = int(model.jnt_qposadr[joint]), int(model.jnt_dofadr[joint])
            return {
                "position": lambda: float(data.qpos[place]),
                "velocity": lambda: float(data.qvel[dof]),
                "torque": lambda: float(data.qfrc_actuator[dof]),
            }[quantity.of]
        if isinstance(quantity, ContactForce):
            pair = pair_of(model, quantity.a, quantity.b)
            return lambda: force_n(self._contacts, pair)
        if isinstance(quantity, Touching):
            seen = [False]
            self._touched[name] = pair_of(model, quantity.a, quantity.b), seen
            return lambda: float(seen[0])
        if isinstance(quantity, SensorReading):
            at = _sensor_place(model, quantity)
            return lambda: float(data.sensordata[at])
        if isinstance(quantity, PushForce):
            push = quantity.name
            if push not in self._pushes:
                message = f"the world has no push '{push}'"
                raise NativeError("element", message, unknown=push, known=tuple(self._pushes))
            return lambda: self._pushes[push]
        return lambda: self._work_j

    def _speed(self, quantity: Speed) -> Read:
        model, data, found = self._model, self._data, np.zeros(6)
        of = place_of(model, quantity.of)
        axis = None if quantity.axis is None else _AXES[quantity.axis]

        def read() -> float:
            mujoco.mj_objectVelocity(model, data, of.object, of.id, found, 0)
            return float(np.linalg.norm(found[3:])) if axis is None else float(found[3 + axis])

        return read


def _sensor_place(model: mujoco.MjModel, quantity: SensorReading) -> int:
    """Where in ``sensordata`` a number is.

    Raises:
        NativeError: There is no such sensor, or it has other numbers.
    """
    sensor = need(model, "sensor", quantity.name)
    count = int(model.sensor_dim[sensor])
    if not 0 <= quantity.index < count:
        entries = ", ".join(f"{k}: {entry}" for k, entry in enumerate(sensor_entries(model, sensor)))
        message = f"sensor '{quantity.name}' has no number {quantity.index}"
        raise NativeError("element", message, f"index is one of {entries}")
    return int(model.sensor_adr[sensor]) + quantity.index
