"""One environment during one episode, as the adapter looks at it."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.environments.link import Link
from simgate.sim_adapters.environments.measured import Measures, asked_as
from simgate.sim_adapters.scene.environment import EnvironmentSite

_NUMBER = struct.Struct("=d")


class World:
    """One environment in its slot, during one episode.

    Args:
        link: The way to it.
        slot: Its place there.
        site: What it is.
        shown: What it observes, by name; the adapter writes into these arrays before each :meth:`take`.
        answer: Of ``Session.begin``.
        faults: What is wrong with the values of its scenario.
    """

    def __init__(
        self,
        link: Link,
        slot: int,
        site: EnvironmentSite,
        shown: Mapping[str, NDArray[Any]],
        answer: Mapping[str, Any],
        faults: tuple[str, ...],
    ) -> None:
        self.link, self.slot, self.site = link, slot, site
        self._asked, self._measures = asked_of(site), Measures(dict(site.quantities), shown)
        self.info = dict(zip(self._asked, answer["info"], strict=True))
        self.lost: list[str] = [*answer["lost"], *faults]
        self.reward, self.total, self.over = float("nan"), 0.0, ""
        # A reward is often the same at every step: by it alone, different episodes would be one.
        self._course = hashlib.blake2b(digest_size=16)
        # What render() draws is no observation, and need not be the same on every machine.
        told_apart_by = [name for name in sorted(shown) if not name.startswith("render.")]
        self._bytes = [shown[name].reshape(-1).view(np.uint8).data for name in told_apart_by]
        self._add_to_course(b"")

    def take(self, action: NDArray[np.float64], answer: Mapping[str, Any], row: int) -> None:
        """What one step has led to, beside what is observed.

        Args:
            action: As it was told.
            answer: Of all that were stepped, see ``Session.steps``.
            row: Its own place there.
        """
        if self._asked:
            self.info = dict(zip(self._asked, answer["info"][row], strict=True))
        self.reward = reward = answer["reward"][row]
        self.total += reward
        self.over = (
            "terminated" if answer["terminated"][row] else "truncated" if answer["truncated"][row] else ""
        )
        self._add_to_course(action.tobytes() + _NUMBER.pack(reward))

    def _add_to_course(self, before: bytes) -> None:
        self._course.update(b"".join((before, *self._bytes)))

    def measured(self) -> dict[str, float]:
        """What its task asks for."""
        return self._measures.at(self.info, self.reward, self.total)

    @property
    def course(self) -> str:
        """Digest over all observations, actions and rewards so far, hex."""
        return self._course.hexdigest()

    def problems(self) -> tuple[str, ...]:
        """Values that did not take, or did not stay, and keys of the info that never came."""
        found = self.link.call("problems", slot=self.slot)
        return (*(self.lost or found["lost"]), *found["never"])


def asked_of(site: EnvironmentSite) -> tuple[str, ...]:
    """Names of the info, and quantities of bodies, that a task asks for."""
    asked = (asked_as(quantity) for _, quantity in site.quantities)
    return tuple(dict.fromkeys(name for name in asked if name))
