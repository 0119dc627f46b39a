"""The scene: one immutable value that says everything a simulator needs to know."""

from __future__ import annotations

from dataclasses import dataclass, field

from simgate.sim_adapters.scene.body import Actor, Body
from simgate.sim_adapters.scene.light import Light
from simgate.sim_adapters.scene.native import NativeSite
from simgate.sim_adapters.scene.push import Push
from simgate.sim_adapters.scene.robot import Robot
from simgate.sim_adapters.scene.sensor import Camera, CameraEffects, Lidar


@dataclass(frozen=True, slots=True)
class Task:
    """What the robot is asked to do; the policy is told the goal, the scorer all of it.

    Attributes:
        goal: (x, y) of the goal, metres.
        goal_radius_m: The goal counts as reached within this distance of the robot's centre.
        barrier: Name of the body that closes the way, or None when the way is open.
        barrier_kind: The word the robot is expected to report for the barrier, for example
            ``glass``; None when the way is open.
    """

    goal: tuple[float, float]
    goal_radius_m: float = 0.5
    barrier: str | None = None
    barrier_kind: str | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """Bodies, lights, robot and sensors of one world.

    Attributes:
        name: Name of the world that made it.
        bodies: Fixed bodies.
        actors: Bodies that move on a given path whatever happens.
        lights: Light sources.
        ambient_lux: Light from everywhere, lux.
        robot: The robot, its start pose and its drive.
        camera: The robot's camera.
        effects: What the camera does to its frames.
        lidar: The robot's lidar.
        task: Goal and barrier.
        native: A file that holds bodies, lights and the robot's own body in place of the fields above.
        pushes: Forces on the robot, or on bodies of the file that physics moves.
    """

    name: str
    bodies: tuple[Body, ...]
    robot: Robot
    camera: Camera
    lidar: Lidar
    task: Task
    actors: tuple[Actor, ...] = ()
    lights: tuple[Light, ...] = ()
    ambient_lux: float = 0.0
    effects: CameraEffects = field(default_factory=CameraEffects)
    native: NativeSite | None = None
    pushes: tuple[Push, ...] = ()

    @property
    def robot_name(self) -> str:
        """What a push calls the robot: as its file does."""
        return self.native.robot if self.native is not None else "robot"

    def labelled(self, label: str) -> tuple[str, ...]:
        """Names of the bodies of a semantic class, fixed ones first."""
        bodies = [*self.bodies, *(actor.body for actor in self.actors)]
        names = [body.name for body in bodies if body.label == label]
        if self.native is not None:
            names += [name for name, own in self.native.labels if own == label]
        return tuple(names)
