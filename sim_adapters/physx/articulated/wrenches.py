"""Forces on bodies of a model as engines of PhysX take them: a wrench a link, in the next step alone."""

from __future__ import annotations

from collections.abc import Callable

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.physx.articulated.links import Link

Wrench = NDArray[np.float64]
"""Force, torque and the point where the force acts, world frame, newtons and metres, shape (9,)."""


class Wrenches:
    """Writes forces onto the links of an attached stage.

    Args:
        model: The model.
        links: Its links.
        writer: What takes the wrenches of a link; asked once for each that is pushed, and told whether it is
            a part of an articulation.
    """

    def __init__(
        self,
        model: mujoco.MjModel,
        links: tuple[Link, ...],
        writer: Callable[[Link, bool], Callable[[Wrench], None]],
    ) -> None:
        parents = {link.parent for link in links}
        self._head, self._writer = model.body_weldid, writer
        self._links = {link.body: link for link in links}
        self._chained = {link.body for link in links if link.joint is not None or link.body in parents}
        self._writers: dict[int, Callable[[Wrench], None]] = {}

    def write(
        self, data: mujoco.MjData, bodies: NDArray[np.int64], forces: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Writes forces at the centres of mass of bodies, each once, and tells which were taken.

        Args:
            data: The state.
            bodies: Their numbers, shape (B,).
            forces: Newtons, world frame, shape (B, 3).
        """
        heads = self._head[bodies]
        for head in dict.fromkeys(heads.tolist()):
            mine = np.flatnonzero(heads == head)
            points = data.xipos[bodies[mine]]
            torque = np.cross(points - points[0], forces[mine]).sum(axis=0)
            if head not in self._writers:
                self._writers[head] = self._writer(self._links[head], head in self._chained)
            self._writers[head](np.concatenate((forces[mine].sum(axis=0), torque, points[0])))
        return forces.copy()
