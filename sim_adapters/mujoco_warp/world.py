"""A world with a robot that drives in the plane, which a simulation of many steps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.drawing.renderer import Size
from simgate.sim_adapters.mujoco.world_state import MujocoWorld
from simgate.sim_adapters.scene.scene import Scene


def size_of(scene: Scene) -> Size:
    """Width and height of its camera's picture, pixels."""
    return scene.camera.width, scene.camera.height


class WarpWorld(MujocoWorld):
    """See :class:`MujocoWorld`, and :class:`.engine.Seat`: what that steps by itself is done by
    :meth:`begin`, in each step :meth:`tell` and :meth:`take`, and :meth:`end`.

    Args:
        scene: What to simulate.
        timing: Rates.
    """

    def __init__(self, scene: Scene, timing: Timing) -> None:
        super().__init__(scene, timing)
        self.row = 0
        self.found: set[str] = set()

    def advance(self, forward_mps: float, yaw_rate_rps: float, steps: int) -> None:
        """A world alone is never stepped."""
        raise RuntimeError("worlds of MuJoCo Warp are stepped together")

    def tell(self) -> None:
        """Puts the actors where they are in the step that comes, and counts it."""
        self._sensing.move_actors(self.time_s)
        self.step_count += 1

    def take(self, geoms: NDArray[np.int32], gaps: NDArray[np.float64], forces: NDArray[np.float64]) -> None:
        """See :class:`.engine.Seat`."""
        for pair, gap, force in zip(geoms, gaps, forces, strict=True):
            body = self._touched(pair, float(gap))
            if body is not None:
                self._touch(body, float(gap), float(force))

    def end(self) -> None:
        """Puts the actors and the lights where they are now."""
        self._sensing.move_actors(self.time_s)
        self.refresh_lights()

    def problems(self) -> tuple[str, ...]:
        """What the simulation found in this world's own steps, and what its state shows."""
        return tuple(sorted({*self.found, *super().problems()}))
