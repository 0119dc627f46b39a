"""PhysX moves the links of a model, and MuJoCo's state follows: poses, velocities, forces of the motors."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.articulated.machine import Machine
from simgate.sim_adapters.mujoco.soundness import problems_of
from simgate.sim_adapters.physx.articulated.lacks import check_model, check_readings
from simgate.sim_adapters.physx.articulated.links import HINGE
from simgate.sim_adapters.physx.articulated.motion import Motion
from simgate.sim_adapters.physx.articulated.stage import Machinery, stage_of
from simgate.sim_adapters.physx.articulated.wrenches import Wrenches
from simgate.sim_adapters.physx.selection import ShapeContact
from simgate.sim_adapters.physx.session import PhysxSession
from simgate.sim_adapters.scene.articulated import ArticulatedSite

_RAD = np.pi / 180.0
_START = 1e-4
"""By so much PhysX, in single precision, may begin elsewhere; metres, radians, and both a second."""


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


class PhysxEngine:
    """See :class:`simgate.sim_adapters.mujoco.articulated.engine.Engine`.

    Args:
        session: The engine; this world takes it over until another one does.
        site: What is asked of the world.
        machine: The compiled model.
        data: Its state at step 0, which follows from now on.
        timing: Rates.

    Raises:
        ValueError: The model or what is asked of it is nothing for PhysX.
    """

    def __init__(
        self,
        session: PhysxSession,
        site: ArticulatedSite,
        machine: Machine,
        data: mujoco.MjData,
        timing: Timing,
    ) -> None:
        self._model, self._data = machine.built.model, data
        model = self._model
        self._step_s = 1.0 / timing.physics_hz
        check_model(model)
        asked = (one for _, one in site.sensors), (one for _, one in site.quantities)
        check_readings(model, *asked)
        self._machinery = made = stage_of(model, data, timing)
        self._session = session
        session.load(made.stage)
        self._motion = Motion(session, model, made.links)
        self._wrenches = Wrenches(session, model, made.links)
        self._connect(made)
        self._sensors = session.contact_sensors([link.path for link in made.links]) if made.links else None
        self._require_start()
        self.contacts = ReportedContacts(made.geoms, self._step_s)
        self.contacts.begin(data)

    def _connect(self, made: Machinery) -> None:
        """Finds the joints that are told something."""
        model, session = self._model, self._session
        paths = {link.joint: link.joint_path for link in made.links if link.joint is not None}
        self._drives = [motor for motor in made.motors if motor.is_drive]
        self._pushes = [motor for motor in made.motors if not motor.is_drive]
        self._driven = (
            session.joints([paths[motor.joint] for motor in self._drives]) if self._drives else None
        )
        joints = [motor.joint for motor in self._drives]
        # PhysX counts in degrees, from where the model was written.
        self._unit = np.where(model.jnt_type[joints] == HINGE, _RAD, 1.0)[:, None]
        self._zero = model.qpos0[model.jnt_qposadr[joints]][:, None]
        self._pushed = list(dict.fromkeys(motor.joint for motor in self._pushes))
        self._effort = session.joints([paths[joint] for joint in self._pushed]) if self._pushes else None
        limited = model.jnt_actfrclimited[self._pushed] != 0
        # Of all motors of a joint together; each one's own limit is its own.
        self._most = np.where(limited, model.jnt_actfrcrange[self._pushed].T, [[-np.inf], [np.inf]])
        self._held = np.full((len(joints), 2), np.nan)

    def _require_start(self) -> None:
        """What PhysX begins with must be what was meant: a write that it does not take begins elsewhere."""
        wanted = self._data.qpos.copy(), self._data.qvel.copy()
        self._motion.into(self._data)
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
        self._session.step(self._step_s)
        self._motion.into(self._data)
        self._data.time += self._step_s
        mujoco.mj_forward(self._model, self._data)
        # Accelerations are what PhysX made of the speeds, not what MuJoCo would.
        self._data.qacc[:] = (self._data.qvel - before) / self._step_s
        mujoco.mj_rnePostConstraint(self._model, self._data)
        mujoco.mj_sensorAcc(self._model, self._data)
        if self._sensors is not None:
            self.contacts.take(self._sensors.points())

    def push(self, bodies: NDArray[np.int64], forces: NDArray[np.float64]) -> None:
        """PhysX clears them with the step."""
        self._acted = self._wrenches.write(self._data, bodies, forces)

    def pushed(self) -> NDArray[np.float64]:
        """Those whose write PhysX has confirmed; it lets nobody read them."""
        return self._acted

    def settle(self) -> None:
        """Nothing: every step derives all."""

    def problems(self) -> tuple[str, ...]:
        """A state that is no number."""
        return problems_of(self._data)

    def _tell(self) -> None:
        ctrl = self._data.ctrl
        if self._driven is not None:
            held = np.array([motor.targets(float(ctrl[motor.actuator])) for motor in self._drives])
            if not np.array_equal(held, self._held):  # They hold until they are told otherwise.
                self._held = held
                position, speed = (held[:, :1] - self._zero) / self._unit, held[:, 1:] / self._unit
                self._driven.write({"jointPositionTarget": position, "jointVelocityTarget": speed})
        if self._effort is not None:
            force = dict.fromkeys(self._pushed, 0.0)
            for motor in self._pushes:
                force[motor.joint] += motor.force(float(ctrl[motor.actuator]))
            told = np.clip([*force.values()], *self._most)
            self._effort.write({"jointActuationForce": told[:, None]})
