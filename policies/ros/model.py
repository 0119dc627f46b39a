"""``models: {doors: {ros: ...}}``: a ROS 2 node is the perception model, frame by frame in simulated time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from simgate.policies.perception.outputs import ModelOutput
from simgate.policies.perception.runtime import Asked, LiveModel, RuntimeInfo
from simgate.policies.policy import Brief
from simgate.policies.ros.declaration import RosModelSpec
from simgate.policies.ros.declared import (
    BEGIN_NS,
    OPTIONS,
    Nodes,
    files_of_node,
    programs_of_node,
    read_declared,
    said_by,
)
from simgate.policies.ros.link import RosFailed
from simgate.policies.ros.messages import At, channels_of, due_messages, plan_messages
from simgate.policies.ros.outputs import output_of
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.options import Options

_WRITE = "write models: {NAME: {ros: {launch: [...], publish: {...}, subscribe: {...}}}}"


class RosModel(LiveModel):
    """See :class:`simgate.policies.perception.runtime.LiveModel`.

    Args:
        options: See :attr:`options`.

    Raises:
        RosFailed: The node cannot be started.
        ValueError: An option is unknown or missing.

    Attributes:
        said: What the ROS installation and the node say of themselves.
        classes: What it finds.
        channels: What it is given, known once it has begun; it answers for each new reading of the first.
    """

    options: ClassVar[Options] = OPTIONS

    def __init__(self, options: Mapping[str, object]) -> None:
        self._spec, self._folder = _read(options)
        self._nodes = Nodes(self._spec, self._folder)
        self.said = self.says(options)
        self.classes = self._spec.classes
        self.channels: tuple[str, ...] = ()

    @staticmethod
    def says(options: Mapping[str, object]) -> dict[str, str]:
        """What the ROS installation and the node say of themselves now; part of a run's identity.

        Raises:
            RosFailed: The node cannot be started.
        """
        return said_by(*_read(options))

    @staticmethod
    def files(options: Mapping[str, object]) -> Iterator[Path]:
        """The bridge, files that the command names, and what the pack says that the node is made of."""
        return files_of_node(*_read(options))

    @staticmethod
    def interpreters(options: Mapping[str, object]) -> list[Path]:
        """See :func:`.programs_of_node`."""
        return programs_of_node(*_read(options))

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
        return output_of(self._spec.subscribe, [fields for fields, _ in answers], self.classes), took_ms

    def _time_ns(self, step: int) -> int:
        return BEGIN_NS + round(step * 10**9 / self._physics_hz)

    def ended(self, world: int) -> None:
        """Ends the node of a world whose episode is over.

        Raises:
            RosFailed: It has said something that does not belong to the last frame.
        """
        self._nodes.links[world].finish()

    def infer(self, frames: Any) -> list[ModelOutput]:
        """Refused: a node lives through an episode, and is asked by :meth:`answer`."""
        raise RosFailed("a ROS 2 node answers in an episode only, not to pictures without one")

    def close(self) -> None:
        """Ends all nodes; safe to call twice."""
        self._nodes.close()


def _read(options: Mapping[str, object]) -> tuple[RosModelSpec, Path]:
    return read_declared("model ros", RosModelSpec, options, _WRITE)
