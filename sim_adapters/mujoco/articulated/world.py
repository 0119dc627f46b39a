"""One world of an articulated robot: stepping, sensing at each sensor's own rate, what is true."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.embodiment import Channel, Embodiment
from simgate.sim_adapters.mujoco.articulated.contacts import RobotContacts, begun_inside
from simgate.sim_adapters.mujoco.articulated.engine import MujocoEngine, StartEngine
from simgate.sim_adapters.mujoco.articulated.machine import build_machine, start_state
from simgate.sim_adapters.mujoco.articulated.measures import Measures
from simgate.sim_adapters.mujoco.articulated.pictures import MakeView, Pictures
from simgate.sim_adapters.mujoco.articulated.rays import Rays
from simgate.sim_adapters.mujoco.articulated.readings import BodyMotion, FileReadings, Joints
from simgate.sim_adapters.mujoco.articulated.watch import Watch, view_of
from simgate.sim_adapters.mujoco.pushes import pushed_body
from simgate.sim_adapters.observation import CameraView, Contact
from simgate.sim_adapters.scene.articulated import (
    ArticulatedSite,
    BodySensor,
    CameraSensor,
    JointSensor,
    LidarSensor,
    Sensor,
)
from simgate.sim_adapters.scene.push import Pushes
from simgate.sim_adapters.worlds.native_file import NativeError

Arrays = Sequence[NDArray[Any]]


class Sampler(Protocol):
    """A sensor of a world: one or more channels that are read together."""

    @property
    def channels(self) -> tuple[Channel, ...]:
        """What it reads, in the order of the arrays that :meth:`sample` takes."""
        ...

    def sample(self, out: Any) -> None:
        """Reads every channel into its array."""
        ...


@dataclass(frozen=True, slots=True)
class Clock:
    """When a sensor reads: at every multiple of its period.

    Attributes:
        period: Physics steps between two readings.
    """

    period: int

    def last(self, step: int) -> int:
        """Step of the newest reading at a step."""
        return step // self.period * self.period

    def due(self, step: int, end: int) -> bool:
        """Whether a reading of this step is still the newest at the end of the control period."""
        return step == self.last(end)


def clock_of(name: str, rate_hz: int, timing: Timing) -> Clock:
    """The clock of a sensor.

    Raises:
        ValueError: The rate does not divide the physics rate.
    """
    if rate_hz <= 0 or timing.physics_hz % rate_hz:
        raise ValueError(
            f"sensor '{name}': rate_hz={rate_hz} must divide physics_hz={timing.physics_hz}, so that its "
            "period is whole steps"
        )
    return Clock(timing.physics_hz // rate_hz)


class ArticulatedWorld:
    """Physics and sensors of one world.

    Args:
        site: What to simulate.
        timing: Rates.
        start: Starts what moves it.

    Raises:
        ValueError: The file lacks what is asked of it, a rate does not fit, or the engine cannot move it.
    """

    def __init__(self, site: ArticulatedSite, timing: Timing, start: StartEngine = MujocoEngine) -> None:
        self.site, self.timing = site, timing
        machine = build_machine(site, timing)
        self.built = machine.built
        self.model, self.data = machine.built.model, start_state(machine)
        self._begun = begun_inside(self.model, self.data, site.robot)
        self.step_count = self._end = 0
        self._machine = machine
        self._ctrl = machine.actuation.ctrl
        self._delay_steps = round(site.action_delay_ms * timing.physics_hz / 1000.0)
        self._told: deque[tuple[int, NDArray[np.float64]]] = deque()
        """Actions on their way, each with the step at which it arrives; before the first one the actuators
        hold what the stored pose tells them."""
        self._engine = start(site, machine, self.data, timing)
        rates = [(name, sensor, sensor.rate_hz or timing.control_hz) for name, sensor in site.sensors]
        self.clocks = tuple(clock_of(name, rate, timing) for name, _, rate in rates)
        try:
            self.samplers = tuple(self._sampler(name, sensor, float(rate)) for name, sensor, rate in rates)
            self._contacts = RobotContacts(self.model, site.robot, machine.allow)
            pushable = partial(pushed_body, self.model)
            self._pushes = Pushes(site.pushes, timing.physics_hz, pushable)
            self._measures = Measures(
                self.model, self.data, self._engine.contacts, site.robot, dict(site.quantities),
                self._pushes.strongest_n,
            )  # fmt: skip
            self._watches = tuple(Watch(self.model, self.data, name) for name in site.watched)
        except NativeError as error:
            raise ValueError(f"{site.path}: {error}") from None
        channels = tuple(channel for sampler in self.samplers for channel in sampler.channels)
        self.embodiment = Embodiment(site.robot, channels, machine.actuation.action)
        self._contacts.collect(self._engine.contacts, 0)
        self._measures.look()
        self._views: dict[int, CameraView] = {}

    def _sampler(self, name: str, sensor: Sensor, rate_hz: float) -> Sampler:
        model, data = self.model, self.data
        if isinstance(sensor, CameraSensor):
            return Pictures(name, sensor, rate_hz, self.built, data, self._machine.drawn)
        if isinstance(sensor, LidarSensor):
            return Rays(name, sensor, rate_hz, model, data, self.site.seed)
        if isinstance(sensor, JointSensor):
            return Joints(name, sensor, rate_hz, self.site.robot, model, data)
        if isinstance(sensor, BodySensor):
            return BodyMotion(name, sensor, rate_hz, model, data)
        return FileReadings(name, sensor, rate_hz, model, data)

    @property
    def draws(self) -> bool:
        """Whether any of its sensors is a camera."""
        return any(isinstance(sampler, Pictures) for sampler in self.samplers)

    def show_by(self, make: MakeView) -> None:
        """Takes what draws for all its cameras."""
        for sampler in self.samplers:
            if isinstance(sampler, Pictures):
                sampler.show_by(make)

    def stamps(self, step: int) -> dict[str, int]:
        """Step of the newest reading of each channel at a step."""
        return {
            channel.name: clock.last(step)
            for sampler, clock in zip(self.samplers, self.clocks, strict=True)
            for channel in sampler.channels
        }

    def sense_all(self, out: Sequence[Arrays]) -> None:
        """Reads every sensor at the present moment; arrays by sensor and channel."""
        for k, arrays in enumerate(out):
            self._sample(k, arrays)

    def _sample(self, number: int, out: Arrays) -> None:
        """Reads a sensor, and for a camera what truly stands before it at this moment."""
        sampler = self.samplers[number]
        sampler.sample(out)
        if self._watches and isinstance(sampler, Pictures):
            self._views[number] = view_of(sampler, self._watches, self.step_count)

    def advance(self, action: NDArray[np.float64], out: Sequence[Arrays]) -> None:
        """Holds an action for one control period; sensors read at their own moments within it.

        Args:
            action: Shape (A,), as :attr:`embodiment` declares it.
            out: Arrays by sensor and channel; a sensor that has no reading in this period keeps its last one.
        """
        self.begin(action)
        while not self.has_ended:
            self.tell()
            self._engine.step()
            self.look(out)

    def begin(self, action: NDArray[np.float64]) -> None:
        """Begins a control period: then :meth:`tell`, a step of the engine and :meth:`look`, in turns."""
        self._told.append((self.step_count + self._delay_steps, action.copy()))
        self._contacts.clear()
        self._measures.clear()
        self._pushes.clear()
        self._end = self.step_count + self.timing.control_steps

    @property
    def has_ended(self) -> bool:
        """Whether the control period is over."""
        return self.step_count >= self._end

    def tell(self) -> None:
        """Before a step: what arrives of the actions, and the pushes."""
        while self._told and self._told[0][0] <= self.step_count:
            self.data.ctrl[self._ctrl] = self._told.popleft()[1]
        self._pushes.tell(self._engine, self.step_count)

    def look(self, out: Sequence[Arrays]) -> None:
        """After a step: what it did, and the sensors that read now."""
        self._pushes.collect(self._engine)
        self.step_count += 1
        self._contacts.collect(self._engine.contacts, self.step_count)
        self._measures.collect()
        due = [k for k, clock in enumerate(self.clocks) if clock.due(self.step_count, self._end)]
        if due or self.has_ended:
            self._engine.settle()
        for k in due:
            self._sample(k, out[k])
        if self.has_ended:
            self._measures.look()  # A step's contacts are those of the state before it.

    def values(self) -> dict[str, float]:
        """The task's quantities at the last control tick."""
        return self._measures.values()

    def views(self) -> tuple[CameraView, ...]:
        """What truly stood before each camera at its newest picture; empty where nobody watches."""
        return tuple(self._views.values())

    def contacts(self) -> tuple[Contact, ...]:
        """What the robot has touched since the last control tick, other than what it may."""
        return self._contacts.contacts()

    @property
    def pose(self) -> tuple[float, float, float]:
        """(x m, y m, yaw rad in (-pi, pi]) of the robot's body."""
        body = self.built.robot_body
        x, y, _ = self.data.xpos[body].tolist()
        axes = self.data.xmat[body]
        return x, y, math.atan2(float(axes[3]), float(axes[0]))

    @property
    def twist(self) -> tuple[float, float]:
        """Speed along the robot's own X axis, m/s, and yaw rate, rad/s."""
        found, body = np.zeros(6), self.built.robot_body
        mujoco.mj_objectVelocity(self.model, self.data, mujoco.mjtObj.mjOBJ_XBODY, body, found, 0)
        return float(found[3:] @ self.data.xmat[body].reshape(3, 3)[:, 0]), float(found[2])

    def problems(self) -> tuple[str, ...]:
        """Why this world cannot be believed; empty when it is sound."""
        return (*self._begun, *self._pushes.problems(), *self._engine.problems())
