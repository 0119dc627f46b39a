"""``observer``: does nothing; for data sets, in which nobody acts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from simgate.policies.policy import Act, Brief
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.options import Options, read_options


class Observer:
    """Lets N robots stand: every entry of the action is 0, or the bound next to it.

    Args:
        control_hz: Of no account.
        options: There are none.
    """

    name = "observer"
    options: ClassVar[Options] = {}
    reports: ClassVar[tuple[str, ...]] = ()

    def __init__(self, control_hz: int, options: Mapping[str, object] | None = None) -> None:
        read_options(self.name, self.options, options or {})
        self._still: list[float] = []
        self._worlds = 0

    def reset(self, briefs: Sequence[Brief], embodiment: Embodiment) -> None:
        """Starts N new episodes."""
        bounds = zip(embodiment.action.low, embodiment.action.high, strict=True)
        self._still = [float(np.clip(0.0, low, high)) for low, high in bounds]
        self._worlds = len(briefs)

    def act(self, observation: Observation, detections: Sequence[Any]) -> list[Act]:
        """Stands still in each world."""
        return [Act(self._still, "observe") for _ in range(self._worlds)]
