"""One environment during one episode, as the adapter looks at it."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.environments.fragment import rows_of
from simgate.sim_adapters.environments.link import Link
from simgate.sim_adapters.environments.measured import Measures, asked_as
from simgate.sim_adapters.scene.environment import EnvironmentSite

_NUMBER = struct.Struct("=d")
MOST_BYTES = 1 << 15
"""Of observations that wait until they are digested together."""


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
        self._told_apart_by = [name for name in sorted(shown) if not name.startswith("render.")]
        self._bytes = [shown[name].reshape(-1).view(np.uint8).data for name in self._told_apart_by]
        self._undigested = [b"".join(self._bytes)]
        self._most = max(1, MOST_BYTES // max(1, len(self._undigested[0])))
        self._measured: list[float] | None = None

    def take(
        self,
        action: NDArray[np.float64],
        reward: float,
        terminated: bool,
        truncated: bool,
        info: Sequence[float],
    ) -> None:
        """What one step has led to, beside what is observed, as ``Session.steps`` says it.

        Args:
            action: As it was told.
            reward: For the step.
            terminated: Whether the episode is over.
            truncated: Whether it was broken off.
            info: What was asked of it.
        """
        if self._asked:
            self.info = dict(zip(self._asked, info, strict=True))
        self.reward, self._measured = reward, None
        self.total += reward
        self.over = "terminated" if terminated else "truncated" if truncated else ""
        self._undigested.append(b"".join((action.tobytes(), _NUMBER.pack(reward), *self._bytes)))
        if len(self._undigested) > self._most:
            self._digest()

    def take_all(
        self,
        told: NDArray[np.float64],
        rewards: NDArray[np.float64],
        infos: NDArray[np.float64],
        observed: Mapping[str, NDArray[Any]],
        over: str,
    ) -> list[list[float]]:
        """What steps that followed one another have led to, as :meth:`take` has it of each.

        Args:
            told: Actions, shape (N, A), N not 0.
            rewards: Shape (N,).
            infos: Shape (N, I).
            observed: By name, each of shape (N, ...).
            over: How the last one has ended the episode; empty where it has not.

        Returns:
            What :meth:`measured` is after each of them.
        """
        self._undigested.append(rows_of(told, rewards, [observed[name] for name in self._told_apart_by]))
        self._digest()
        earned = rewards.tolist()
        totals = list(accumulate(earned, initial=self.total))[1:]
        found = self._measures.of_all(dict(zip(self._asked, infos.T, strict=True)), earned, totals, observed)
        if self._asked:
            self.info = dict(zip(self._asked, infos[-1].tolist(), strict=True))
        self.reward, self.total, self.over, self._measured = earned[-1], totals[-1], over, found[-1]
        return found

    def _digest(self) -> None:
        self._course.update(b"".join(self._undigested))
        self._undigested.clear()

    def measured(self) -> list[float]:
        """What its task asks for, in the order of the site's quantities.

        Read once a step: a policy which writes into what it is shown changes nothing.
        """
        if self._measured is None:
            self._measured = self._measures.at(self.info, self.reward, self.total)
        return self._measured

    @property
    def course(self) -> str:
        """Digest over all observations, actions and rewards so far, hex."""
        self._digest()
        return self._course.hexdigest()

    def problems(self) -> tuple[str, ...]:
        """Values that did not take, or did not stay, and keys of the info that never came."""
        found = self.link.call("problems", slot=self.slot)
        return (*(self.lost or found["lost"]), *found["never"])


class Group:
    """Worlds of a batch that one link steps together.

    Args:
        link: The way to them.
        batch: All worlds.
        indices: Which of them.
    """

    def __init__(self, link: Link, batch: Sequence[World], indices: list[int]) -> None:
        self.link, self._batch, self.indices = link, batch, indices
        self.worlds = [(batch[index], index) for index in indices]
        self.slots = [world.slot for world, _ in self.worlds]
        self.are_all = len(indices) == len(batch)

    def check_none_is_over(self) -> None:
        """Only those that go on are stepped.

        Raises:
            RuntimeError: One is over.
        """
        for world, _ in self.worlds:
            if world.over:
                raise RuntimeError(f"{world.site.name}: step after it was {world.over}")

    def narrowed(
        self, active: NDArray[np.bool_] | None, answer: Mapping[str, Any]
    ) -> tuple[Group, Mapping[str, Any]]:
        """Those that are still active, and what of an answer to all is theirs."""
        rows = [row for row, index in enumerate(self.indices) if active is None or active[index]]
        if len(rows) == len(self.indices):
            return self, answer
        seen = {name: array[rows] for name, array in answer["observation"].items()}
        said = {word: [answer[word][row] for row in rows] for word in answer if word != "observation"}
        going = [self.indices[row] for row in rows]
        return Group(self.link, self._batch, going), {**said, "observation": seen}


def asked_of(site: EnvironmentSite) -> tuple[str, ...]:
    """Names of the info, and quantities of bodies, that a task asks for."""
    asked = (asked_as(quantity) for _, quantity in site.quantities)
    return tuple(dict.fromkeys(name for name in asked if name))
