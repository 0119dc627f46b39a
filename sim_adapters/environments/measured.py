"""What a task asks for, read from what an environment answers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.quantities import Quantity, Return, Reward, Seen, Told


def channel_of(quantity: Seen) -> tuple[str, int]:
    """The channel, and which of its numbers."""
    if isinstance(quantity.key, int):
        return "obs", quantity.key
    return f"obs.{quantity.key}", quantity.index


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


def measure(
    asked: Mapping[str, Quantity],
    observation: Mapping[str, NDArray[Any]],
    info: Mapping[str, float],
    reward: float,
    total: float,
) -> dict[str, float]:
    """The quantities at one moment; nan where there is none, as of rewards at the start."""
    found = {}
    for signal, quantity in asked.items():
        if isinstance(quantity, Seen):
            name, index = channel_of(quantity)
            found[signal] = float(observation[name].reshape(-1)[index])
        elif isinstance(quantity, Told):
            found[signal] = info.get(quantity.name, math.nan)
        elif isinstance(quantity, Reward):
            found[signal] = reward
        elif isinstance(quantity, Return):
            found[signal] = total
    return found
