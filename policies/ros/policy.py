"""``policy: {ros: ...}``: a ROS 2 node drives, tick by tick in simulated time."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import ValidationError

from simgate.policies.policy import Act, Brief
from simgate.policies.ros.declaration import RosSpec
from simgate.policies.ros.link import SCRIPTS, RosFailed, RosLink
from simgate.policies.ros.messages import At, plan_messages
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.options import Option, Options, read_options

_WRITE = "write policy: {ros: {launch: [...], publish: {...}, subscribe: {...}}}"
_LONGEST_NAME = 255
_BEGIN_NS = 10**9
"""Simulated time of the first tick: at 0 a ROS clock counts as not set."""


class RosPolicy:
    """See :class:`simgate.policies.policy.Policy`.

    Every episode has a node of its own, started anew, so that nothing of an earlier one is in it.

    Args:
        control_hz: Decisions a second.
        options: See :attr:`options`.

    Raises:
        RosFailed: The node cannot be started.
        ValueError: An option is unknown or missing.

    Attributes:
        said: What the ROS installation says of itself.
    """

    name = "ros"
    options: ClassVar[Options] = {
        "ros": Option("file", None, "The pack's folder, where the node is started."),
        "declared": Option("text", None, "What a pack says of it under policy:, as JSON."),
    }
    """What a pack's ``policy:`` is made to."""
    reports: ClassVar[tuple[str, ...] | None] = None

    def __init__(self, control_hz: int, options: Mapping[str, object] | None = None) -> None:
        self._spec, self._folder = _read(options or {})
        self._control_hz = control_hz
        self._lag = math.ceil(round(self._spec.lag_ms * control_hz / 1000.0, 6))
        self._links: list[RosLink] = []
        self.said = self.says(options or {})

    @staticmethod
    def says(options: Mapping[str, object]) -> dict[str, str]:
        """What the ROS installation and the node say of themselves now; part of a run's identity.

        Raises:
            RosFailed: The node cannot be started.
        """
        spec, folder = _read(options)
        link = RosLink(spec, folder, 0)
        try:
            link.heard()
            return link.facts()
        finally:
            link.close()

    @staticmethod
    def files(options: Mapping[str, object]) -> Iterator[Path]:
        """The bridge, files that the command names, and what the pack says that the node is made of."""
        spec, folder = _read(options)
        yield from SCRIPTS
        for word in spec.launch[1:]:
            if len(word) < _LONGEST_NAME and (folder / word).is_file():
                yield folder / word
        for name in spec.files:
            place = folder / name
            inside = sorted(place.rglob("*")) if place.is_dir() else [place]
            yield from (one for one in inside if not one.is_dir() and "__pycache__" not in one.parts)

    @staticmethod
    def interpreters(options: Mapping[str, object]) -> list[Path]:
        """What must be installed where it runs; what a shell finds by its name alone is not told of."""
        spec, folder = _read(options)
        return [folder / spec.python] if "/" in spec.python else []

    def reset(self, briefs: Sequence[Brief], embodiment: Embodiment) -> None:
        """Starts N episodes, each with a node of its own.

        Raises:
            RosFailed: A node cannot be started, or its topics do not match.
            ValueError: The declaration does not fit the robot.
        """
        self.close()

        def refuse(at: At, message: str, hint: str) -> None:
            raise ValueError(f"policy.ros.{'.'.join(map(str, at))}: {message}; {hint}")

        who = f"the robot '{embodiment.name}'"
        self._messages = plan_messages(self._spec, embodiment.channels, embodiment.action, who, refuse)
        self._briefs, self._action = list(briefs), embodiment.action
        self._over: set[int] = set()
        self._tick, self._sent = -1, [[-1] * len(self._messages) for _ in briefs]
        self._latencies: list[list[tuple[float, float]]] = [[] for _ in briefs]
        self._coming: list[deque[tuple[int, Act]]] = [deque() for _ in briefs]
        zeros = Act(np.zeros(embodiment.action.size), "waiting")
        self._last = [zeros for _ in briefs]
        self._facts: list[dict[str, str | float]] = [{} for _ in briefs]
        try:
            for _ in briefs:
                self._links.append(RosLink(self._spec, self._folder, self._lag))
            for link in self._links:
                link.heard()
        except BaseException:
            self.close()
            raise

    def act(self, observation: Observation, outputs: Sequence[Any]) -> list[Act]:
        """Plays a tick with each world's node.

        Raises:
            RosFailed: A node died, fell silent, or answered with what is no action.
        """
        self._tick += 1
        stamp = self._time(observation.step, observation.step)
        try:
            going = [world for world in range(len(self._links)) if world not in self._over]
            for world in going:
                self._links[world].tick(stamp, self._due(observation, world))
            heard = {world: self._links[world].heard() for world in going}
        except BaseException:
            self.close()
            raise
        rest = Act(np.zeros(self._action.size), "over")
        return [
            self._told(world, heard[world]) if world in heard else rest for world in range(len(self._links))
        ]

    def ended(self, world: int) -> None:
        """Ends the node of a world whose episode is over.

        Raises:
            RosFailed: It has said something that does not belong to the last tick.
        """
        self._over.add(world)
        self._links[world].finish()

    def _time(self, step: int, now: int) -> int:
        """Nanoseconds at a physics step, given that of this tick."""
        per_tick = now // self._tick if self._tick else 1
        return _BEGIN_NS + round(step * 10**9 / (self._control_hz * per_tick))

    def _due(self, observation: Observation, world: int) -> list[Any]:
        """The messages of a tick: those of which a reading is new, and at the first one all."""
        due = []
        for number, message in enumerate(self._messages):
            stamps = [observation.stamps[name] for name in message.channels]
            newest = max(stamps, default=observation.step)
            lost = any(world in observation.lost.get(name, ()) for name in message.channels)
            if newest <= self._sent[world][number] or (message.declared.once and self._tick):
                continue
            self._sent[world][number] = newest
            if not lost:
                fields = message.fields(observation, world, self._briefs[world])
                due.append([number, fields, self._time(newest, observation.step), message.declared.frame])
        return due

    def _told(self, world: int, answers: Sequence[Any]) -> Act:
        """What a world's robot is told now: the newest answer whose latency is over."""
        values, mode, done, took = dict[str, float](), "node", False, 0.0
        for one, (fields, seconds) in zip(self._spec.subscribe, answers, strict=True):
            if fields is None:
                continue
            took = max(took, seconds if not one.optional else 0.0)
            values |= {name: _number(fields[path], one.topic, path) for name, path in one.action.items()}
            said = {name: _fact(fields[path], one.topic, path) for name, path in one.facts.items()}
            self._facts[world] |= {name: fact for name, fact in said.items() if fact != ""}
            mode = str(fields[one.mode]) if one.mode else mode
            done = done or bool(one.done and fields[one.done])
        coming = self._coming[world]
        if values:
            latency_ms = self._spec.latency_ms(self._briefs[world].seed, len(self._latencies[world]), took)
            self._latencies[world].append((latency_ms, took * 1000.0))
            ready = self._tick + math.ceil(round(latency_ms * self._control_hz / 1000.0, 6))
            row = [values[name] for name in self._action.names]
            coming.append(
                (max(ready, coming[-1][0] if coming else 0), Act(row, mode, dict(self._facts[world]), done))
            )
        fresh = False
        while coming and coming[0][0] <= self._tick:
            self._last[world], fresh = coming.popleft()[1], True
        if not fresh and self._spec.meanwhile == "zero":
            return Act(np.zeros(self._action.size), "waiting", self._last[world].facts)
        return self._last[world]

    def latencies(self, world: int) -> list[tuple[float, float]]:
        """Of each answer of a world's episode: what acted in simulated time, and what it took, ms."""
        return self._latencies[world]

    @property
    def latency_mode(self) -> Literal["simulated", "measured"]:
        """Where what acted came from."""
        return "measured" if self._spec.latency == "measured" else "simulated"

    def close(self) -> None:
        """Ends all nodes; safe to call twice."""
        for link in self._links:
            link.close()
        self._links = []


def _number(value: Any, topic: str, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RosFailed(f"the node's {topic} has {type(value).__name__} at '{path}', not a number")
    if not math.isfinite(value):
        raise RosFailed(f"the node's {topic} says {value} at '{path}'")
    return float(value)


def _fact(value: Any, topic: str, path: str) -> str | float:
    if not isinstance(value, str | int | float):
        raise RosFailed(f"the node's {topic} has {type(value).__name__} at '{path}', no text or number")
    return value


def _read(options: Mapping[str, object]) -> tuple[RosSpec, Path]:
    given = read_options(RosPolicy.name, RosPolicy.options, options)
    if given["ros"] is None or given["declared"] is None:
        raise ValueError(f"policy ros: {_WRITE}")
    try:
        return RosSpec.model_validate_json(given["declared"]), Path(str(given["ros"])).resolve()
    except ValidationError as error:
        raise ValueError(f"policy ros: {error.errors()[0]['msg']}; {_WRITE}") from None
