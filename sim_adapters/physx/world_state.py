"""One world that PhysX moves and MuJoCo draws."""

from __future__ import annotations

import math

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.drive import Servo
from simgate.sim_adapters.mujoco.build import BuiltScene
from simgate.sim_adapters.mujoco.drawing.sight import Sight
from simgate.sim_adapters.mujoco.native.sensing import sensing_of
from simgate.sim_adapters.observation import GroundTruth
from simgate.sim_adapters.physx.forces import SceneForces
from simgate.sim_adapters.physx.physx_scene import physx_scene
from simgate.sim_adapters.physx.session import PhysxSession
from simgate.sim_adapters.scene.push import Pushes, number_among
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.scene.sensing.touches import Touches

_NEAR_M = 0.5
"""Contacts are read while something is nearer than this; nothing but what is pushed covers it in a control
period."""
_OFF_PLANE_M = 1e-3
_TILT_RAD = 1e-3


class PhysxWorld:
    """Physics of one scene on an engine instance.

    Args:
        scene: What to simulate.
        timing: Rates.
        session: The engine; this world takes it over until another one does.

    Raises:
        ValueError: MuJoCo or PhysX rejects the scene.
    """

    def __init__(self, scene: Scene, timing: Timing, session: PhysxSession) -> None:
        self.scene = scene
        self.timing = timing
        self.prepared = prepared = physx_scene(scene, timing)
        self.built: BuiltScene = prepared.built
        self.data = mujoco.MjData(self.built.model)
        self.step_count = 0
        self._sensing = sensing_of(scene, self.built, self.data)
        self._touches = Touches(self.built.names)
        self._servo = Servo(scene.robot, 1.0 / timing.physics_hz)
        self._session = session
        session.load(prepared.stage)
        self._number = {name: index for index, name in enumerate(self.built.names)}
        self._robot = session.bodies([prepared.robot])
        self._sensor = session.contact_sensor(prepared.robot)
        self._actors = session.bodies(list(prepared.actors)) if prepared.actors else None
        self._loose = session.bodies(list(prepared.followers)) if prepared.followers else None
        self._forces = SceneForces(session, list(prepared.followers))
        pushable = (scene.robot_name, *prepared.followers)
        self._pushes = Pushes(scene.pushes, timing.physics_hz, number_among(pushable))
        self._read_state()
        self._follow()

    @property
    def time_s(self) -> float:
        """Simulated time, seconds."""
        return self.timing.seconds(self.step_count)

    def advance(self, forward_mps: float, yaw_rate_rps: float, steps: int) -> None:
        """Holds a command for so many physics steps."""
        command = self._servo.command(forward_mps, yaw_rate_rps)
        self._touches.clear()
        gaps = self._sensing.clearance.gaps(self.pose[0], self.pose[1], self.time_s)
        near = bool(self.scene.pushes) or min(gaps.values(), default=math.inf) < _NEAR_M
        for _ in range(steps):
            self._pushes.tell(self._forces, self.step_count)
            self._push(command)
            self._move_actors(self.timing.seconds(self.step_count + 1))
            self._session.step(1.0 / self.timing.physics_hz)
            self._pushes.collect(self._forces)
            self.step_count += 1
            self._read_state()
            if near:
                self._collect_contacts()
        self._follow()

    def _follow(self) -> None:
        """Brings the model to where the bodies are."""
        if self._loose is not None:
            states = self._loose.states()
            for row, mocap in enumerate(self.prepared.followers.values()):
                x, y, z, w = states.orientation[row]
                self.data.mocap_pos[mocap] = states.position[row]
                self.data.mocap_quat[mocap] = (w, x, y, z)
        self._sensing.place(self.pose, self.time_s)

    def _push(self, command: tuple[float, float]) -> None:
        x, y, yaw = self.pose
        push_x, push_y = self._forces.on_robot[:2].tolist()
        force_x, force_y, torque = self._servo.wrench(
            command, yaw, self._velocity, self.twist[1], (push_x, push_y)
        )
        place = (x, y, 0.5 * self.scene.robot.height_m)
        wrench = [force_x + push_x, force_y + push_y, 0.0, 0.0, 0.0, torque, *place]
        self._robot.write({"wrench": np.array([wrench])})

    def _move_actors(self, time_s: float) -> None:
        """Sends the actors on their way, to be there when the step ends."""
        if self._actors is None:
            return
        poses = [actor.pose_at(time_s) for actor in self.scene.actors]
        turns = [(0.0, 0.0, math.sin(0.5 * yaw), math.cos(0.5 * yaw)) for _, yaw in poses]
        self._actors.write(
            {
                "kinematicTargetPosition": np.array([position for position, _ in poses]),
                "kinematicTargetOrientation": np.array(turns),
            }
        )

    def _read_state(self) -> None:
        state = self._robot.states()
        x, y, z = (float(value) for value in state.position[0])
        qx, qy, qz, qw = (float(value) for value in state.orientation[0])
        self._pose = (x, y, math.remainder(2.0 * math.atan2(qz, qw), math.tau))
        self._velocity = (float(state.linear_velocity[0, 0]), float(state.linear_velocity[0, 1]))
        self._yaw_rate = float(state.angular_velocity[0, 2])
        self._off_plane = (abs(z - self.prepared.height_m), 2.0 * math.hypot(qx, qy))

    def _collect_contacts(self) -> None:
        for point in self._sensor.points():
            # Points within the contact offset are listed before anything touches.
            if point.separation_m > 0.0 and point.force_n == 0.0:
                continue
            name = self.prepared.body_at(point.other)
            if name is not None:
                impulse = point.force_n / self.timing.physics_hz
                self._touches.add(self._number[name], self.step_count, impulse, max(0.0, -point.separation_m))

    @property
    def pose(self) -> tuple[float, float, float]:
        """(x m, y m, yaw rad in (-pi, pi]) of the robot."""
        return self._pose

    @property
    def twist(self) -> tuple[float, float]:
        """Forward speed m/s and yaw rate rad/s."""
        (x, y), yaw = self._velocity, self._pose[2]
        return x * math.cos(yaw) + y * math.sin(yaw), self._yaw_rate

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
        pushes = self._pushes.problems()
        if not all(map(math.isfinite, (*self._pose, *self._velocity, self._yaw_rate, *self._off_plane))):
            return (*pushes, "non-finite state")
        if self._off_plane[0] > _OFF_PLANE_M or self._off_plane[1] > _TILT_RAD:
            return (*pushes, "the robot has left the floor plane")
        return pushes
