"""What a pack says of a ROS 2 node: how it is started, which messages it is given, which it answers with."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simgate.policies.perception.decoder_spec import Strict
from simgate.policies.perception.latency import Answering


class Qos(Strict):
    """Quality of service of one end of a topic."""

    reliability: Literal["reliable", "best_effort"] = "reliable"
    durability: Literal["volatile", "transient_local"] = "volatile"


class Topic(Strict):
    """What both directions have."""

    topic: str
    type: str
    """``package/msg/Name``; any that the ROS installation has."""
    qos: Qos = Qos()


class Published(Topic):
    """Messages that the node is given."""

    channels: dict[str, str] = Field(default_factory=dict)
    """Part of a well-known message -> channel of the robot."""
    fields: dict[str, str | bool | int | float] = Field(default_factory=dict)
    """Path of a field -> ``=text``, a channel, ``channel.entry`` or ``brief.NAME``; or a constant."""
    frame: str = ""
    """``header.frame_id``."""
    once: bool = False
    """At the start of an episode only, and not with every new reading."""


class Subscribed(Topic):
    """Messages that the node answers with; the newest of a tick counts."""

    action: dict[str, str] = Field(default_factory=dict)
    """Entry of the robot's action -> path of a field."""
    facts: dict[str, str] = Field(default_factory=dict)
    """What the robot says -> path of a field."""
    mode: str = ""
    done: str = ""
    optional: bool = False
    """Not waited for."""

    @property
    def paths(self) -> list[str]:
        """Every field that is read."""
        said = [*self.action.values(), *self.facts.values(), self.mode, self.done]
        return [path for path in dict.fromkeys(said) if path]


class RosSpec(Answering):
    """A ROS 2 node as a pack declares it."""

    launch: Annotated[tuple[str, ...], Field(min_length=1)]
    """Command that starts it, from the pack's folder."""
    python: str = "python3"
    """Interpreter that has rclpy, for the bridge."""
    setup: str = ""
    """File that a shell sources before both, for example /opt/ros/jazzy/setup.bash."""
    files: tuple[str, ...] = ()
    """What else the node is made of, files and folders."""
    publish: Annotated[tuple[Published, ...], Field(min_length=1)]
    subscribe: Annotated[tuple[Subscribed, ...], Field(min_length=1)]
    sim_time: bool = True
    """Whether the node must listen to /clock."""
    clock: Literal["first", "last"] = "last"
    """Whether a tick's /clock goes before its messages or after them."""
    lag_ms: float = 0.0
    """Simulated time that the node itself lets pass before it answers."""
    meanwhile: Literal["zero", "last"] = "zero"
    """What the robot is told while no answer has come: zeros always, or zeros only before the first."""
    timeout_s: float = 10.0
    start_timeout_s: float = 60.0
