"""Pushes in a scene with a driving robot as PhysX takes them: in the next step alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.physx.selection import Selection
from simgate.sim_adapters.physx.session import PhysxSession

ROBOT = 0
"""Number of the robot; the loose bodies come after it."""


class SceneForces:
    """See :class:`simgate.sim_adapters.scene.push.Pushable`.

    Args:
        session: The engine, with the stage attached.
        loose: Paths of the bodies besides the robot that physics moves.

    Attributes:
        on_robot: Newtons, world frame, shape (3,), for whoever writes the robot's wrench.
    """

    def __init__(self, session: PhysxSession, loose: Sequence[str]) -> None:
        self._session, self._loose = session, tuple(loose)
        self._selections: dict[int, Selection] = {}
        self._acted = np.zeros((0, 3))
        self.on_robot = np.zeros(3)

    def push(self, bodies: NDArray[np.int64], forces: NDArray[np.float64]) -> None:
        """PhysX clears them with the step; what no force is on is left asleep."""
        for body, force in zip(bodies.tolist(), forces, strict=True):
            if body == ROBOT:
                self.on_robot = force
            elif force.any():
                self._selection(body).write({"force": force[None]})
        self._acted = forces.copy()

    def pushed(self) -> NDArray[np.float64]:
        """Those whose write PhysX has confirmed; it lets nobody read them."""
        self.on_robot = np.zeros(3)
        return self._acted

    def _selection(self, body: int) -> Selection:
        if body not in self._selections:
            self._selections[body] = self._session.bodies([self._loose[body - 1]])
        return self._selections[body]
