"""A batch of worlds of either kind: driving robots, or robots on their own joints."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.mujoco.articulated.batch import ArticulatedBatch
from simgate.sim_adapters.mujoco.rendered import RenderedAdapter, W
from simgate.sim_adapters.observation import GroundTruth, Observation
from simgate.sim_adapters.quantities import Physical
from simgate.sim_adapters.scene.articulated import ArticulatedSite
from simgate.sim_adapters.scene.scene import Scene


class AnyRobotAdapter(RenderedAdapter[W]):
    """See :class:`simgate.sim_adapters.adapter.SimAdapter`; arguments as :class:`RenderedAdapter` says.

    Scenes are of driving robots, or all of them :class:`ArticulatedSite`; the next reset may change that.
    """

    traits = replace(
        RenderedAdapter.traits,
        quantities=frozenset(get_args(Physical)),
        actuators=True,
        overview=True,
        pushes=True,
    )

    def __init__(self, timing: Timing, options: Mapping[str, object] | None = None) -> None:
        super().__init__(timing, options)
        self._robots: ArticulatedBatch | None = None
        """The worlds, while they are of articulated robots."""

    @abstractmethod
    def _make_robots(self) -> ArticulatedBatch:
        """Worlds for articulated robots."""

    @property
    def renderer_name(self) -> str:
        """What draws; known once a first scene was built."""
        return self._robots.renderer_name if self._robots else super().renderer_name

    def reset(self, scenes: Sequence[Scene | ArticulatedSite]) -> Observation:
        """Builds one world for each scene, all with a driving robot or all with an articulated one.

        Raises:
            ValueError: No scene, a mixture of both, or one that cannot be built.
        """
        sites = [scene for scene in scenes if isinstance(scene, ArticulatedSite)]
        driven = [scene for scene in scenes if not isinstance(scene, ArticulatedSite)]
        if sites and driven:
            message = "scenes of one batch must all have a driving robot, or all one on its own joints"
            raise ValueError(message)
        if not sites:
            self._leave_robots()
            return super().reset(driven)
        super().close()
        self._robots = self._robots or self._make_robots()
        return self._drawn(self._robots, self._robots.render_s, self._robots.reset(sites))

    def _drawn(self, robots: ArticulatedBatch, before_s: float, seen: Observation) -> Observation:
        self.render_s += robots.render_s - before_s
        return seen

    def _leave_robots(self) -> None:
        if self._robots is not None:
            self._robots.close()
            self._robots = None

    @property
    def embodiment(self) -> Embodiment:
        """The robot of the scenes that were last built."""
        return self._robots.embodiment if self._robots else super().embodiment

    def step(self, actions: NDArray[np.float64], active: NDArray[np.bool_] | None = None) -> Observation:
        """Holds the actions for one control period and senses; see :class:`RenderedAdapter`."""
        if self._robots is None:
            return super().step(actions, active)
        return self._drawn(self._robots, self._robots.render_s, self._robots.step(actions, active))

    def overview(self, world: int) -> NDArray[np.uint8] | None:
        """A world from outside, for people; uint8, shape (H, W, 3). None for a scene, whose walls hide it."""
        return self._robots.overview(world) if self._robots else None

    def ground_truth(self) -> tuple[GroundTruth, ...]:
        """The true state of each world at the last observation."""
        return self._robots.ground_truth() if self._robots else super().ground_truth()

    def health(self) -> tuple[tuple[str, ...], ...]:
        """Reasons why a world cannot be believed."""
        return self._robots.health() if self._robots else super().health()

    def close(self) -> None:
        """Frees worlds and graphics; safe to call twice."""
        self._leave_robots()
        super().close()
