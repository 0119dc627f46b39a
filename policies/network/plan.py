"""A declaration held against a robot: which numbers go in, and which entries of the action come out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgate.policies.documents.diagnostics import Diagnostic, near
from simgate.policies.network.declaration import Bounds, Each, Entry
from simgate.policies.network.metadata import joints_of
from simgate.policies.network.package import IO, PolicyPackage
from simgate.policies.perception.problems import PackageError
from simgate.sim_adapters.embodiment import ENDLESS, IMAGES, ActionSpec, Channel

ROBOT = "policy-robot"
"""Code: a name or size that the robot, its task or its rate does not have."""
Floats = NDArray[np.float64]
_At = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """An entry of the observation, resolved.

    Attributes:
        entry: As declared.
        places: Of its numbers in the channel, row by row, int64, shape (K,).
        offset: Shape (K,).
        scale: Shape (K,).
    """

    entry: Entry
    places: NDArray[np.int64]
    offset: Floats
    scale: Floats


@dataclass(frozen=True, slots=True)
class Plan:
    """What a declaration means for one robot.

    Attributes:
        parts: Entries of the observation in order.
        mean: Taken off the input, shape (I,).
        deviation: Divides the input, shape (I,).
        places: For each output its entry of the robot's action, int64, shape (A,).
        offset: Added to each output, shape (A,).
        scale: Multiplies each output, shape (A,).
        choices: ``argmax``: the action of each logit, shape (L, A); None for numbers.
        action: The robot's.
    """

    parts: tuple[Part, ...]
    mean: Floats
    deviation: Floats
    places: NDArray[np.int64]
    offset: Floats
    scale: Floats
    choices: Floats | None
    action: ActionSpec


class _Resolver:
    """Resolves one declaration; every problem is collected at its place."""

    def __init__(
        self,
        package: PolicyPackage,
        channels: Sequence[Channel],
        action: ActionSpec,
        facts: Collection[str] | None,
        who: str,
    ) -> None:
        self._package, self._channels, self._action = package, channels, action
        self._facts, self._who = facts, who
        self.problems: list[Diagnostic] = []

    def _wrong(self, at: _At, message: str, hint: str = "", code: str = ROBOT) -> None:
        self.problems.append(self._package.problem(at, code, message, hint))

    def plan(self) -> Plan | None:
        spec = self._package.spec
        places = self._order()
        size = self._action.size if spec.action.kind == "argmax" else len(places)
        outputs = self._package.output.shape[-1] if self._package.output.shape else None
        if spec.action.kind == "continuous" and outputs not in (None, size):
            has = f"output '{self._package.output.name}' is {outputs} numbers"
            hint = f"name the entries that it moves: {', '.join(self._action.names)}"
            at: _At = ("action", "names") if spec.action.names else ("action",)
            self._wrong(at, f"{has}, the action of {self._who} is {size}", hint)
        parts = [self._part(("observation", k), entry, size) for k, entry in enumerate(spec.observation)]
        choices = self._choices(outputs, places) if spec.action.kind == "argmax" else None
        offset = self._each(("action", "offset"), spec.action.offset, len(places))
        scale = self._each(("action", "scale"), spec.action.scale, len(places))
        if self.problems:
            return None
        whole = [part for part in parts if part is not None]
        mean, deviation = self._normalised(sum(len(p.places) * p.entry.history for p in whole), whole)
        if self.problems:
            return None
        return Plan(tuple(whole), mean, deviation, places, offset, scale, choices, self._action)

    def _order(self) -> NDArray[np.int64]:
        names, known = self._package.spec.action.names, self._action.names
        at: _At = ("action", "names")
        self._hold_order(at, names or known, "names")
        if names is None:
            return np.arange(len(known), dtype=np.int64)
        for k, name in enumerate(names):
            if name not in known:
                self._wrong((*at, k), f"the action of {self._who} has no entry '{name}'", near(name, known))
            elif name in names[:k]:
                self._wrong((*at, k), f"'{name}' is named twice", "name every entry once")
        missing = [name for name in known if name not in names]
        if missing and not self.problems:
            hint = "name all of them in the order of the outputs"
            self._wrong(at, f"nothing moves {', '.join(missing)} of {self._who}", hint)
        return np.array([known.index(name) for name in names if name in known], dtype=np.int64)

    def _hold_order(self, at: _At, joints: Sequence[str], key: str) -> None:
        """Joints whose order is another one than the network's file says would be moved as one another."""
        said = joints_of(self._package.metadata)
        if sorted(said) == sorted(joints) and said != tuple(joints):
            message = f"the network's file has the joints in the order {', '.join(said)}"
            self._wrong(at, f"{message}, not {', '.join(joints)}", f"write {key}: metadata", IO)

    def _part(self, at: _At, entry: Entry, actions: int) -> Part | None:
        if entry.channel is not None:
            places = self._places(at, entry)
        elif entry.fact is not None:
            places = [0]
            if self._facts is not None and entry.fact not in self._facts:
                hint = f"{near(entry.fact, self._facts)} the pack tells it under task: facts:".strip()
                self._wrong((*at, "fact"), f"the task tells no '{entry.fact}'", hint)
        else:
            told = entry.last_action == "told" or self._package.spec.action.kind == "argmax"
            places = list(range(self._action.size if told else actions))
        if not places:
            return None
        offset, scale = (
            self._each((*at, key), given, len(places))
            for key, given in (("offset", entry.offset), ("scale", entry.scale))
        )
        return Part(entry, np.array(places, dtype=np.int64), offset, scale)

    def _places(self, at: _At, entry: Entry) -> list[int]:
        channels = {channel.name: channel for channel in self._channels}
        channel = channels.get(entry.channel or "")
        if channel is None:
            hint = near(str(entry.channel), channels)
            self._wrong((*at, "channel"), f"{self._who} has no channel '{entry.channel}'", hint)
            return []
        if channel.kind in IMAGES or channel.kind == "text":
            hint = "a policy in a file of your own can read it (docs/writing-your-own.md)"
            self._wrong((*at, "channel"), f"'{channel.name}' is {channel.kind}, no row of numbers", hint)
            return []
        if channel.kind in ENDLESS and entry.clip_reading is None and entry.clip is None:
            hint = "declare clip_reading: [0, RANGE] as the network was trained with it"
            self._wrong((*at, "channel"), f"'{channel.name}' reads inf where nothing was hit", hint)
        size = int(np.prod(channel.shape))
        self._hold_order((*at, "entries"), [str(e) for e in entry.entries or channel.entries], "entries")
        if entry.entries is None:
            return list(range(size))
        places = []
        for k, name in enumerate(entry.entries):
            place = place_of(channel, name)
            if place is not None:
                places.append(place)
            else:
                known = f"places 0 to {size - 1}"
                hint = near(str(name), channel.entries) if channel.entries else f"known: {known}"
                self._wrong((*at, "entries", k), f"channel '{channel.name}' has no entry '{name}'", hint)
        return places

    def _each(self, at: _At, given: Each, size: int) -> Floats:
        numbers = np.asarray(given, dtype=np.float64)
        if numbers.ndim and len(numbers) != size:
            self._wrong(at, f"{len(numbers)} numbers for {size}", "give one for all, or one for each")
            return np.zeros(size)
        return np.broadcast_to(numbers, (size,)).astype(np.float64)

    def _choices(self, outputs: int | None, places: NDArray[np.int64]) -> Floats:
        declared, at, size = self._package.spec.action.values, ("action", "values"), len(places)
        count = outputs if outputs is not None else len(declared or ())
        if declared is None:
            if size != 1 or not count:
                needed = (
                    f"the action of {self._who} is {size} numbers"
                    if size != 1
                    else "the logits are not counted"
                )
                self._wrong(("action",), f"{needed}: what does each logit stand for?", "write values: [...]")
            rows = np.arange(count, dtype=np.float64)[:, None] if size == 1 else np.zeros((count, size))
        else:
            if len(declared) != count:
                self._wrong(at, f"{len(declared)} values for {count} logits", "give one for each", IO)
            each = [np.atleast_1d(np.asarray(row, dtype=np.float64)) for row in declared]
            if any(len(row) != size for row in each):
                self._wrong(at, f"the action of {self._who} is {size} numbers", "give as many for each logit")
                return np.zeros((count, size))
            rows = np.array(each)
        for k, row in enumerate(rows):
            told = np.zeros(self._action.size)
            if len(row) == self._action.size and not self._action.clip:
                told[places] = row
                if problem := self._action.problem(told):
                    self._wrong(
                        (*at, k) if declared else ("action",), f"logit {k}: {problem}", "write values: [...]"
                    )
                    break
        return rows

    def _normalised(self, size: int, parts: Sequence[Part]) -> tuple[Floats, Floats]:
        tensor, rule = self._package.observation, self._package.spec.normalise
        wanted = tensor.shape[-1] if tensor.shape else None
        if wanted not in (None, size):
            made = ", ".join(f"{_named(p.entry)} {len(p.places) * p.entry.history}" for p in parts)
            message = f"the observation is {size} numbers, input '{tensor.name}' takes {wanted}"
            self._wrong(("observation",), message, f"declared are {made}")
        if rule is None:
            return np.zeros(size), np.ones(size)
        mean = self._each(("normalise", "mean"), rule.mean, size)
        variance = self._each(("normalise", "variance"), rule.variance, size)
        if rule.epsilon_on == "variance":
            return mean, np.sqrt(variance + rule.epsilon)
        return mean, np.sqrt(variance) + rule.epsilon


def place_of(channel: Channel, entry: str | int) -> int | None:
    """Place of a number among those of a channel, row by row, by its name or place; None for none."""
    if isinstance(entry, int) and 0 <= entry < int(np.prod(channel.shape)):
        return entry
    return channel.entries.index(str(entry)) if entry in channel.entries else None


def _named(entry: Entry) -> str:
    return entry.channel or entry.fact or f"last action ({entry.last_action})"


def plan_for(
    package: PolicyPackage,
    channels: Sequence[Channel],
    action: ActionSpec,
    control_hz: int,
    facts: Collection[str] | None = None,
    who: str = "the robot",
) -> Plan:
    """What a declaration means for a robot.

    Args:
        package: The declaration.
        channels: What the robot senses.
        action: What it is told.
        control_hz: Decisions a second.
        facts: Names of what the task tells; None where nobody knows.
        who: The robot, in words.

    Raises:
        PackageError: They do not fit; all problems with file, line and column.
    """
    resolver = _Resolver(package, channels, action, facts, who)
    rate = package.spec.control_hz
    if rate is not None and rate != control_hz:
        message = f"it was trained at {rate} decisions a second, {who} is told {control_hz}"
        hint = f"write sim: {{control_hz: {rate}}} in the pack"
        resolver.problems.append(package.problem(("control_hz",), ROBOT, message, hint))
    plan = resolver.plan()
    if plan is None or resolver.problems:
        raise PackageError(resolver.problems)
    return plan


def clipped(values: Floats, bounds: Bounds | None) -> Floats:
    """Values cut to bounds, if there are any."""
    return values if bounds is None else np.clip(values, *bounds)
