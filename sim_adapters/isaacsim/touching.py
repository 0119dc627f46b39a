"""What the robot touches, summed over the physics steps of a control period."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from simgate.sim_adapters.observation import Contact
from simgate.sim_adapters.scene.sensing.touches import Touches

if TYPE_CHECKING:
    from isaacsim.core.experimental.prims import RigidPrim

MOST_CONTACTS = 256
"""Room for the contact points of one physics step."""


class ContactLog:
    """Collects contacts of the robot.

    Args:
        robot: Its prim, made with ``max_contact_count``.
        names: Names of the scene's bodies.
        body_at: Number in ``names`` of the body that owns a prim path; -1 for none.

    Attributes:
        overflow: Whether a step had more contact points than there was room for.
    """

    def __init__(self, robot: RigidPrim, names: tuple[str, ...], body_at: Callable[[str], int]) -> None:
        self.overflow = False
        self._robot: RigidPrim = robot
        self._body_at = body_at
        self._touches = Touches(names)
        self._body_of: dict[int, int] = {}

    def clear(self) -> None:
        """Begins a new control period."""
        self._touches.clear()

    def collect(self, step: int) -> None:
        """Adds the contacts of the physics step that has just been done.

        Args:
            step: Its number.
        """
        # Without dt the first array holds impulses, not forces.
        impulses, _, _, gaps, counts, starts, others = self._robot.get_raw_contact_data()
        count = int(counts.numpy()[0])
        if count == 0:
            return
        first = int(starts.numpy()[0])
        self.overflow = self.overflow or first + count > MOST_CONTACTS
        rows = slice(first, min(first + count, MOST_CONTACTS))
        ids = others.numpy()[rows]
        self._learn(ids)
        for number, impulse, gap in zip(
            ids, impulses.numpy()[rows].reshape(-1), gaps.numpy()[rows].reshape(-1), strict=True
        ):
            body = self._body_of[int(number)]
            # Points within the contact offset are reported before anything touches.
            if body >= 0 and (gap <= 0.0 or impulse != 0.0):
                self._touches.add(body, step, abs(float(impulse)), max(0.0, -float(gap)))

    def _learn(self, ids: Any) -> None:
        """Finds the bodies behind actor ids that were not met before; the look-up wants them on the CPU."""
        new = np.array(sorted({int(number) for number in ids} - self._body_of.keys()), dtype=np.uint64)
        if len(new) == 0:
            return
        import warp

        paths = self._robot.get_actor_paths_from_ids(warp.array(new, dtype=warp.uint64, device="cpu"))
        self._body_of |= {int(n): self._body_at(path) for n, path in zip(new, paths, strict=True)}

    def contacts(self) -> tuple[Contact, ...]:
        """Contacts since :meth:`clear`."""
        return self._touches.contacts()
