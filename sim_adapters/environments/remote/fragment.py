"""Rollout fragments: steps that follow one another with nobody between an environment and its policy."""

from __future__ import annotations

import math
import time
from typing import Any, Callable, Dict, Mapping, Optional, Sequence, Tuple

import numpy as np

LONGEST_S = 0.5
"""After so long a fragment ends, that whoever waits for it hears of it."""

Decide = Callable[[int, Dict[str, np.ndarray]], Optional[np.ndarray]]
"""Of the steps so far in a fragment, and what all W worlds observe, the callee's own: what S environments are
told, shape (S, A); None where the fragment ends before this step."""


Stepped = Tuple[
    Dict[str, np.ndarray], Sequence[float], Sequence[bool], Sequence[bool], Sequence[Sequence[float]]
]
"""What a step of S environments has led to: observations by name, each of shape (S, ...), or as it is where S
is 1; of each reward, whether it has terminated, whether it was truncated, and what was asked of its info."""


def by_steps(
    steps: Callable[[Sequence[int], np.ndarray], Mapping[str, Any]], slots: Sequence[int]
) -> Callable[[np.ndarray], Stepped]:
    """Steps some slots of a session.

    Args:
        steps: Of the session.
        slots: S of them.
    """

    def step(told: np.ndarray) -> Stepped:
        answer = steps(slots, told)
        return (
            answer["observation"],
            answer["reward"],
            answer["terminated"],
            answer["truncated"],
            answer["info"],
        )

    return step


def roll(
    step: Callable[[np.ndarray], Stepped],
    rows: Sequence[int],
    seen: Mapping[str, np.ndarray],
    most: int,
    decide: Decide,
) -> dict[str, Any]:
    """Steps environments until something happens: one is over, or something is no finite number.

    Args:
        step: Steps S of them once.
        rows: Their places among the W worlds of the policy.
        seen: What these observe now, by name, each of shape (W, ...).
        most: Steps at most.
        decide: See there.

    Returns:
        ``observation`` by name, each of shape (N, S, ...) after N steps; ``reward``, shape (N, S); ``info``,
        shape (N, S, I); and of the last step ``terminated`` and ``truncated`` of each.
    """
    parts = [(name, *_room(array, most)) for name, array in seen.items()]
    are_all = len(rows) == len(next(iter(seen.values())))
    rewards: list[Sequence[float]] = []
    infos: list[Sequence[Sequence[float]]] = []
    terminated: Sequence[bool] = ()
    truncated: Sequence[bool] = ()
    count, goes_on, until = 0, True, time.perf_counter() + LONGEST_S
    while goes_on and count < most:
        told = decide(count, {name: array[count].copy() for name, array, _ in parts})
        if told is None:
            break
        observation, reward, terminated, truncated, info = step(told)
        count += 1
        rewards.append(reward)
        infos.append(info)
        for name, array, numbers in parts:
            if are_all:
                array[count] = observation[name]
            else:
                array[count] = array[count - 1]
                array[count, rows] = observation[name]
            if numbers is not None:
                now = numbers[count]
                # A sum of squares that is finite has finite parts.
                if not math.isfinite(np.vdot(now, now)):
                    goes_on = False
        if True in terminated or True in truncated or not math.isfinite(sum(reward)):
            break
        if time.perf_counter() > until:
            break
    taken = slice(1, count + 1)
    return {
        "observation": {name: array[taken] if are_all else array[taken, rows] for name, array, _ in parts},
        "reward": np.array(rewards, dtype=np.float64).reshape(count, len(rows)),
        "info": np.array(infos, dtype=np.float64).reshape(count, len(rows), -1 if count else 0),
        "terminated": list(terminated),
        "truncated": list(truncated),
    }


def _room(array: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Room for what is observed now and after each step, with the first in it; and its numbers, a row each,
    where they are fractions."""
    kept = np.empty((most + 1, *array.shape), dtype=array.dtype)
    kept[0] = array
    return kept, kept.reshape(most + 1, -1) if array.dtype.kind == "f" else None


class Decisions:
    """What a policy decides in a fragment, of S environments at each of N steps, for those who record it.

    Attributes:
        pending: Acts of all worlds after the last step, where they ended the fragment.
        policy_s: What the policy took, wall-clock seconds.
    """

    def __init__(self) -> None:
        self._values: list[np.ndarray] = []
        self._modes: list[Sequence[str]] = []
        self.pending: Any = None
        self.policy_s = 0.0

    def add(self, values: np.ndarray, modes: Sequence[str]) -> None:
        """What one step does: values as they were said, shape (S, A), and S modes."""
        self._values.append(values)
        self._modes.append(modes)

    def told(self, environments: int, size: int) -> dict[str, Any]:
        """``values``, shape (N, S, A), ``modes`` of each step, ``pending`` and ``policy_s``.

        Args:
            environments: S.
            size: A.
        """
        shape = len(self._values), environments, size
        return {
            "values": np.array(self._values, dtype=np.float64).reshape(shape),
            "modes": self._modes,
            "pending": self.pending,
            "policy_s": self.policy_s,
        }
