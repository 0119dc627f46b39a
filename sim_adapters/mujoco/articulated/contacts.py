"""Who touches whom: of all contacts of a physics step those between two sets of shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.mujoco.articulated.names import geoms_of, need, subtree
from simgate.sim_adapters.observation import Contact
from simgate.sim_adapters.scene.sensing.touches import Touches

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Pair:
    """Two sets of shapes, whichever order they come in.

    Attributes:
        a: Whether each shape is in the one, shape (G,).
        b: Whether it is in the other.
    """

    a: Flags
    b: Flags

    def among(self, geoms: NDArray[np.int32]) -> Flags:
        """For contacts between shapes, shape (C, 2), which are between the two sets, shape (C,)."""
        first, second = geoms[:, 0], geoms[:, 1]
        found: Flags = (self.a[first] & self.b[second]) | (self.a[second] & self.b[first])
        return found


def pair_of(model: mujoco.MjModel, a: str, b: str) -> Pair:
    """Two bodies or shapes by their names.

    Raises:
        NativeError: The file has none of that name.
    """
    return Pair(geoms_of(model, a), geoms_of(model, b))


class ContactList(Protocol):
    """The contacts of the last physics step, whichever engine solved them."""

    def __len__(self) -> int: ...

    @property
    def geoms(self) -> NDArray[np.int32]:
        """The two shapes of each contact, shape (C, 2)."""
        ...

    def distance_m(self, contact: int) -> float:
        """Gap between the two, metres, negative where they overlap."""
        ...

    def normal_n(self, contact: int) -> float:
        """Normal force of a contact, newtons."""
        ...


class SolvedContacts:
    """Those of MuJoCo's own solver; see :class:`ContactList`."""

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        self._model, self._data, self._force = model, data, np.zeros(6)

    def __len__(self) -> int:
        return int(self._data.ncon)

    @property
    def geoms(self) -> NDArray[np.int32]:
        """The two shapes of each contact."""
        geoms: NDArray[np.int32] = self._data.contact.geom
        return geoms

    def distance_m(self, contact: int) -> float:
        """Gap between the two."""
        return float(self._data.contact.dist[contact])

    def normal_n(self, contact: int) -> float:
        """Normal force."""
        mujoco.mj_contactForce(self._model, self._data, contact, self._force)
        return float(self._force[0])


def force_n(contacts: ContactList, pair: Pair) -> float:
    """Sum of the normal forces between the two sets, newtons."""
    return float(sum(contacts.normal_n(k) for k in np.flatnonzero(pair.among(contacts.geoms)).tolist()))


def met(contacts: ContactList, contact: int) -> bool:
    """Whether the two shapes of a contact touch: they meet, or press across a margin."""
    return contacts.distance_m(contact) <= 0.0 or contacts.normal_n(contact) > 0.0


def do_touch(contacts: ContactList, pair: Pair) -> bool:
    """Whether anything of the two sets touches."""
    return any(met(contacts, k) for k in np.flatnonzero(pair.among(contacts.geoms)).tolist())


class RobotContacts:
    """What the robot has touched since the last observation, other than itself and what it may touch.

    Args:
        model: The model.
        robot: Body that is the robot.
        allow: Pairs of bodies or shapes whose touching does not count.

    Raises:
        NativeError: The file has none of a name.
    """

    def __init__(self, model: mujoco.MjModel, robot: str, allow: Sequence[tuple[str, str]]) -> None:
        self._step_s = float(model.opt.timestep)
        own = subtree(model, need(model, "body", robot))[model.geom_bodyid]
        self._between, self._own = Pair(own, ~own), own
        self._allowed = [pair_of(model, a, b) for a, b in allow]
        names = [_owner(model, geom) for geom in range(model.ngeom)]
        self._names = tuple(dict.fromkeys(names))
        self._number = np.array([self._names.index(name) for name in names], dtype=np.int64)
        self._touches = Touches(self._names)

    def clear(self) -> None:
        """Begins a new control period."""
        self._touches.clear()

    def collect(self, contacts: ContactList, step: int) -> None:
        """Adds the contacts of one physics step."""
        if not len(contacts):
            return
        geoms = contacts.geoms
        keep = self._between.among(geoms)
        for pair in self._allowed:
            keep &= ~pair.among(geoms)
        for contact in np.flatnonzero(keep).tolist():
            if not met(contacts, contact):
                continue
            first, second = geoms[contact]
            other = int(self._number[second if self._own[first] else first])
            impulse_ns = contacts.normal_n(contact) * self._step_s
            self._touches.add(other, step, impulse_ns, -contacts.distance_m(contact))

    def contacts(self) -> tuple[Contact, ...]:
        """What was touched since :meth:`clear`."""
        return self._touches.contacts()


_BEGUN_INSIDE_M = 0.02
"""Feet and wheels stand a little in their floor; what is deeper is thrown out of it."""


def begun_inside(model: mujoco.MjModel, data: mujoco.MjData, robot: str) -> tuple[str, ...]:
    """What a robot begins inside, by more than it stands in a floor: it has not begun as anyone meant it.

    Args:
        model: The world.
        data: Its state at the start, with contacts.
        robot: Body that is the robot.
    """
    own = subtree(model, need(model, "body", robot))[model.geom_bodyid]
    deepest: dict[str, float] = {}
    for geoms, distance in zip(data.contact.geom, data.contact.dist, strict=True):
        if own[geoms[0]] != own[geoms[1]] and distance < -_BEGUN_INSIDE_M:
            other = _owner(model, int(geoms[1] if own[geoms[0]] else geoms[0]))
            deepest[other] = max(deepest.get(other, 0.0), -float(distance))
    return tuple(
        f"the robot begins {1000.0 * m:.0f} mm inside '{name}': name a stored pose in which it stands free"
        for name, m in deepest.items()
    )


def _owner(model: mujoco.MjModel, geom: int) -> str:
    """What a shape counts as: its body, or by its own name where it is the world's."""
    body = int(model.geom_bodyid[geom])
    if body:
        return str(model.body(body).name) or f"body {body}"
    return str(model.geom(geom).name) or f"geom {geom}"
