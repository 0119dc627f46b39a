"""One MuJoCo world: stepping, contacts, health."""

from __future__ import annotations

import math

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.build import ROBOT_GEOM, BuiltScene, build_model
from simgate.sim_adapters.mujoco.drawing.sight import Sight
from simgate.sim_adapters.mujoco.native.build import build_native
from simgate.sim_adapters.mujoco.native.sensing import sensing_of
from simgate.sim_adapters.mujoco.pushes import AppliedForces, pushed_body
from simgate.sim_adapters.mujoco.soundness import problems_of
from simgate.sim_adapters.observation import GroundTruth
from simgate.sim_adapters.scene.push import Pushes
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.scene.sensing.touches import Touches
from simgate.sim_adapters.worlds.native_file import NativeError


def build_any(scene: Scene, timing: Timing) -> BuiltScene:
    """Compiles a scene, of primitives or from a file of either kind.

    Raises:
        ValueError: MuJoCo rejects it, or the file cannot be used; the message says why.
    """
    if scene.native is None:
        return build_model(scene, timing)
    if scene.native.kind == "usd":
        from simgate.sim_adapters.mujoco.stage_twin.twin import stepped_twin

        return stepped_twin(scene, timing).built
    return build_native(scene, timing)


class MujocoWorld:
    """Physics of one scene.

    Args:
        scene: What to simulate.
        timing: Rates.

    Raises:
        ValueError: MuJoCo rejects the scene, or a body cannot be pushed.
    """

    def __init__(self, scene: Scene, timing: Timing) -> None:
        self.scene = scene
        self.timing = timing
        self.built: BuiltScene = build_any(scene, timing)
        self.data = mujoco.MjData(self.built.model)
        self.step_count = 0
        self._drive = drive = self.built.drive
        self._sensing = sensing_of(scene, self.built, self.data)
        self._touches = Touches(self.built.names)
        self._force = np.zeros(6)
        self._applied = AppliedForces(self.data)
        try:
            self._pushes = Pushes(scene.pushes, timing.physics_hz, self._number)
        except NativeError as error:
            raise ValueError(f"{scene.name}: {error}") from None
        x, y, yaw = scene.robot.start
        self.data.qpos[drive.qpos : drive.qpos + 3] = (x - drive.origin[0], y - drive.origin[1], yaw)
        for index, value in self.built.start:
            self.data.qpos[index] = value
        self._sensing.move_actors(self.time_s)
        mujoco.mj_forward(self.built.model, self.data)
        self._collect_contacts()

    def _number(self, name: str) -> int:
        """Number of a body that is pushed; a stage's robot has another name in its model than in the file."""
        model = self.built.model
        return self.built.robot_body if name == self.scene.robot_name else pushed_body(model, name)

    @property
    def time_s(self) -> float:
        """Simulated time, seconds."""
        return self.timing.seconds(self.step_count)

    def begin(self, forward_mps: float, yaw_rate_rps: float) -> None:
        """Sets the command of the steps that come, and forgets what was touched before."""
        robot = self.scene.robot
        top, turn = robot.max_speed_mps, robot.max_yaw_rate_rps
        self.data.ctrl[self._drive.ctrl : self._drive.ctrl + 3] = (
            min(max(forward_mps, -top), top),
            0.0,
            min(max(yaw_rate_rps, -turn), turn),
        )
        self._touches.clear()

    def advance(self, forward_mps: float, yaw_rate_rps: float, steps: int) -> None:
        """Holds a command for so many physics steps."""
        self.begin(forward_mps, yaw_rate_rps)
        model, data = self.built.model, self.data
        has_actors = bool(self.built.mocap_ids)
        for _ in range(steps):
            if has_actors:
                self._sensing.move_actors(self.time_s)
            self._pushes.tell(self._applied, self.step_count)
            mujoco.mj_step(model, data)
            self._pushes.collect(self._applied)
            self.step_count += 1
            if data.ncon:
                self._collect_contacts()
        if has_actors:
            self._sensing.move_actors(self.time_s)
        # mj_step leaves derived poses one step behind the state.
        self._sensing.update_poses()

    def _collect_contacts(self) -> None:
        contact = self.data.contact
        for index in range(self.data.ncon):
            distance = float(contact.dist[index])
            body = self._touched(contact.geom[index], distance)
            if body is None:
                continue
            mujoco.mj_contactForce(self.built.model, self.data, index, self._force)
            self._touch(body, distance, float(self._force[0]))

    def _touched(self, geoms: NDArray[np.int32], distance_m: float) -> int | None:
        """The body that a contact of two shapes is the robot's touching of; None for any other."""
        first, second = (int(self.built.geom_body[geom]) for geom in geoms)
        if distance_m > 0.0 or max(first, second) < 0 or min(first, second) != ROBOT_GEOM:
            return None
        return max(first, second)

    def _touch(self, body: int, distance_m: float, normal_n: float) -> None:
        self._touches.add(body, self.step_count, normal_n / self.timing.physics_hz, -distance_m)

    @property
    def pose(self) -> tuple[float, float, float]:
        """(x m, y m, yaw rad in (-pi, pi]) of the robot."""
        drive = self._drive
        x, y, yaw = (float(q) for q in self.data.qpos[drive.qpos : drive.qpos + 3])
        return x + drive.origin[0], y + drive.origin[1], math.remainder(yaw, math.tau)

    @property
    def twist(self) -> tuple[float, float]:
        """Forward speed m/s and yaw rate rad/s."""
        drive, yaw = self._drive, float(self.data.qpos[self._drive.qpos + 2])
        x, y, turn = (float(v) for v in self.data.qvel[drive.dof : drive.dof + 3])
        return x * math.cos(yaw) + y * math.sin(yaw), turn

    def refresh_lights(self) -> None:
        """Sets the lights to the present moment."""
        self._sensing.refresh_lights(self.time_s)

    def scan(self, out: NDArray[np.float64]) -> None:
        """Lidar ranges into ``out``, metres."""
        self._sensing.scan(self.pose, out)

    def truth(self, sight: Sight | None, frame_step: int) -> GroundTruth:
        """The true state now, with what a frame shows of it that was taken just now (None: the last one)."""
        steps = (self.step_count, frame_step)
        contacts = self._touches.contacts()
        return self._sensing.truth(steps, self.time_s, self.pose, self.twist, contacts, sight)

    def problems(self) -> tuple[str, ...]:
        """Why this world cannot be believed; empty when it is sound."""
        return (*self._pushes.problems(), *problems_of(self.data))
