"""Rollout fragments of environments: many steps at once, between which nothing but the policy decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.environments.link import Link
from simgate.sim_adapters.observation import Observation

MOST_STEPS = 256
MOST_BYTES = 1 << 22
"""Of what is observed in a fragment."""


class MixedDraws(Exception):  # noqa: N818 - the name says what happened
    """Somebody has drawn from generators that environments and policy had been left with together; the
    episode is to be played anew."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """Steps of some worlds that followed one another.

    Attributes:
        observation: After them.
        worlds: S of them, by their index.
        channels: What they have read by name, each of shape (N, S, ...) after N steps.
        measured: Of each of them the quantities of its task after each step.
    """

    observation: Observation
    worlds: Sequence[int]
    channels: Mapping[str, NDArray[Any]]
    measured: Sequence[Sequence[list[float]]]


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds in a fragment.

    Attributes:
        step: Physics step of what is seen first.
        period: Physics steps of a control period.
        least: Least number of each entry of an action that a policy may answer.
        most: Largest.
        low: What those below are clipped to, where they are.
        high: What those above are clipped to.
        clip: Whether they are.
    """

    step: int
    period: int
    least: Sequence[float]
    most: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    clip: bool


class Player(Protocol):
    """A policy in a fragment."""

    def roll(self, link: Link, terms: Terms, asked: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Lets environments and policy go on until something happens.

        Args:
            link: The way to the environments.
            terms: What holds.
            asked: What ``Session.fragment`` takes but for ``decide``.

        Returns:
            As ``Session.fragment``, and ``values``, what the policy said, float64, shape (N, S, A); None
            where this policy is not where the environments are.
        """
        ...


def steps_at_most(asked: int, arrays: Mapping[str, NDArray[Any]]) -> int:
    """So many of some steps fit into a fragment.

    Args:
        asked: Steps.
        arrays: What is observed in one.
    """
    size = max(1, sum(array.nbytes for array in arrays.values()))
    return min(asked, MOST_STEPS, MOST_BYTES // size)


def rows_of(
    told: NDArray[np.float64], rewards: NDArray[np.float64], observed: Sequence[NDArray[Any]]
) -> bytes:
    """What happened in a world, as it is digested: of each step action, reward and observation.

    Args:
        told: Actions, shape (N, A).
        rewards: Shape (N,).
        observed: Each of shape (N, ...).
    """
    count = len(rewards)
    parts = [told, rewards, *observed]
    flat = [np.ascontiguousarray(part).reshape(count, -1).view(np.uint8) for part in parts]
    return np.concatenate(flat, axis=1).tobytes()
