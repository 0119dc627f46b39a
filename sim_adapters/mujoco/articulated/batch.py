"""N worlds with articulated robots that advance together, drawn by one OpenGL context."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.embodiment import Embodiment, eye_of
from simgate.sim_adapters.mujoco.articulated.engine import MujocoEngine, StartEngine
from simgate.sim_adapters.mujoco.articulated.world import ArticulatedWorld
from simgate.sim_adapters.mujoco.drawing.renderer import FrameRenderer, SceneView, assets_of, far_m
from simgate.sim_adapters.mujoco.mujoco_log import warn_on_stderr
from simgate.sim_adapters.observation import GroundTruth, Observation
from simgate.sim_adapters.scene.articulated import ArticulatedSite

_OVERVIEW = (480, 360)
"""Width and height of a picture from outside, pixels."""


class ArticulatedBatch:
    """Worlds of one file with one robot.

    Args:
        timing: Rates of the loop.
        name: The adapter's, for messages.
        engines: For the number of a world what starts its engine.
    """

    def __init__(
        self,
        timing: Timing,
        name: str = "mujoco",
        engines: Callable[[int], StartEngine] = lambda _: MujocoEngine,
    ) -> None:
        warn_on_stderr()
        self._timing, self._name, self._engines = timing, name, engines
        self._renderer: FrameRenderer | None = None
        self._earlier_render_s = 0.0
        self._worlds: list[ArticulatedWorld] = []
        self._truth: list[GroundTruth] = []

    @property
    def embodiment(self) -> Embodiment:
        """What the robot of this batch senses and is told.

        Raises:
            RuntimeError: There is no world yet.
        """
        if not self._worlds:
            raise RuntimeError(f"{self._name} adapter: the robot is known once a world was built")
        return self._worlds[0].embodiment

    @property
    def renderer_name(self) -> str:
        """What draws; known once a camera has drawn."""
        return self._renderer.description if self._renderer else "OpenGL, not started"

    @property
    def render_s(self) -> float:
        """Wall-clock seconds spent drawing so far."""
        return self._earlier_render_s + (self._renderer.render_s if self._renderer else 0.0)

    def reset(self, sites: Sequence[ArticulatedSite]) -> Observation:
        """Builds one world for each site, at step 0, with a first reading of every sensor.

        Raises:
            ValueError: No site, robots that differ, or a file that lacks what is asked of it.
        """
        if not sites:
            raise ValueError("reset needs at least one world")
        # A world that is refused must not leave the last episode running.
        self._worlds, self._truth = [], []
        worlds = [
            ArticulatedWorld(site, self._timing, self._engines(index)) for index, site in enumerate(sites)
        ]
        first = worlds[0].embodiment
        for world, site in zip(worlds, sites, strict=True):
            if world.embodiment != first:
                raise ValueError(
                    f"worlds of one batch must have one robot: '{site.name}' senses or is told something else"
                )
        self._prepare_renderer(worlds)
        self._step = 0
        self._arrays = {
            channel.name: np.zeros((len(worlds), *channel.shape), channel.dtype) for channel in first.channels
        }
        self._worlds = worlds
        self._views = [
            [[self._arrays[c.name][index] for c in sampler.channels] for sampler in world.samplers]
            for index, world in enumerate(worlds)
        ]
        for index, world in enumerate(worlds):
            world.sense_all(self._views[index])
            self._truth.append(self._true(world))
        return self._observation()

    def _prepare_renderer(self, worlds: list[ArticulatedWorld]) -> None:
        """One context, kept from batch to batch while pictures and meshes are the same."""
        if not worlds[0].draws:
            return
        fits = {assets_of(world.built) for world in worlds}
        if len(fits) > 1:
            raise ValueError("worlds of one batch must come from one file, with the same pictures and meshes")
        wanted, kept = worlds[0].built.model.vis.global_, self._renderer
        size = (int(wanted.offwidth), int(wanted.offheight))
        if kept is not None and (kept.assets not in fits or (kept.width, kept.height) != size):
            self.close_renderer()
        if self._renderer is None:
            self._renderer = FrameRenderer(worlds[0].built)
        for world in worlds:
            world.show_by(partial(SceneView, self._renderer))

    def overview(self, world: int) -> NDArray[np.uint8]:
        """A world seen from outside, its robot in the middle; uint8, shape (H, W, 3)."""
        shown = self._worlds[world]
        wanted = shown.model.vis.global_
        kept = wanted.offwidth, wanted.offheight
        wanted.offwidth, wanted.offheight = _OVERVIEW  # The robot's own cameras may be smaller, or none.
        renderer = FrameRenderer(shown.built)
        try:
            picture = np.zeros((renderer.height, renderer.width, 3), np.uint8)
            view = SceneView(renderer, shown.built, looking_at=shown.built.robot_body)
            view.look_over_walls(shown.data)
            view.update(shown.data)
            view.color(picture)
        finally:
            wanted.offwidth, wanted.offheight = kept
            renderer.close()
        return picture

    def step(self, actions: NDArray[np.float64], active: NDArray[np.bool_] | None = None) -> Observation:
        """Holds the actions for one control period; sensors read at their own moments within it.

        Args:
            actions: float64, shape (N, A), as :attr:`embodiment` declares them.
            active: Shape (N,); worlds that are False stand still and keep their last readings.

        Raises:
            RuntimeError: There is no world.
            ValueError: Another shape, or numbers that are no action of this robot.
        """
        told = self._checked(actions, active)
        self._step += self._timing.control_steps
        moving = [k for k in range(len(self._worlds)) if active is None or active[k]]
        self._advance(moving, told)
        for index in moving:
            self._truth[index] = self._true(self._worlds[index])
        return self._observation()

    def _advance(self, moving: Sequence[int], told: NDArray[np.float64]) -> None:
        """Holds the actions for one control period in some of the worlds, and senses there."""
        for index in moving:
            self._worlds[index].advance(told[index], self._views[index])

    def _checked(self, actions: NDArray[np.float64], active: NDArray[np.bool_] | None) -> NDArray[np.float64]:
        action, count = self.embodiment.action, len(self._worlds)
        told = np.array(actions, dtype=np.float64)
        if told.shape != (count, action.size):
            raise ValueError(
                f"{self._name} adapter: actions must have shape ({count}, {action.size}), not {told.shape}"
            )
        for index, row in enumerate(told):
            if active is not None and not active[index]:
                continue
            problem = action.problem(row)
            if problem:
                raise ValueError(f"{self._name} adapter: the action of world {index}: {problem}")
        return np.clip(told, action.low, action.high) if action.clip else told

    def _true(self, world: ArticulatedWorld) -> GroundTruth:
        return GroundTruth(
            world.step_count,
            self._frame_step(world),
            world.pose,
            world.twist,
            (),
            world.contacts(),
            {},
            world.values(),
            far_m=far_m(world.model),
            tells_entities=False,
            views=world.views(),
        )

    @staticmethod
    def _frame_step(world: ArticulatedWorld) -> int:
        """Step of the newest picture that a model looks at; the present one for a robot without a camera."""
        eye = eye_of(world.embodiment)
        if eye is None:
            return world.step_count
        return world.stamps(world.step_count)[eye.name]

    def _observation(self) -> Observation:
        return Observation(self._step, self._arrays, self._worlds[0].stamps(self._step))

    def ground_truth(self) -> tuple[GroundTruth, ...]:
        """The true state of each world at its last control tick."""
        return tuple(self._truth)

    def health(self) -> tuple[tuple[str, ...], ...]:
        """Reasons why a world cannot be believed."""
        return tuple(world.problems() for world in self._worlds)

    def close_renderer(self) -> None:
        """Frees the graphics; safe to call twice."""
        if self._renderer is not None:
            self._earlier_render_s += self._renderer.render_s
            self._renderer.close()
            self._renderer = None

    def close(self) -> None:
        """Frees worlds and graphics; safe to call twice."""
        self._worlds = []
        self.close_renderer()
