"""What moves: the robot under its servo, and actors on their paths."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.drive import Servo
from simgate.sim_adapters.isaacsim.touching import MOST_CONTACTS
from simgate.sim_adapters.scene.scene import Scene

if TYPE_CHECKING:
    from isaacsim.core.experimental.prims import RigidPrim


class RobotBody:
    """The robot's rigid body, driven by velocities.

    Before each physics step the velocity is given what the servo's force would add to it in that step.
    Contacts are solved after that, against the robot's mass: what hits the robot pushes it, and the servo
    pushes back no harder than its force allows.

    Args:
        scene: The scene.
        timing: Rates.
        path: Of its prim.
        height_m: Of the prim's origin above z = 0.

    Attributes:
        pushed: Force on it in the next step besides the servo's, newtons, world frame, shape (3,).
    """

    def __init__(self, scene: Scene, timing: Timing, path: str, height_m: float) -> None:
        from isaacsim.core.experimental.prims import RigidPrim

        self.prim: RigidPrim = RigidPrim(path, max_contact_count=MOST_CONTACTS)
        self._height_m = height_m
        self._start = scene.robot.start
        self._mass, self._inertia = scene.robot.mass_kg, scene.robot.yaw_inertia_kgm2
        self._servo = Servo(scene.robot, 1.0 / timing.physics_hz)
        self._step_s = 1.0 / timing.physics_hz
        self._command = (0.0, 0.0)
        self.pushed: NDArray[np.float64] = np.zeros(3)

    def to_start(self) -> None:
        """Teleports to the start, at rest."""
        x, y, yaw = self._start
        self.prim.set_world_poses(positions=[[x, y, self._height_m]], orientations=[_quaternion(yaw)])
        self.prim.set_velocities([[0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0]])
        self._command = (0.0, 0.0)

    def command(self, forward_mps: float, yaw_rate_rps: float) -> None:
        """Takes the command that is held from now on."""
        self._command = self._servo.command(forward_mps, yaw_rate_rps)

    def drive(self) -> None:
        """Applies the servo, and what pushes, for one physics step."""
        linear, angular = self._velocities()
        push_x, push_y = self.pushed[:2].tolist()
        velocity = float(linear[0]), float(linear[1])
        force_x, force_y, torque = self._servo.wrench(
            self._command, self.pose[2], velocity, float(angular[2]), (push_x, push_y)
        )
        linear[0] += (force_x + push_x) / self._mass * self._step_s
        linear[1] += (force_y + push_y) / self._mass * self._step_s
        angular[2] += torque / self._inertia * self._step_s
        self.prim.set_velocities([linear.tolist()], [angular.tolist()])

    @property
    def pose(self) -> tuple[float, float, float]:
        """(x m, y m, yaw rad in (-pi, pi])."""
        positions, orientations = self.prim.get_world_poses()
        x, y, _ = positions.numpy()[0]
        return float(x), float(y), _yaw(orientations.numpy()[0])

    @property
    def twist(self) -> tuple[float, float]:
        """Forward speed m/s and yaw rate rad/s."""
        linear, angular = self._velocities()
        yaw = self.pose[2]
        return float(linear[0] * math.cos(yaw) + linear[1] * math.sin(yaw)), float(angular[2])

    def _velocities(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        linear, angular = self.prim.get_velocities()
        return np.array(linear.numpy()[0], dtype=np.float64), np.array(angular.numpy()[0], dtype=np.float64)


class ActorBodies:
    """The kinematic bodies of a scene's actors, as one batch.

    Args:
        scene: The scene; must have actors.
        paths: Of their prims.
    """

    def __init__(self, scene: Scene, paths: tuple[str, ...]) -> None:
        from isaacsim.core.experimental.prims import RigidPrim

        self._actors = scene.actors
        self.prims: RigidPrim = RigidPrim(list(paths))

    def move(self, time_s: float) -> None:
        """Puts every actor where its path says at a simulated time in seconds."""
        poses = [actor.pose_at(time_s) for actor in self._actors]
        self.prims.set_world_poses(
            positions=[list(position) for position, _ in poses],
            orientations=[_quaternion(yaw) for _, yaw in poses],
        )


class LooseBodies:
    """Bodies of a team's own stage that physics moves.

    Args:
        paths: Of their prims.
    """

    def __init__(self, paths: tuple[str, ...]) -> None:
        from isaacsim.core.experimental.prims import RigidPrim

        self._prims: RigidPrim = RigidPrim(list(paths))

    def poses(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Positions in metres (N, 3) and orientations wxyz (N, 4)."""
        positions, orientations = self._prims.get_world_poses()
        return (
            np.array(positions.numpy(), dtype=np.float64),
            np.array(orientations.numpy(), dtype=np.float64),
        )


def _quaternion(yaw: float) -> list[float]:
    """A turn about Z as (w, x, y, z)."""
    return [math.cos(0.5 * yaw), 0.0, 0.0, math.sin(0.5 * yaw)]


def _yaw(quaternion: NDArray[np.float64]) -> float:
    """Heading of (w, x, y, z), in (-pi, pi]."""
    w, x, y, z = (float(part) for part in quaternion)
    return math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))
