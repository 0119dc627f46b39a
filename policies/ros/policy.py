"""``policy: {ros: ...}``: a ROS 2 node drives, tick by tick in simulated time."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from simgate.policies.policy import Act, Brief
from simgate.policies.ros.declaration import RosSpec
from simgate.policies.ros.declared import BEGIN_NS, NodePlugin, read_declared
from simgate.policies.ros.link import RosFailed
from simgate.policies.ros.messages import At, due_messages, plan_messages
from simgate.policies.ros.pace import Pace
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.observation import Observation

_WRITE = "write policy: {ros: {launch: [...], publish: {...}, subscribe: {...}}}"


class RosPolicy(NodePlugin[RosSpec]):
    """See :class:`simgate.policies.policy.Policy`.

    Every episode has a node of its own, started anew, so that nothing of an earlier one is in it.

    Args:
        control_hz: Decisions a second.
        options: See :attr:`options`.
    """

    name = "ros"
    reports: ClassVar[tuple[str, ...] | None] = None

    def __init__(self, control_hz: int, options: Mapping[str, object] | None = None) -> None:
        super().__init__(options or {})
        self._control_hz = control_hz
        self._lag = math.ceil(round(self._spec.lag_ms * control_hz / 1000.0, 6))

    @classmethod
    def _read(cls, options: Mapping[str, object]) -> tuple[RosSpec, Path]:
        return read_declared("policy ros", RosSpec, options, _WRITE)

    # A plan sees these two only where they stand in a policy's own module.
    @classmethod
    def says(cls, options: Mapping[str, object]) -> dict[str, str]:
        """See :meth:`.NodePlugin.says`."""
        return super().says(options)

    @classmethod
    def files(cls, options: Mapping[str, object]) -> Iterator[Path]:
        """See :meth:`.NodePlugin.files`."""
        return super().files(options)

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
        self._tick = -1
        self._sent: list[dict[int, int]] = [{} for _ in briefs]
        self._latencies: list[list[tuple[float, float]]] = [[] for _ in briefs]
        self._coming: list[deque[tuple[int, Act]]] = [deque() for _ in briefs]
        zeros = Act(np.zeros(embodiment.action.size), "waiting")
        self._last = [zeros for _ in briefs]
        self._facts: list[dict[str, str | float]] = [{} for _ in briefs]
        self._known: list[dict[str, float]] = [{} for _ in briefs]
        self._modes, self._done = ["node" for _ in briefs], [False for _ in briefs]
        self._pace = Pace(1.0 / self._control_hz) if self._spec.time == "realtime" else None
        self._nodes.start(briefs, self._lag)

    def act(self, observation: Observation, outputs: Sequence[Any]) -> list[Act]:
        """Plays a tick with each world's node.

        Raises:
            RosFailed: A node died, fell silent, or answered with what is no action.
        """
        self._tick += 1
        if self._pace is not None:
            self._pace.wait(self._tick)
        stamp = self._time(observation.step, observation.step)
        going = [world for world in range(len(self._briefs)) if world not in self._over]
        due = {
            world: due_messages(
                self._messages,
                observation,
                world,
                self._briefs[world],
                self._sent[world],
                lambda step: self._time(step, observation.step),
            )
            for world in going
        }
        heard = self._nodes.tick(stamp, due)
        rest = Act(np.zeros(self._action.size), "over")
        return [
            self._told(world, heard[world]) if world in heard else rest for world in range(len(self._briefs))
        ]

    def ended(self, world: int) -> None:
        """See :meth:`.NodePlugin.ended`."""
        self._over.add(world)
        super().ended(world)

    def _time(self, step: int, now: int) -> int:
        """Nanoseconds at a physics step, given that of this tick."""
        per_tick = now // self._tick if self._tick else 1
        return BEGIN_NS + round(step * 10**9 / (self._control_hz * per_tick))

    def _told(self, world: int, answers: Sequence[Any]) -> Act:
        """What a world's robot is told now: the newest answer whose latency is over."""
        values, took = dict[str, float](), 0.0
        for one, (fields, seconds) in zip(self._spec.subscribe, answers, strict=True):
            if fields is None:
                continue
            took = max(took, seconds if not one.optional else 0.0)
            values |= {name: _number(fields[path], one.topic, path) for name, path in one.action.items()}
            said = {name: _fact(fields[path], one.topic, path) for name, path in one.facts.items()}
            self._facts[world] |= {name: fact for name, fact in said.items() if fact != ""}
            # Both may come on a topic of their own, at a tick without an action.
            self._modes[world] = str(fields[one.mode]) if one.mode else self._modes[world]
            self._done[world] = self._done[world] or bool(one.done and fields[one.done])
        coming, is_answer = self._coming[world], bool(values)
        if self._pace is not None:
            self._facts[world] |= {"time": "realtime", "late_ticks": self._pace.late}
            # Its topics come as they like: what is told is the newest of each, once there is one.
            self._known[world] |= values
            is_whole = len(self._known[world]) == self._action.size and (is_answer or self._done[world])
            values, ready = self._known[world] if is_whole else {}, self._tick
            latency_ms = math.ceil(took * self._control_hz) * 1000.0 / self._control_hz
        elif values:
            latency_ms = self._spec.latency_ms(self._briefs[world].seed, len(self._latencies[world]), took)
            ready = self._tick + math.ceil(round(latency_ms * self._control_hz / 1000.0, 6))
        if values:
            if is_answer:
                self._latencies[world].append((latency_ms, took * 1000.0))
            row = [values[name] for name in self._action.names]
            act = Act(row, self._modes[world], dict(self._facts[world]), self._done[world])
            coming.append((max(ready, coming[-1][0] if coming else 0), act))
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
        is_measured = self._spec.latency == "measured" or self._spec.time == "realtime"
        return "measured" if is_measured else "simulated"


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
