"""A stage that PhysX moves, and the model of MuJoCo that follows it: what all engines of PhysX share."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.articulated.actuation import joint_name
from simgate.sim_adapters.mujoco.articulated.machine import Machine
from simgate.sim_adapters.mujoco.soundness import problems_of
from simgate.sim_adapters.physx.articulated.lacks import check_model, check_readings
from simgate.sim_adapters.physx.articulated.links import HINGE
from simgate.sim_adapters.physx.articulated.stage import Machinery, stage_of
from simgate.sim_adapters.physx.selection import ShapeContact
from simgate.sim_adapters.scene.articulated import ArticulatedSite

_START = 1e-4
"""By so much PhysX, in single precision, may begin elsewhere; metres, radians, and both a second."""
Column = NDArray[np.float64]


class ReportedContacts:
    """Those that PhysX reports; see :class:`simgate.sim_adapters.mujoco.articulated.contacts.ContactList`."""

    def __init__(self, geoms: dict[str, int], step_s: float) -> None:
        self._numbers, self._step_s = geoms, step_s
        self._points: list[ShapeContact] = []
        self._geoms = np.zeros((0, 2), dtype=np.int32)

    def begin(self, data: mujoco.MjData) -> None:
        """Takes those of the start by MuJoCo's geometry: PhysX reports none, and no force, before a step."""
        paths = {number: path for path, number in self._numbers.items()}
        self.take(
            [
                ShapeContact(paths[int(a)], paths[int(b)], 0.0, float(gap))
                for (a, b), gap in zip(data.contact.geom, data.contact.dist, strict=True)
            ]
        )

    def take(self, points: list[ShapeContact]) -> None:
        """Takes those of a step: what is within the contact offset and presses nothing is none."""
        self._points = [one for one in points if one.separation_m <= 0.0 or one.impulse_ns > 0.0]
        rows = [(self._numbers[one.a], self._numbers[one.b]) for one in self._points]
        self._geoms = np.array(rows, dtype=np.int32).reshape(-1, 2)

    def __len__(self) -> int:
        return len(self._points)

    @property
    def geoms(self) -> NDArray[np.int32]:
        """The two shapes of each contact."""
        return self._geoms

    def distance_m(self, contact: int) -> float:
        """Gap between the two."""
        return self._points[contact].separation_m

    def normal_n(self, contact: int) -> float:
        """Normal force, the mean of the step."""
        return self._points[contact].impulse_ns / self._step_s


class FollowedEngine(ABC):
    """See :class:`simgate.sim_adapters.mujoco.articulated.engine.Engine`.

    Joints are told in rad and m, in columns of shape (D, 1), counted from where the model was written.

    Args:
        site: What is asked of the world.
        machine: The compiled model.
        data: Its state at step 0, which follows from now on.
        timing: Rates.

    Raises:
        ValueError: The model or what is asked of it is nothing for PhysX.
    """

    def __init__(self, site: ArticulatedSite, machine: Machine, data: mujoco.MjData, timing: Timing) -> None:
        self._model, self._data = machine.built.model, data
        model = self._model
        self._step_s = 1.0 / timing.physics_hz
        check_model(model)
        asked = (one for _, one in site.sensors), (one for _, one in site.quantities)
        check_readings(model, *asked)
        self._machinery = made = stage_of(model, data, timing)
        self._load(made)
        self._find_motors(made)
        self._require_start()
        self.contacts = ReportedContacts(made.geoms, self._step_s)
        self.contacts.begin(data)

    @abstractmethod
    def _load(self, made: Machinery) -> None:
        """Has the engine take the stage over, at the state of step 0."""

    @abstractmethod
    def _find_joints(self, driven: list[str], pushed: list[str]) -> None:
        """Takes the paths of the joints that :meth:`_hold` and :meth:`_force` will tell."""

    @abstractmethod
    def _hold(self, positions: Column, speeds: Column) -> None:
        """Tells the drives what to hold until they are told otherwise."""

    @abstractmethod
    def _force(self, forces: Column) -> None:
        """Tells joints the forces or torques of the next step."""

    @abstractmethod
    def _advance(self) -> None:
        """One physics step."""

    @abstractmethod
    def _read(self) -> None:
        """Brings positions and velocities of the state to where the links are."""

    @abstractmethod
    def _touched(self) -> list[ShapeContact]:
        """The contact points of the last step, each once."""

    @abstractmethod
    def push(self, bodies: NDArray[np.int64], forces: NDArray[np.float64]) -> None:
        """Forces at the centres of mass of bodies in the next step."""

    @abstractmethod
    def pushed(self) -> NDArray[np.float64]:
        """Those that acted in the last step."""

    def _find_motors(self, made: Machinery) -> None:
        model = self._model
        paths = {link.joint: link.joint_path for link in made.links if link.joint is not None}
        self._drives = [motor for motor in made.motors if motor.is_drive]
        self._motors = [motor for motor in made.motors if not motor.is_drive]
        joints = [motor.joint for motor in self._drives]
        self._places = model.jnt_qposadr[joints]
        self._zero = model.qpos0[self._places][:, None]
        self._told = list(dict.fromkeys(motor.joint for motor in self._motors))
        limited = model.jnt_actfrclimited[self._told] != 0
        # Of all motors of a joint together; each one's own limit is its own.
        self._most = np.where(limited, model.jnt_actfrcrange[self._told].T, [[-np.inf], [np.inf]])
        self._held = np.full((len(joints), 2), np.nan)
        self._endless = [
            row
            for row, motor in enumerate(self._drives)
            if motor.stiffness > 0.0
            and int(model.jnt_type[motor.joint]) == HINGE
            and not model.jnt_limited[motor.joint]
        ]
        self._find_joints([paths[joint] for joint in joints], [paths[joint] for joint in self._told])

    def _require_start(self) -> None:
        """What PhysX begins with must be what was meant: a write that it does not take begins elsewhere."""
        wanted = self._data.qpos.copy(), self._data.qvel.copy()
        self._read()
        for meant, found in zip(wanted, (self._data.qpos, self._data.qvel), strict=True):
            off = float(np.abs(meant - found).max(initial=0.0))
            if not off < _START:
                raise ValueError(
                    f"PhysX begins {off:g} (rad, m) away from where the world begins: report this as a bug"
                )
        self._data.qpos[:], self._data.qvel[:] = wanted
        mujoco.mj_forward(self._model, self._data)

    def step(self) -> None:
        """Tells the motors, steps, and brings the state to where the links are."""
        self._tell()
        before = self._data.qvel.copy()
        self._advance()
        self._read()
        if self._endless:
            self._check_turns(self._data.qpos[self._places][:, None] - self._zero, "has come to")
        self._data.time += self._step_s
        mujoco.mj_forward(self._model, self._data)
        # Accelerations are what PhysX made of the speeds, not what MuJoCo would.
        self._data.qacc[:] = (self._data.qvel - before) / self._step_s
        mujoco.mj_rnePostConstraint(self._model, self._data)
        mujoco.mj_sensorAcc(self._model, self._data)
        self.contacts.take(self._touched())

    def _tell(self) -> None:
        ctrl = self._data.ctrl
        if self._drives:
            held = np.array([motor.targets(float(ctrl[motor.actuator])) for motor in self._drives])
            if not np.array_equal(held, self._held):  # They hold until they are told otherwise.
                self._held, positions = held, held[:, :1] - self._zero
                self._check_turns(positions, "is told to hold")
                self._hold(positions, held[:, 1:])
        if self._told:
            force = dict.fromkeys(self._told, 0.0)
            for motor in self._motors:
                force[motor.joint] += motor.force(float(ctrl[motor.actuator]))
            told = np.clip([*force.values()], *self._most)
            self._force(told[:, None])

    def _check_turns(self, angles: Column, what: str) -> None:
        """PhysX refuses such a target and goes on with the last one; beyond a turn it holds another one."""
        for row in self._endless:
            if abs(float(angles[row, 0])) > math.tau:
                name, angle = joint_name(self._model, self._drives[row].joint), float(angles[row, 0])
                raise ValueError(
                    f"joint '{name}' {what} {angle:g} rad, counted from where the file has it, and PhysX "
                    "holds a hinge without limits within a turn of that (6.28 rad): give the joint a range, "
                    "drive it by velocity, or use --adapter mujoco"
                )

    def settle(self) -> None:
        """Nothing: every step derives all."""
        return

    def problems(self) -> tuple[str, ...]:
        """A state that is no number."""
        return problems_of(self._data)
