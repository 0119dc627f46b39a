"""Pushes in a scene with a driving robot as Isaac Sim takes them: velocities that a force adds in a step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.isaacsim.movers import RobotBody

if TYPE_CHECKING:
    from isaacsim.core.experimental.prims import RigidPrim

ROBOT = 0
"""Number of the robot; the loose bodies come after it."""


class SceneForces:
    """See :class:`simgate.sim_adapters.scene.push.Pushable`.

    Isaac Sim's own forces act at a body's origin; what one at the centre of mass does in a step is a change
    of its velocity, which is that of the centre of mass.

    Args:
        robot: The robot.
        loose: Paths of the other bodies that physics moves.
        step_s: Length of a physics step, seconds.
    """

    def __init__(self, robot: RobotBody, loose: Sequence[str], step_s: float) -> None:
        self._robot, self._loose, self._step_s = robot, tuple(loose), step_s
        self._prims: dict[int, tuple[RigidPrim, float]] = {}
        self._acted = np.zeros((0, 3))

    def push(self, bodies: NDArray[np.int64], forces: NDArray[np.float64]) -> None:
        """The robot takes its own with its drive; what no force is on is left asleep."""
        self._acted = forces.copy()
        for row, (body, force) in enumerate(zip(bodies.tolist(), forces, strict=True)):
            if body == ROBOT:
                self._robot.pushed = force
            elif force.any():
                self._acted[row] = self._accelerate(body, force)

    def pushed(self) -> NDArray[np.float64]:
        """What velocities, read back before the step, say of those on loose bodies; the robot's as told."""
        self._robot.pushed = np.zeros(3)
        return self._acted

    def _accelerate(self, body: int, force: NDArray[np.float64]) -> NDArray[np.float64]:
        """Gives a body what a force adds to its velocity in a step; the force by what it has then."""
        prim, mass = self._prim(body)
        before = _velocity(prim)
        wanted = before + force / mass * self._step_s
        prim.set_velocities([wanted.tolist()])
        now = _velocity(prim)
        if np.array_equal(now, wanted.astype(np.float32)):
            return force
        taken: NDArray[np.float64] = (now - before) * mass / self._step_s
        return taken

    def _prim(self, body: int) -> tuple[RigidPrim, float]:
        if body not in self._prims:
            from isaacsim.core.experimental.prims import RigidPrim

            prim = RigidPrim(self._loose[body - 1])
            self._prims[body] = prim, float(prim.get_masses().numpy()[0, 0])
        return self._prims[body]


def _velocity(prim: RigidPrim) -> NDArray[np.float64]:
    return np.array(prim.get_velocities()[0].numpy()[0], dtype=np.float64)
