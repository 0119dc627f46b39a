"""The protocol of a policy: observations and what models say of them in, actions out, never the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.outputs import ModelOutput
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.observation import Observation


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

    Two attributes of the factory are optional, for checks of packs before anything runs: ``reports``, every
    word that the ``report`` of its acts can be, and ``options``, what may stand under ``policy_options``
    (:data:`simgate.sim_adapters.options.Options`). What a policy does not declare is not judged.

    A function ``files(options) -> Iterable[Path]`` of the factory tells what the policy reads besides its
    code, such as weights: these files are part of a run's identity, and a host refuses others, as it does
    with files that an option names. Every other plugin but a reporter may have it too.

    A policy that is elsewhere has a function ``says(options) -> Mapping[str, str]`` of the factory: what it
    says of itself, part of a run's identity. What the factory makes then has it as its attribute ``said``.
    ``close()`` is called at the end, where a policy has it, and ``ended(world)`` when a world's episode is
    over: what it answers for that world while others go on does not count. Where no model looks,
    ``latencies(world)``, pairs of milliseconds that acted and that were measured, and ``latency_mode`` are
    the record's latency.
    """

    name: str

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
