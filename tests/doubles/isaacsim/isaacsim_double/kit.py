"""The application: one stage, one timeline, one physics engine, and the products that are rendered."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from pxr import Usd, UsdGeom, UsdPhysics

from isaacsim_double.faults import Faults
from isaacsim_double.picture import DrawnState, Picture
from isaacsim_double.product import RenderProduct
from isaacsim_double.reported import bring_schema_tools
from isaacsim_double.robot_world import RobotPicture, RobotState
from isaacsim_double.shown_scene import SceneListener
from simgate.sim_adapters.physx.selection import ShapeContact
from simgate.sim_adapters.physx.session import PhysxSession
from simgate.sim_adapters.usd.paths import ACTORS, BODIES

STEPS_BY_ITSELF = 2
"""``play()`` integrates so many steps while it sets physics up."""
LEAST_FRAME_RATE = 30.0
"""Application updates longer than this drop physics steps."""


class Kit:
    """State of the application; :data:`kit` is the one of this process."""

    def __init__(self) -> None:
        self.faults = Faults.of_this_process()
        self.started = False
        self.playing = False
        self.fabric = False
        self.stage: Usd.Stage | None = None
        self.steps = 0
        self.update_s = 1.0 / 60.0
        self.products: list[RenderProduct] = []
        self.callbacks: dict[int, tuple[str, Callable[[float, Any], Any]]] = {}
        self._callback_number = 0
        self._listener: SceneListener | None = None
        self._session: PhysxSession | None = None
        self._robot: Any = None
        self._actors: Any = None
        self._picture: Picture | RobotPicture | None = None
        self._drawn: DrawnState | RobotState | None = None
        self._late: DrawnState | RobotState | None = None
        self._steps_at_play = 0
        self._time_s = 0.0
        self._bodies: frozenset[str] = frozenset()

    # -- application and stage

    def start(self) -> None:
        if self.started:
            raise RuntimeError("SimulationApp was started twice in this process")
        self.started = True
        bring_schema_tools()
        self._listener = SceneListener()
        self._session = PhysxSession()

    def new_stage(self) -> Usd.Stage:
        self._require_started()
        if any(product.annotators for product in self.products):
            raise RuntimeError("the stage was replaced while sensors were attached to it")
        if self.playing:
            raise RuntimeError("the stage was replaced while the timeline played")
        self.stage = Usd.Stage.CreateInMemory()
        self.callbacks.clear()
        self.steps, self._time_s = 0, 0.0
        return self.stage

    def current_stage(self) -> Usd.Stage:
        if self.stage is None:
            raise RuntimeError("no stage is open")
        return self.stage

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _require_started(self) -> None:
        if not self.started:
            raise RuntimeError("SimulationApp has not been started")

    @property
    def bodies(self) -> frozenset[str]:
        """Names of the bodies that the stage shows; it does not change while the timeline plays."""
        return self._bodies if self.playing else self._shown_bodies()

    def _shown_bodies(self) -> frozenset[str]:
        if self.stage is None:
            return frozenset()
        found = self.stage.GetPrimAtPath(BODIES)
        children = found.GetChildren() if found.IsValid() else []
        shown = UsdGeom.Tokens.inherited
        return frozenset(
            prim.GetName() for prim in children if UsdGeom.Imageable(prim).ComputeVisibility() == shown
        )

    # -- timeline

    @property
    def step_s(self) -> float:
        return 1.0 / self.steps_per_second

    @property
    def steps_per_second(self) -> int:
        prims = self.current_stage().Traverse()
        (scene,) = [prim for prim in prims if prim.IsA(UsdPhysics.Scene)]
        return int(scene.GetAttribute("physxScene:timeStepsPerSecond").Get())

    def play(self) -> None:
        assert self._session is not None and self._listener is not None
        if self.playing:
            return
        stage = self.current_stage()
        if self._listener.robots is not None:
            self._listener.check_robots(self._listener.robots, stage)
            self._session.load(stage)
            self._picture = RobotPicture(self._listener.robots, self._session)
            self._bodies = self._picture.bodies
        else:
            self._play_scene(self._session, self._listener, stage)
        self.playing = True
        for _ in range(STEPS_BY_ITSELF):
            self._session.step(self.step_s)
            self._count()
        self._steps_at_play = self.steps
        self.update_fabric()
        self._late = self._drawn

    def _play_scene(self, session: PhysxSession, listener: SceneListener, stage: Usd.Stage) -> None:
        scene = listener.check(stage)
        assert listener.timing is not None
        self._picture = Picture(scene, listener.timing, listener.variant)
        session.load(stage)
        self._robot = session.bodies([listener.robot])
        actors = stage.GetPrimAtPath(ACTORS)
        paths = [str(prim.GetPath()) for prim in (actors.GetChildren() if actors else []) if _is_live(prim)]
        paths += listener.loose
        self._actors = session.bodies(paths) if paths else None
        self._bodies = self._shown_bodies()

    def stop(self) -> None:
        assert self._session is not None
        self.playing = False
        self._session.unload()
        self._robot = self._actors = None

    # -- physics

    @property
    def session(self) -> PhysxSession:
        if not self.playing or self._session is None:
            raise RuntimeError("physics does not run: play() has not been called")
        return self._session

    def step(self) -> None:
        """One physics step with its callbacks."""
        self.faults.before_step(self.bodies)
        self._call("PHYSICS_PRE_STEP")
        self.session.step(self.step_s)
        if not self.faults.strike("lost_steps", self.bodies):
            self._count()
        self._call("PHYSICS_POST_STEP")

    def _count(self) -> None:
        self.steps += 1
        self._time_s += self.step_s

    def contact_points(self) -> list[ShapeContact]:
        """Those of the last step in a world of robots."""
        if not self.playing or not isinstance(self._picture, RobotPicture):
            raise RuntimeError("there is no world of robots")
        return self._picture.contacts.points()

    @property
    def time_s(self) -> float:
        return self._time_s

    def register(self, event: str, callback: Callable[[float, Any], Any]) -> int:
        self._callback_number += 1
        self.callbacks[self._callback_number] = (event, callback)
        return self._callback_number

    def _call(self, event: str) -> None:
        for wanted, callback in list(self.callbacks.values()):
            if wanted == event:
                callback(self.step_s, None)

    def update_fabric(self) -> None:
        """Lets the renderer know the present state."""
        self._late = self._drawn
        if isinstance(self._picture, RobotPicture):
            self._drawn = self._picture.state(self._time_s)
            return
        x, y, yaw = _planar(self._robot.states())
        actors = ()
        if self._actors is not None:
            state = self._actors.states()
            turns = np.roll(state.orientation, 1, axis=1)
            actors = tuple(zip(state.position, turns, strict=True))
        episode_s = (self.steps - self._steps_at_play) * self.step_s
        self._drawn = DrawnState((x, y, yaw), actors, self._time_s, episode_s)

    # -- updates

    def update(self) -> None:
        """An update of the application: physics of its period when the timeline plays, then a frame."""
        if self.playing:
            wanted = round(self.update_s * self.steps_per_second)
            for _ in range(min(wanted, int(self.steps_per_second / LEAST_FRAME_RATE))):
                self.step()
            self.update_fabric()
        self.render()

    def render(self) -> None:
        """Draws the state that the renderer knows into every product."""
        if self._drawn is None or self._picture is None or not self.playing:
            return
        assert self._listener is not None
        bodies = self.bodies
        if self.faults.strike("no_frame", bodies):
            return
        late = self.faults.strike("skewed", bodies) and self._late is not None
        state = self._late if late and self._late is not None else self._drawn
        for product in self.products:
            if isinstance(self._picture, RobotPicture):
                assert isinstance(state, RobotState)
                colour, shown, depth = self._picture.draw(product.camera, state)
                paths = {geom + 2: path for geom, path in self._picture.paths.items()}
            else:
                assert isinstance(state, DrawnState)
                colour, shown, depth = self._picture.draw(state)
                paths = {index + 2: path for index, path in enumerate(self._listener.paths())}
            if self.faults.strike("black", bodies):
                colour[:] = 0
            if self.faults.strike("constant", bodies):
                colour[:] = 117
            product.fill(colour, shown, depth, paths, state.time_s)


def _is_live(prim: Usd.Prim) -> bool:
    return (
        prim.HasAPI(UsdPhysics.RigidBodyAPI)
        and UsdGeom.Imageable(prim).ComputeVisibility() != UsdGeom.Tokens.invisible
    )


def _planar(state: Any) -> tuple[float, float, float]:
    x, y, z, w = (float(value) for value in state.orientation[0])
    yaw = math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))
    return float(state.position[0, 0]), float(state.position[0, 1]), yaw


kit = Kit()
