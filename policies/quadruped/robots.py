"""Many robots, each in its own conditions, stepped together by ``mujoco.rollout``."""

from __future__ import annotations

import copy
from pathlib import Path

import mujoco
import numpy as np
from mujoco import rollout
from numpy.typing import NDArray

from simgate.policies.quadruped.conditions import Applied, Conditions
from simgate.policies.quadruped.gait import HIP_HEIGHT_M, JOINTS, LEGS, STAND, Floats, trot
from simgate.policies.quadruped.interface import (
    CONTROL_HZ,
    RADIANS_PER_ACTION,
    bounded,
    encode,
    joint_targets,
    next_phase,
)

YARD = Path(__file__).resolve().parents[2] / "scenarios" / "quadruped_walk" / "site" / "yard.xml"
"""The shipped pack's world, in a checkout."""
_STATE = mujoco.mjtState.mjSTATE_FULLPHYSICS
_FOOT_RADIUS_M = 0.022
_FALLEN_COSINE, _FALLEN_HEIGHT_M = 0.6, 0.15
_NOISE = {"up": 0.02, "gyro": 0.1, "angles": 0.01, "rates": 0.3}
"""Standard deviations of what is sensed, in training and in measurements."""


class Robots:
    """N robots of a yard's file.

    Args:
        yard: MJCF file with the robot, the floor and a bag, which is taken out: pushes are kicks here.
        count: N.
        seed: Of the noise and of how the robots start.
        threads: Physics threads; the results do not depend on them.

    Attributes:
        command: (N, 2) speed forward and yaw rate that are wanted.
        action: (N, 12) the last one.
        beyond_gait: (N, 12) how far the last action is from the computed trot's.
        values: (N,) of each condition.
        normal: (N, 3) of the floor.
    """

    def __init__(self, yard: Path, count: int, seed: int, threads: int = 2) -> None:
        spec = mujoco.MjSpec.from_file(str(yard))
        spec.delete(spec.body("bag"))
        base = spec.compile()
        self.count, self._rng, self._applied = count, np.random.default_rng(seed), Applied(base)
        self._models = [copy.copy(base) for _ in range(count)]
        self._data = [mujoco.MjData(base) for _ in range(threads)]
        self._pool = rollout.Rollout(nthread=threads)
        self._steps = round(1.0 / (CONTROL_HZ * base.opt.timestep))
        self._step_ms = 1000.0 * base.opt.timestep
        size = mujoco.mj_stateSize(base, _STATE)
        self._states = np.zeros((count, self._steps, size))
        self._sensors = np.zeros((count, self._steps, base.nsensordata))
        self._controls = np.zeros((count, self._steps, base.nu))
        self._state = np.zeros((count, size))
        self._range = base.jnt_range[1:].T.copy()
        self._feet = np.array([base.sensor(f"{leg}_touch").adr[0] for leg in LEGS])
        self._foot_velocities = np.array([base.sensor(f"{leg}_velocity").adr[0] for leg in LEGS])
        self._torques = np.array([base.sensor(f"{joint}_torque").adr[0] for joint in JOINTS])
        self.values: dict[str, Floats] = {}
        self.normal = np.zeros((count, 3))
        self.command, self.phase = np.zeros((count, 2)), np.zeros(count)
        self.action, self.beyond_gait, self.targets = np.zeros((3, count, len(JOINTS)))
        self._late_steps = np.zeros(count, dtype=int)

    def reset(
        self,
        robots: NDArray[np.intp],
        conditions: Conditions,
        yaw: Floats | None = None,
        jitter: float = 0.05,
    ) -> None:
        """Starts some robots over at the origin.

        Args:
            robots: (K,) which.
            conditions: Of K walks.
            yaw: (K,) where they look; by chance when None.
            jitter: Standard deviation of the joints about the stand, radians.
        """
        count = len(robots)
        for name, column in conditions.values.items():
            self.values.setdefault(name, np.zeros(self.count))[robots] = column
        for k, robot in enumerate(robots):
            self.normal[robot] = self._applied.apply(self._models[robot], conditions, k)
        self._late_steps[robots] = np.rint(conditions.values["delay_ms"] / self._step_ms)
        yaw = self._rng.uniform(-np.pi, np.pi, count) if yaw is None else yaw
        state = np.zeros((count, self._state.shape[1]))
        state[:, 3] = HIP_HEIGHT_M + _FOOT_RADIUS_M + 0.005
        state[:, 4], state[:, 7] = np.cos(yaw / 2.0), np.sin(yaw / 2.0)
        state[:, 8:20] = STAND + jitter * self._rng.standard_normal((count, len(JOINTS)))
        self._state[robots], self._sensors[robots] = state, 0.0
        self.phase[robots] = self._rng.uniform(0.0, 1.0, count)
        self.action[robots] = self.beyond_gait[robots] = 0.0
        self.targets[robots] = STAND

    def kick(self, robots: NDArray[np.intp], velocity: Floats) -> None:
        """Adds a horizontal velocity (K, 2) to trunks, m/s."""
        self._state[robots, 20:22] += velocity

    def step(self, action: Floats) -> None:
        """One control period. The joints follow their old targets until the new ones arrive."""
        self.phase = next_phase(self.phase)
        self.action = bounded(action)
        self.beyond_gait = self.action - (trot(self.phase, self.command) - STAND) / RADIANS_PER_ACTION
        targets = np.clip(joint_targets(self.action), *self._range)
        late = np.arange(self._steps)[None, :, None] < self._late_steps[:, None, None]
        self._controls[:] = np.where(late, self.targets[:, None], targets[:, None])
        self.targets = targets
        self._pool.rollout(
            self._models, self._data, self._state, self._controls, state=self._states,
            sensordata=self._sensors, nstep=self._steps, skip_checks=True,
        )  # fmt: skip
        self._state[:] = self._states[:, -1]

    def observe(self) -> NDArray[np.float32]:
        """The network's input (N, 46), with noise."""
        sensed = {"up": self._in_trunk(np.array([0.0, 0.0, 1.0])), "gyro": self.gyro}
        sensed |= {"angles": self._state[:, 8:20], "rates": self._state[:, 26:38]}
        noisy = {k: v + _NOISE[k] * self._rng.standard_normal(v.shape) for k, v in sensed.items()}
        return encode(command=self.command, action=self.action, phase=self.phase, **noisy)

    @property
    def place(self) -> Floats:
        """(N, 3) of the trunks, metres."""
        return self._state[:, 1:4]

    @property
    def yaw(self) -> Floats:
        """(N,) radians."""
        w, x, y, z = self._state[:, 4:8].T
        yaw: Floats = np.arctan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))
        return yaw

    @property
    def velocity(self) -> Floats:
        """(N, 3) in the trunk's axes, m/s."""
        return self._in_trunk(self._state[:, 20:23])

    @property
    def gyro(self) -> Floats:
        """(N, 3) angular rate in the trunk's axes, rad/s."""
        return self._state[:, 23:26]

    @property
    def height(self) -> Floats:
        """(N,) of the trunks over the floor, metres."""
        height: Floats = np.einsum("nk,nk->n", self.place, self.normal)
        return height

    @property
    def floor_normal_in_trunk(self) -> Floats:
        """(N, 3); the third is the cosine of the tilt against the floor."""
        return self._in_trunk(self.normal)

    @property
    def fallen(self) -> NDArray[np.bool_]:
        """(N,) tilted by more than 53 deg against the floor, or down on it."""
        return (self.floor_normal_in_trunk[:, 2] < _FALLEN_COSINE) | (self.height < _FALLEN_HEIGHT_M)

    @property
    def torque(self) -> Floats:
        """(N, 12) of the motors, newton metres."""
        return self._sensors[:, -1, self._torques]

    @property
    def touch(self) -> Floats:
        """(N, 4) force under each foot, newtons."""
        return self._sensors[:, -1, self._feet]

    @property
    def foot_speed(self) -> Floats:
        """(N, 4) horizontal, m/s."""
        first = self._sensors[:, -1, self._foot_velocities]
        return np.hypot(first, self._sensors[:, -1, self._foot_velocities + 1])

    def _in_trunk(self, vector: Floats) -> Floats:
        """World vectors, (3,) or (N, 3), in the axes of the trunks."""
        w, u = self._state[:, 4:5], -self._state[:, 5:8]
        return np.asarray(vector + 2.0 * np.cross(u, np.cross(u, vector) + w * vector))
