"""Forces on bodies of a model as PhysX takes them: one wrench for each link, in the next step alone."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.physx.articulated.links import Link
from simgate.sim_adapters.physx.selection import Selection
from simgate.sim_adapters.physx.session import PhysxSession


class Wrenches:
    """Writes forces onto the links of an attached stage.

    Args:
        session: The engine, with the stage attached.
        model: The model.
        links: Its links.
    """

    def __init__(self, session: PhysxSession, model: mujoco.MjModel, links: tuple[Link, ...]) -> None:
        parents = {link.parent for link in links}
        self._session, self._head = session, model.body_weldid
        self._links = {link.body: link for link in links}
        self._chained = {link.body for link in links if link.joint is not None or link.body in parents}
        self._selections: dict[int, Selection] = {}

    def write(
        self, data: mujoco.MjData, bodies: NDArray[np.int64], forces: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Writes forces at the centres of mass of bodies, each once, and tells which PhysX has taken.

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
            row = np.concatenate((forces[mine].sum(axis=0), torque, points[0]))
            self._selection(head).write({"wrench": row[None]})
        return forces.copy()

    def _selection(self, head: int) -> Selection:
        if head not in self._selections:
            of = self._session.links if head in self._chained else self._session.bodies
            self._selections[head] = of([self._links[head].path])
        return self._selections[head]
