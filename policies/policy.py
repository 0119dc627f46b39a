"""The protocol of a policy: observations and what models say of them in, actions out, never the truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.outputs import ModelOutput
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.optional_member import OptionalMember


@dataclass(frozen=True, slots=True)
class Brief:
    """What a robot is told before it starts; nothing of the truth.

    Attributes:
        instruction: The task in words.
        facts: What the task tells besides, for example a goal; plain values.
        seed: For what a policy draws; the loop gives each episode its own.
    """

    instruction: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Act:
    """What one robot does for the next control period.

    Attributes:
        values: One number for each entry of the embodiment's action, in its units.
        mode: One word for the timeline, for example ``cruise``, ``grasp``, ``stop``.
        facts: What the robot says, for example its ``report``; the last word on each stands.
        done: The robot has finished.
    """

    values: Sequence[float] | NDArray[np.floating]
    mode: str
    facts: Mapping[str, str | float] = field(default_factory=dict)
    done: bool = False

    @property
    def report(self) -> str | None:
        """What the robot reports, or None."""
        said = self.facts.get("report")
        return None if said is None else str(said)


Heard = ModelOutput | Mapping[str, ModelOutput] | None
"""What perception has delivered to one world since the last call. Of the one model of ``model:`` its newest
output, or None when nothing new has arrived (latency, a dropped frame); of several models (``models:``) the
newest of each that said something new, by the name that the pack gives it."""


class Policy(Protocol):
    """Drives N robots. Constructed by entry point (group ``simgate.policies``) as
    ``factory(control_hz=int, options=Mapping[str, object])``.

    What a policy need not have is declared below, each with what holds without it. Of the factory:
    :data:`REPORTS` and :data:`~simgate.sim_adapters.options.OPTIONS`, for checks of packs before anything
    runs (what is not declared is not judged), and what every plugin may have
    (:mod:`simgate.sim_adapters.plugin_members`).
    """

    def reset(self, briefs: Sequence[Brief], embodiment: Embodiment) -> None:
        """Starts N new episodes with robots of an embodiment; nothing of earlier ones may leak."""
        ...

    def act(self, observation: Observation, detections: Sequence[Any]) -> list[Act]:
        """Decides for each world.

        Args:
            observation: What the robots sense now.
            detections: For each world what perception has delivered, a :data:`Heard`.
        """
        ...


def _nothing(*_: object) -> None:
    """What a policy does that has nothing to do."""


NAME: OptionalMember[str] = OptionalMember("name", "")
"""How messages call it; without it they name its class."""
REPORTS: OptionalMember[Sequence[str] | None] = OptionalMember("reports", None)
"""Of the factory: every word that the ``report`` of its acts can be."""
SAID: OptionalMember[Mapping[str, str]] = OptionalMember("said", {})
"""What a policy that is elsewhere was told that it is; its factory's ``says`` must say the same."""
CLOSE: OptionalMember[Callable[[], None]] = OptionalMember("close", _nothing)
"""Called at the end."""
ENDED: OptionalMember[Callable[[int], None]] = OptionalMember("ended", _nothing)
"""Called with a world whose episode is over: what it answers for it while others go on does not count."""
ABANDON: OptionalMember[Callable[[], None]] = OptionalMember("abandon", _nothing)
"""Called when an exception has ended an episode of all worlds, to end what lives with it."""
LATENCY_MODE: OptionalMember[Literal["simulated", "measured"] | None] = OptionalMember("latency_mode", None)
"""That of a policy which waits for answers of its own; where no model looks, it and :data:`LATENCIES` are the
record's latency."""
Latencies = Sequence[tuple[float, float]]
"""Pairs of milliseconds: those that acted, and those that were measured."""
LATENCIES: OptionalMember[Callable[[int], Latencies]] = OptionalMember("latencies", lambda _: ())
"""Of a world."""
LODGE: OptionalMember[Callable[[Any], None]] = OptionalMember("lodge", _nothing)
"""Called before each reset with the way to environments in an interpreter of their own, or None: a policy of
the same interpreter may move in there."""
ROLL: OptionalMember[Callable[..., Mapping[str, Any] | None]] = OptionalMember("roll", _nothing)
"""Of a policy that has moved in: :meth:`simgate.sim_adapters.environments.fragment.Player.roll`."""
