"""``policy: {network: policy.yaml}``: a trained network drives, as its declaration says."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from simgate.policies.network.inference import Array, load_network
from simgate.policies.network.package import load_policy
from simgate.policies.network.plan import Floats, Part, clipped, plan_for
from simgate.policies.perception.outputs import ModelOutput
from simgate.policies.policy import Act, Brief
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.options import Option, Options, read_options


class NetworkPolicy:
    """See :class:`simgate.policies.policy.Policy`.

    Args:
        control_hz: Decisions a second.
        options: See :attr:`options`.

    Raises:
        PackageError: The declaration or the network is not in order.
        ValueError: An option is unknown or missing.
    """

    name = "network"
    options: ClassVar[Options] = {"network": Option("file", None, "The declaration, a policy.yaml.")}
    """What a pack may say under ``policy_options``."""
    reports: ClassVar[tuple[str, ...]] = ()

    def __init__(self, control_hz: int, options: Mapping[str, object] | None = None) -> None:
        given = read_options(self.name, self.options, options or {})["network"]
        if given is None:
            raise ValueError("policy network: write policy: {network: policy.yaml}")
        self._package = load_policy(Path(str(given)))
        self._control_hz = control_hz
        self._network = load_network(self._package)
        self._is_steady = False
        self._robot: Embodiment | None = None

    @staticmethod
    def files(options: Mapping[str, object]) -> Iterator[Path]:
        """The declaration, its network, and files of more weights."""
        package = load_policy(Path(str(options.get("network"))))
        yield package.path
        yield package.network
        yield from (package.network.parent / name for name in package.data)

    def reset(self, briefs: Sequence[Brief], embodiment: Embodiment) -> None:
        """Starts N episodes: no earlier readings, a state of zeros, an action before of zeros.

        Raises:
            PackageError: The declaration does not fit the robot.
            ValueError: The task does not tell a fact, or tells no number.
        """
        if embodiment != self._robot:
            self._plan = plan_for(self._package, embodiment.channels, embodiment.action, self._control_hz)
            self._robot = embodiment
        spec, count, plan = self._package.spec, len(briefs), self._plan
        self._facts = {
            part.entry.fact: np.array([[_number(brief, part.entry.fact)] for brief in briefs])
            for part in plan.parts
            if part.entry.fact is not None
        }
        self._earlier: list[Floats | None] = [None] * len(plan.parts)
        size = plan.action.size if plan.choices is not None else len(plan.places)
        self._output, self._told = np.zeros((count, size)), np.zeros((count, plan.action.size))
        # One block of memory for each world, so that its numbers depend on it alone.
        self._states = [
            [np.zeros([1 if n == "batch" else n for n in state.shape], dtype or "float32")
             for state, dtype in zip(spec.recurrent, self._package.states, strict=True)]
            for _ in briefs
        ]  # fmt: skip

    def act(self, observation: Observation, outputs: Sequence[ModelOutput | None]) -> list[Act]:
        """One inference for each world, or of all together where the declaration says so."""
        seen = self._normalised(self._seen(observation))
        # Only a broken simulation reads such numbers. The loop says so, and the other worlds go on.
        broken = ~np.isfinite(seen).all(axis=1)
        seen[broken] = 0.0
        raw = self._inferred(seen).astype(np.float64)
        plan, network = self._plan, self._package.spec.network
        wanted = (len(seen), len(plan.places if plan.choices is None else plan.choices))
        # The file need not say how many numbers it gives.
        if raw.shape != wanted:
            raise ValueError(f"the network '{network}' gave an output of shape {raw.shape}, not {wanted}")
        if not np.isfinite(raw).all():
            raise ValueError(f"the network '{network}' gave a number that is none")
        self._told = self._meant(raw)
        self._told[broken] = np.clip(0.0, plan.action.low, plan.action.high)
        return [Act(row, "network") for row in self._told]

    def _seen(self, observation: Observation) -> Floats:
        """The network's input before normalisation, shape (N, I)."""
        rows = []
        for k, part in enumerate(self._plan.parts):
            entry = part.entry
            now = clipped(self._reading(part, observation), entry.clip_reading)
            now = clipped((now - part.offset) * part.scale, entry.clip)
            rows.append(self._remembered(k, part, now))
        return np.concatenate(rows, axis=1)

    def _reading(self, part: Part, observation: Observation) -> Floats:
        entry = part.entry
        if entry.channel is not None:
            array = observation.channels[entry.channel]
            return array.reshape(len(array), -1)[:, part.places].astype(np.float64)
        if entry.fact is not None:
            return self._facts[entry.fact]
        return self._output if entry.last_action == "output" else self._told

    def _remembered(self, k: int, part: Part, now: Floats) -> Floats:
        """The newest readings of an entry side by side, shape (N, history * K)."""
        entry, before = part.entry, self._earlier[k]
        if entry.history == 1:
            return now
        if before is None:
            first = now if entry.before_first == "repeat" else np.zeros_like(now)
            before = np.repeat(first[:, None], entry.history, axis=1)
        kept = np.concatenate([before[:, 1:], now[:, None]], axis=1)
        self._earlier[k] = kept
        return (kept if entry.newest == "last" else kept[:, ::-1]).reshape(len(now), -1)

    def _normalised(self, seen: Floats) -> Floats:
        rule = self._package.spec.normalise
        if rule is None:
            return seen
        return clipped(
            (seen - self._plan.mean) / self._plan.deviation,
            None if rule.clip is None else (-rule.clip, rule.clip),
        )

    def _inferred(self, seen: Floats) -> Array:
        package = self._package
        with np.errstate(over="ignore"):  # Refused below.
            rows = seen.astype(package.observation.dtype or "float32")
        if not np.isfinite(rows).all():
            raise ValueError(f"the input of the network '{package.spec.network}' is beyond {rows.dtype}")
        self._hold_steady(rows[:1], self._states[0])
        if package.spec.together and (package.observation.shape or (None,))[0] is None:
            return self._network.answer(rows, ())[0]
        # One by one: the sums of a batch differ from those of a single row in the last bit.
        answers = []
        for row, own in zip(rows, self._states, strict=True):
            answer, *own[:] = self._network.answer(row[None], own)
            answers.append(answer)
        return np.concatenate(answers)

    def _hold_steady(self, row: Array, states: Sequence[Array]) -> None:
        """Asks the network the same twice, once in its life.

        What it keeps for itself, or draws, would go from one world and one episode into the others.
        """
        if self._is_steady:
            return
        first, second = (self._network.answer(row, states) for _ in range(2))
        if not all(np.array_equal(*pair, equal_nan=True) for pair in zip(first, second, strict=True)):
            raise ValueError(
                f"network '{self._package.spec.network}' answers the same input twice with other numbers: "
                "it keeps a state, or draws; hand the state through recurrent, and export the mean action"
            )
        self._is_steady = True

    def _meant(self, raw: Floats) -> Floats:
        """Outputs as actions, shape (N, A)."""
        spec, plan = self._package.spec.action, self._plan
        told = np.zeros((len(raw), plan.action.size))
        if plan.choices is not None:
            told[:, plan.places] = plan.choices[np.argmax(raw, axis=1)]
            self._output = told
        else:
            self._output = clipped(np.tanh(raw) if spec.squash == "tanh" else raw, spec.clip)
            told[:, plan.places] = plan.offset + plan.scale * self._output
        return np.clip(told, plan.action.low, plan.action.high) if spec.bounds == "cut" else told


def _number(brief: Brief, fact: str) -> float:
    told = brief.facts.get(fact)
    if isinstance(told, bool) or not isinstance(told, int | float) or not math.isfinite(told):
        raise ValueError(f"the policy's network is shown the fact '{fact}', and the task tells {told!r}")
    return float(told)
