"""Whether an MJCF file has what a pack says of a robot on its own joints, asked before anything runs."""

from __future__ import annotations

from typing import Literal

import mujoco

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.embodiment import ActionSpec, Channel
from simgate.sim_adapters.mujoco.articulated.contacts import SolvedContacts, pair_of
from simgate.sim_adapters.mujoco.articulated.machine import machine_of, start_state
from simgate.sim_adapters.mujoco.articulated.measures import Measures
from simgate.sim_adapters.mujoco.articulated.pictures import Pictures
from simgate.sim_adapters.mujoco.articulated.rays import Rays
from simgate.sim_adapters.mujoco.articulated.readings import BodyMotion, FileReadings, Joints
from simgate.sim_adapters.mujoco.articulated.watch import Watch
from simgate.sim_adapters.mujoco.native.source import Source, in_one_line
from simgate.sim_adapters.mujoco.pushes import pushed_body
from simgate.sim_adapters.quantities import Quantity
from simgate.sim_adapters.scene.articulated import (
    ArticulatedSite,
    BodySensor,
    CameraSensor,
    JointSensor,
    LidarSensor,
    Sensor,
    Servos,
)
from simgate.sim_adapters.worlds.native_file import NativeError

_ANY_RATE = Timing(physics_hz=100, control_hz=100, camera_hz=100)
_HZ = 100.0


class CheckedRobot:
    """See :class:`simgate.sim_adapters.worlds.native_file.JointedFile`: the parts of a world are made and
    thrown away, so that they alone say what they need.

    Args:
        source: The opened file.
        robot: Body that is the robot.
        drive: How it is moved.
        pose: Stored pose that it starts in.
        left_out: Targets, ``body/NAME.present``, of what is not there.

    Raises:
        NativeError: The file lacks one of these, or MuJoCo rejects the robot.
    """

    def __init__(
        self,
        source: Source,
        robot: str,
        drive: Literal["actuators"] | Servos,
        pose: str | None,
        left_out: tuple[str, ...] = (),
    ) -> None:
        self._robot, self._asked = robot, (source, robot, drive, pose)
        site = ArticulatedSite(
            source.path.name, "mjcf", str(source.path), source.sha256, robot, drive, pose=pose,
            values=tuple((target, False) for target in left_out),
        )  # fmt: skip
        try:
            self._machine = machine_of(source, site, _ANY_RATE)
        except NativeError:
            raise
        except ValueError as error:
            message = f"MuJoCo cannot move body '{robot}' so: {in_one_line(error)}"
            raise NativeError("file", message, "see docs/articulated-robots.md") from None
        self._model = self._machine.built.model
        self._data = start_state(self._machine)
        self._pushes: dict[str, float] = {}

    @property
    def start(self) -> tuple[mujoco.MjModel, mujoco.MjData]:
        """The compiled file, and its state at the start."""
        return self._model, self._data

    @property
    def action(self) -> ActionSpec:
        """Names, units and bounds of its actuators or servos."""
        return self._machine.actuation.action

    @property
    def unbounded(self) -> tuple[str, ...]:
        """Names in its action that nothing in the file holds."""
        return self._machine.actuation.unbounded

    def sensor(self, name: str, sensor: Sensor) -> tuple[Channel, ...]:
        """Makes the sensor."""
        model, data = self._model, self._data
        if isinstance(sensor, CameraSensor):
            return Pictures(name, sensor, _HZ, self._machine.built, data, self._machine.drawn).channels
        if isinstance(sensor, LidarSensor):
            return Rays(name, sensor, _HZ, model, data).channels
        if isinstance(sensor, JointSensor):
            return Joints(name, sensor, _HZ, self._robot, model, data).channels
        if isinstance(sensor, BodySensor):
            return BodyMotion(name, sensor, _HZ, model, data).channels
        return FileReadings(name, sensor, _HZ, model, data).channels

    def quantity(self, quantity: Quantity) -> None:
        """Resolves it."""
        contacts = SolvedContacts(self._model, self._data)
        Measures(self._model, self._data, contacts, self._robot, {"asked": quantity}, self._pushes).values()

    def push(self, name: str, body: str) -> None:
        """Resolves the body."""
        pushed_body(self._model, body)
        self._pushes[name] = 0.0

    def watch(self, body: str) -> None:
        """Resolves it."""
        Watch(self._model, self._data, body)

    def touch(self, a: str, b: str) -> None:
        """Resolves both."""
        pair_of(self._model, a, b)

    def without(self, targets: tuple[str, ...]) -> CheckedRobot:
        """Compiles what is left."""
        return CheckedRobot(*self._asked, targets)
