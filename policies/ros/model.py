"""``models: {doors: {ros: ...}}``: a ROS 2 node is the perception model, frame by frame in simulated time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from simgate.policies.perception.outputs import ModelOutput
from simgate.policies.perception.runtime import Asked, LiveModel, RuntimeInfo
from simgate.policies.policy import Brief
from simgate.policies.ros.declaration import RosModelSpec
from simgate.policies.ros.declared import BEGIN_NS, NodePlugin, read_declared
from simgate.policies.ros.link import RosFailed
from simgate.policies.ros.messages import At, channels_of, due_messages, plan_messages
from simgate.policies.ros.outputs import output_of
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.observation import Observation

_WRITE = "write models: {NAME: {ros: {launch: [...], publish: {...}, subscribe: {...}}}}"


class RosModel(NodePlugin[RosModelSpec], LiveModel):
    """See :class:`simgate.policies.perception.runtime.LiveModel`.

    Attributes:
        classes: What it finds.
        channels: What it is given, known once it has begun; it answers for each new reading of the first.
    """

    def __init__(self, options: Mapping[str, object]) -> None:
        super().__init__(options)
        self.classes = self._spec.classes
        self.channels: tuple[str, ...] = ()

    @classmethod
    def _read(cls, options: Mapping[str, object]) -> tuple[RosModelSpec, Path]:
        return read_declared("model ros", RosModelSpec, options, _WRITE)

    def describe(self) -> RuntimeInfo:
        """Identity for the record."""
        program = " ".join(self._spec.launch)
        return RuntimeInfo("ros", self.said.get("rclpy", ""), "cpu", program, self.said.get("executable", ""))

    def begin(self, seeds: Sequence[int], embodiment: Embodiment, physics_hz: int) -> None:
        """Starts N episodes, each with a node of its own.

        Raises:
            RosFailed: A node cannot be started, or its topics do not match.
            ValueError: The declaration does not fit the robot.
        """

        def refuse(at: At, message: str, hint: str) -> None:
            raise ValueError(f"models.ros.{'.'.join(map(str, at))}: {message}; {hint}")

        who = f"the robot '{embodiment.name}'"
        self._messages = plan_messages(self._spec, embodiment.channels, embodiment.action, who, refuse)
        self.channels = channels_of(self._messages)
        shown = embodiment.channel(self.channels[0])
        self._size = (shown.shape[0], shown.shape[1]) if shown.kind == "rgb" else None
        self._physics_hz = physics_hz
        self._briefs = [Brief(seed=seed) for seed in seeds]
        self._sent: list[dict[int, int]] = [{} for _ in seeds]
        self._nodes.start(self._briefs)

    def answer(self, asked: Asked) -> list[tuple[ModelOutput, float]]:
        """What the nodes of some worlds say of what was read there.

        Raises:
            RosFailed: A node died, fell silent, or says what cannot be used.
        """
        seen = Observation(asked.step, asked.readings, asked.stamps)
        due = {
            world: due_messages(
                self._messages, seen, row, self._briefs[world], self._sent[world], self._time_ns
            )
            for row, world in enumerate(asked.worlds)
        }
        heard = self._nodes.tick(self._time_ns(asked.step), due)
        return [self._answer(heard[world]) for world in asked.worlds]

    def _answer(self, answers: Sequence[tuple[Any, float]]) -> tuple[ModelOutput, float]:
        took_ms = 1000.0 * max(seconds for _, seconds in answers)
        said = [fields for fields, _ in answers]
        return output_of(self._spec.subscribe, said, self.classes, self._size), took_ms

    def _time_ns(self, step: int) -> int:
        return BEGIN_NS + round(step * 10**9 / self._physics_hz)

    def infer(self, frames: Any) -> list[ModelOutput]:
        """Refused: a node lives through an episode, and is asked by :meth:`answer`."""
        raise RosFailed("a ROS 2 node answers in an episode only, not to pictures without one")
