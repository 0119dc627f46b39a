"""The adapter of Isaac Lab's tasks."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import AdapterInfo
from simgate.sim_adapters.environments.adapter import GymnasiumAdapter
from simgate.sim_adapters.environments.link import EnvironmentFailed, RemoteLink
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.scene.environment import EnvironmentSite


class IsaacLabAdapter(GymnasiumAdapter):
    """Tasks of Isaac Lab, whose worlds of one batch share a simulation in its own interpreter."""

    name = "isaaclab"
    traits = replace(GymnasiumAdapter.traits, steps_ahead=True)

    def describe(self) -> AdapterInfo:
        """Identity; releases of Isaac Lab and its physics are in the world's."""
        return AdapterInfo(self.name, "1", "Isaac Lab's own", "as the world says")

    def lodging(self, scenes: Sequence[EnvironmentSite]) -> RemoteLink | None:
        """See :meth:`GymnasiumAdapter.lodging`."""
        self._settle()
        return super().lodging(scenes)

    def reset(self, scenes: Sequence[EnvironmentSite]) -> Observation:
        """See :meth:`GymnasiumAdapter.reset`."""
        self._settle()
        return super().reset(scenes)

    def health(self) -> tuple[tuple[str, ...], ...]:
        """See :meth:`GymnasiumAdapter.health`."""
        self._settle()
        return super().health()

    def step_ahead(self, actions: NDArray[np.float64], active: NDArray[np.bool_] | None = None) -> None:
        """Begins the step that the next :meth:`step` waits for, also of worlds that end by then: they share
        one simulation, which steps all of its worlds at each step, and none that has ended is looked at.

        Raises:
            ValueError: The actions are none of this task.
            EnvironmentFailed: The interpreter is gone.
        """
        self._begun, together = [], self._stepped(active)
        told = self._told(actions, together)
        for group in together:
            link: Any = group.link
            link.ask("steps", slots=group.slots, actions=told if group.are_all else told[group.indices])
            self._begun.append((told, group, link.answer))

    def _settle(self) -> None:
        """Lets a step end that was begun when no world was to go on any more; nobody asks how it went."""
        begun, self._begun = self._begun or [], None
        for _, _, answered in begun:
            with contextlib.suppress(EnvironmentFailed):
                answered()

    def _check_answer(self, answer: Mapping[str, Any]) -> None:
        # Here and not in the session: worlds that have ended may come to anything.
        where = f"environment {self._worlds[0].site.env}"
        for name, array in answer["observation"].items():
            if array.dtype.kind == "f" and np.isnan(array).any():
                raise EnvironmentFailed(f"{where}: observation {name} has a number that is nan")
        if not all(map(math.isfinite, answer["reward"])):
            raise EnvironmentFailed(f"{where}: the reward is no finite number")
