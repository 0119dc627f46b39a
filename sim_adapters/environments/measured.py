"""What a task asks for, read from what an environment answers."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.environments.remote.physics import PREFIX
from simgate.sim_adapters.quantities import (
    ContactForce,
    Distance,
    Joint,
    Position,
    Quantity,
    Return,
    Reward,
    Seen,
    SensorReading,
    Speed,
    Tilt,
    Told,
    write_quantity,
)

OF_BODIES = (Distance, Position, Speed, Tilt, Joint, ContactForce, SensorReading)
"""Quantities of environments on MuJoCo. What touches is not among them: an environment is looked at once a
step, and what has touched in between would be missed."""


def channel_of(quantity: Seen) -> tuple[str, int]:
    """The channel, and which of its numbers."""
    if isinstance(quantity.key, int):
        return "obs", quantity.key
    return f"obs.{quantity.key}", quantity.index


@cache
def asked_as(quantity: Quantity) -> str:
    """What an environment's interpreter is asked: a name of the info, or a quantity of bodies in words; empty
    for what it tells at each step anyway."""
    if isinstance(quantity, Told):
        return quantity.name
    return f"{PREFIX}{json.dumps(write_quantity(quantity))}" if isinstance(quantity, OF_BODIES) else ""


def check_quantities(asked: Mapping[str, Quantity], observations: Sequence[Mapping[str, Any]]) -> None:
    """Makes sure that an environment has what is asked for.

    Args:
        asked: By the task's names.
        observations: As ``Session.describe`` says them.

    Raises:
        ValueError: It has not; the message names the signal and what there is.
    """
    sizes = {one["name"]: int(np.prod(one["shape"])) for one in observations}
    for signal, quantity in asked.items():
        if not isinstance(quantity, Seen):
            continue
        name, index = channel_of(quantity)
        if name not in sizes:
            raise ValueError(f"signal '{signal}': there is no {name}; there is {', '.join(sizes)}")
        if index >= sizes[name]:
            raise ValueError(
                f"signal '{signal}': {name} has {sizes[name]} numbers, from 0 on, and none {index}"
            )


class Measures:
    """What a task asks for of one environment, read at each moment.

    Args:
        asked: By the task's names.
        observation: Arrays that the environment's observation is written into before each moment.
    """

    def __init__(self, asked: Mapping[str, Quantity], observation: Mapping[str, NDArray[Any]]) -> None:
        self._none = [math.nan] * len(asked)
        self._rewards = [place for place, one in enumerate(asked.values()) if isinstance(one, Reward)]
        self._returns = [place for place, one in enumerate(asked.values()) if isinstance(one, Return)]
        self._of_channels = [
            (place, *channel_of(one)) for place, one in enumerate(asked.values()) if isinstance(one, Seen)
        ]
        self._seen = [
            (place, observation[name].reshape(-1), index) for place, name, index in self._of_channels
        ]
        self._told = [(place, name) for place, one in enumerate(asked.values()) if (name := asked_as(one))]

    def at(self, info: Mapping[str, float], reward: float, total: float) -> list[float]:
        """The quantities now, in their order; nan where there is none, as of rewards at the start."""
        found = self._none.copy()
        for place in self._rewards:
            found[place] = reward
        for place in self._returns:
            found[place] = total
        for place, values, index in self._seen:
            found[place] = float(values[index])
        for place, name in self._told:
            found[place] = info.get(name, math.nan)
        return found

    def of_all(
        self,
        infos: Mapping[str, NDArray[np.float64]],
        rewards: Sequence[float],
        totals: Sequence[float],
        observed: Mapping[str, NDArray[Any]],
    ) -> list[list[float]]:
        """As :meth:`at`, after each of N steps.

        Args:
            infos: By name, each of shape (N,).
            rewards: N of them.
            totals: N of them.
            observed: By name, each of shape (N, ...).
        """
        count = len(rewards)
        found = np.full((count, len(self._none)), math.nan)
        found[:, self._rewards] = np.array(rewards)[:, np.newaxis]
        found[:, self._returns] = np.array(totals)[:, np.newaxis]
        for place, name, index in self._of_channels:
            found[:, place] = observed[name].reshape(count, -1)[:, index]
        for place, name in self._told:
            found[:, place] = infos[name]
        rows: list[list[float]] = found.tolist()
        return rows
