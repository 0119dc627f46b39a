"""What a pack says of a ROS 2 node: how it is started, which messages it is given, which it answers with."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simgate.policies.perception.decoder_spec import Strict
from simgate.policies.perception.latency import Answering

_DETECTION = "detections[]."
_HYPOTHESIS = f"{_DETECTION}results[].hypothesis."
PARTS_OF_BOXES = {
    "vision_msgs/msg/Detection2DArray": {
        "x": f"{_DETECTION}bbox.center.position.x",
        "y": f"{_DETECTION}bbox.center.position.y",
        "width": f"{_DETECTION}bbox.size_x",
        "height": f"{_DETECTION}bbox.size_y",
        "score": f"{_HYPOTHESIS}score",
        "label": f"{_HYPOTHESIS}class_id",
    }
}
"""Type of a message -> where the parts of its boxes stand (vision_msgs of Humble and later)."""
IMAGE = ("height", "width", "encoding", "is_bigendian", "step", "data")
"""Fields of a sensor_msgs/msg/Image."""


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
    """Messages that a driving node answers with; the newest of a tick counts."""

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


class Heard(Topic):
    """Messages with which a node that is a model says what it sees."""

    boxes: dict[str, str] | None = None
    """Part of a box (``x``, ``y``, ``width``, ``height``, or ``left``, ``top``, ``right``, ``bottom``; and
    ``score``, ``label``) -> path of a field through every element; empty of a type that is known."""
    image: Literal["", "mask", "depth"] = ""
    """What the pixels of a sensor_msgs/msg/Image are."""
    values: dict[str, str] = Field(default_factory=dict)
    """Name of a tensor -> path of a field."""
    optional: Literal[False] = False

    @property
    def paths(self) -> list[str]:
        """Every field that is read."""
        parts = PARTS_OF_BOXES.get(self.type, {}) | (self.boxes or {}) if self.boxes is not None else {}
        return list(dict.fromkeys([*parts.values(), *(IMAGE if self.image else ()), *self.values.values()]))


class Call(Strict):
    """A service that is called, or an action's goal that is sent, before the first tick."""

    name: str
    type: str
    """``package/srv/Name`` or ``package/action/Name``."""
    fields: dict[str, str | bool | int | float] = Field(default_factory=dict)
    """Path of a field of the request or goal -> ``=text`` or ``brief.NAME``; or a constant."""


class NodeSpec(Answering):
    """What is said of every node, whatever it is judged as."""

    launch: Annotated[tuple[str, ...], Field(min_length=1)]
    """Command that starts it, from the pack's folder."""
    python: str = "python3"
    """Interpreter that has rclpy, for the bridge."""
    setup: str = ""
    """File that a shell sources before both, for example /opt/ros/jazzy/setup.bash."""
    files: tuple[str, ...] = ()
    """What else the node is made of, files and folders."""
    lifecycle: tuple[str, ...] = ()
    """Full names of managed nodes, configured and activated in this order."""
    calls: tuple[Call, ...] = ()
    publish: Annotated[tuple[Published, ...], Field(min_length=1)]
    sim_time: bool = True
    """Whether the node must listen to /clock."""
    clock: Literal["first", "last"] = "last"
    """Whether a tick's /clock goes before its messages or after them."""
    timeout_s: float = 10.0
    start_timeout_s: float = 60.0


class RosSpec(NodeSpec):
    """A ROS 2 node that drives, as a pack declares it."""

    subscribe: Annotated[tuple[Subscribed, ...], Field(min_length=1)]
    time: Literal["lockstep", "realtime"] = "lockstep"
    """Whether each tick waits for the node, or the wall clock paces both."""
    lag_ms: float = 0.0
    """Simulated time that the node itself lets pass before it answers."""
    meanwhile: Literal["zero", "last"] = "zero"
    """What the robot is told while no answer has come: zeros always, or zeros only before the first."""


class RosModelSpec(NodeSpec):
    """A ROS 2 node that is a perception model, as a pack declares it."""

    classes: tuple[str, ...] = ()
    """Names of what it finds."""
    subscribe: Annotated[tuple[Heard, ...], Field(min_length=1)]

    @property
    def says(self) -> str:
        """What its answers are: ``boxes``, ``masks``, ``depth`` or ``tensors``."""
        first = self.subscribe[0]
        return (
            "boxes"
            if first.boxes is not None
            else {"mask": "masks", "depth": "depth"}.get(first.image, "tensors")
        )
