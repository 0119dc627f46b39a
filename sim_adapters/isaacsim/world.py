"""One scene that runs in Isaac Sim: stage, robot, camera, and what is true of them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.isaacsim.camera import CameraFeed
from simgate.sim_adapters.isaacsim.forces import SceneForces
from simgate.sim_adapters.isaacsim.movers import ActorBodies, LooseBodies, RobotBody
from simgate.sim_adapters.isaacsim.options import IsaacOptions
from simgate.sim_adapters.isaacsim.physics_loop import PhysicsLoop
from simgate.sim_adapters.isaacsim.readiness import Frame, FrameGate
from simgate.sim_adapters.isaacsim.shutter import Shutter
from simgate.sim_adapters.isaacsim.stage.lamps import Lamps
from simgate.sim_adapters.isaacsim.stage.shown import ShownScene
from simgate.sim_adapters.isaacsim.touching import ContactLog
from simgate.sim_adapters.observation import GroundTruth, VisibleEntity
from simgate.sim_adapters.scene.push import Pushes, number_among
from simgate.sim_adapters.scene.scene import Scene

NEAR_M = 0.5
"""Contacts are read while something is nearer than this; nothing but what is pushed covers it in a control
period."""


class IsaacWorld:
    """An episode: from the start pose until the next scene.

    The stage must show the scene, and physics must be prepared.

    Args:
        scene: The scene.
        shown: Its paths and truth.
        timing: Rates.
        options: Frames to wait for, checks.
        loop: The clock.
        feed: The camera.

    Attributes:
        frame: The last frame that was taken.
    """

    def __init__(
        self,
        scene: Scene,
        shown: ShownScene,
        timing: Timing,
        options: IsaacOptions,
        loop: PhysicsLoop,
        feed: CameraFeed,
    ) -> None:
        self.scene = scene
        self._shown = shown
        self._timing, self._options = timing, options
        self._loop = loop
        gate = FrameGate(1.0 / timing.physics_hz, options.depth, options.frame_time)
        self._shutter = Shutter(feed, loop, gate, options)
        self._reasons: list[str] = []
        self._index_of = {name: index for index, name in enumerate(shown.names)}
        self._lamps = Lamps(scene, shown.lights)
        loop.play(self._before_step, self._after_step)
        self._robot = RobotBody(scene, timing, shown.robot, shown.height_m)
        self._actors = ActorBodies(scene, shown.actors) if scene.actors else None
        self._loose = LooseBodies(shown.loose) if shown.loose else None
        self._forces = SceneForces(self._robot, shown.loose, 1.0 / timing.physics_hz)
        pushable = (scene.robot_name, *shown.loose)
        self._pushes = Pushes(scene.pushes, timing.physics_hz, number_among(pushable))
        self._near = True
        self._contacts = ContactLog(self._robot.prim, shown.names, self._body_at)
        self._robot.to_start()
        self._entities: tuple[VisibleEntity, ...] = ()
        self._lamps.shine(0.0)
        self._take(self._shutter.first())

    def _body_at(self, path: str) -> int:
        """Number of the body that owns a prim; -1 for what is no prim (``BACKGROUND``) or no body."""
        name = self._shown.body_at(path) if path.startswith("/") else None
        return -1 if name is None else self._index_of[name]

    def _before_step(self) -> None:
        self._pushes.tell(self._forces, self.step_count)
        self._robot.drive()
        if self._actors is not None:
            # Where they are when the step ends: what is drawn then needs no step to take effect.
            self._actors.move(self._timing.seconds(self.step_count + 1))

    def _after_step(self) -> None:
        self._pushes.collect(self._forces)
        if self._near:
            self._contacts.collect(self.step_count)

    @property
    def step_count(self) -> int:
        """Physics steps since the start."""
        return self._loop.step_count

    @property
    def pose(self) -> tuple[float, float, float]:
        """(x m, y m, yaw rad) of the robot."""
        return self._robot.pose

    @property
    def twist(self) -> tuple[float, float]:
        """Forward speed m/s and yaw rate rad/s."""
        return self._robot.twist

    def advance(self, forward_mps: float, yaw_rate_rps: float) -> None:
        """Holds a command for one control period."""
        self._robot.command(forward_mps, yaw_rate_rps)
        self._contacts.clear()
        near = min(self._gaps(self.pose).values(), default=math.inf) < NEAR_M
        self._near = near or bool(self.scene.pushes)
        self._loop.advance()
        if self._loop.lost:
            self._add(self._loop.lost)
        if self._contacts.overflow:
            self._add("more contact points than there is room for")

    def look(self) -> None:
        """Takes a frame of the present state."""
        relit = self._lamps.shine(self._timing.seconds(self.step_count))
        self._take(self._shutter.take(drawn=self._options.loop == "coupled" and not relit))

    def _take(self, frame: Frame) -> None:
        self.frame, pose = frame, self.pose
        gaps = self._gaps(pose)
        bodies = self._bodies_in(frame)
        time_s = self._timing.seconds(self.step_count)
        self._entities = () if bodies is None else self._shown.seen(bodies, pose, gaps, time_s)

    def _bodies_in(self, frame: Frame) -> NDArray[np.int64] | None:
        """Index of the body at each pixel, -1 for none."""
        if frame.ids is None:
            return None
        numbers, inverse = np.unique(frame.ids, return_inverse=True)
        owners = [self._body_at(frame.paths.get(int(number), "")) for number in numbers]
        table = np.array(owners, dtype=np.int64)
        return table[inverse].reshape(frame.ids.shape)

    def scan(self) -> NDArray[np.float64]:
        """Lidar ranges, metres, ``inf`` where nothing was hit."""
        return self._shown.ranges(self.pose, self._timing.seconds(self.step_count))

    def _gaps(self, pose: tuple[float, float, float]) -> dict[str, float]:
        if self._loose is not None:
            self._shown.follow(*self._loose.poses())
        return self._shown.gaps(pose, self._timing.seconds(self.step_count))

    def truth(self, frame_step: int) -> GroundTruth:
        """The true state now; ``frame_step`` is the step of the last frame."""
        pose = self.pose
        return GroundTruth(
            step=self.step_count,
            frame_step=frame_step,
            pose=pose,
            twist=self.twist,
            entities=self._entities,
            contacts=self._contacts.contacts(),
            clearance_m=self._gaps(pose),
        )

    def problems(self) -> tuple[str, ...]:
        """Why this world cannot be believed; empty when it is sound."""
        finite = all(map(math.isfinite, (*self.pose, *self.twist)))
        doubts = [self._shutter.problem] if self._shutter.problem else []
        return (*doubts, *self._reasons, *self._pushes.problems(), *(() if finite else ("non-finite state",)))

    def _add(self, reason: str) -> None:
        if reason not in self._reasons:
            self._reasons.append(reason)
