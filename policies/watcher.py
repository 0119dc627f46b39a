"""A policy that only looks on: for logs and data sets, in which nobody can be told anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simgate.policies.policy import Act, Brief
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.options import read_options


class Watcher:
    """See :class:`simgate.policies.policy.Policy`. It never acts, and never reports."""

    name = "watcher"
    reports: tuple[str, ...] = ()
    options: Mapping[str, Any] = {}

    def __init__(self, control_hz: int, options: Mapping[str, object] | None = None) -> None:
        read_options("watcher", {}, options or {})
        self._acts: list[Act] = []

    def reset(self, briefs: Sequence[Brief], embodiment: Embodiment) -> None:
        """Takes note of how many there are.

        Raises:
            ValueError: The robot waits for commands.
        """
        if embodiment.action.size:
            raise ValueError(f"watcher tells nobody anything, and {embodiment.name} waits for commands")
        self._acts = [Act((), "watch")] * len(briefs)

    def act(self, observation: Observation, detections: Sequence[Any]) -> list[Act]:
        """Nothing."""
        return list(self._acts)
