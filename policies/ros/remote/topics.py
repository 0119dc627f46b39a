"""The bridge's ends of the topics."""

from __future__ import annotations

import collections
import time
from typing import Any

from .fields import message_type, read_field, stamp_of, steps_of, write_field

_KEPT = 100
"""Messages of the node that are kept until they are looked at."""


class Input:
    """A topic that the node is given."""

    def __init__(self, bridge: Any, told: dict[str, Any], needed: bool = True) -> None:
        self.topic, self.type, self.needed = told["topic"], told["type"], needed
        self._kind = message_type(self.type)
        self._reliable = told["qos"]["reliability"] == "reliable"
        self._end = bridge.node.create_publisher(
            self._kind, self.topic, _profile(told["qos"], 1), event_callbacks=bridge.events("Publisher", self)
        )

    def matched(self) -> int:
        """How many listen."""
        return int(self._end.get_subscription_count())

    def send(self, fields: dict[str, Any], stamp: int | None = None, frame: str = "") -> None:
        """Publishes one message."""
        message = self._kind()
        if stamp is not None and stamp_of(message) is not None:
            message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp, 10**9)
            message.header.frame_id = frame
        for path, value in fields.items():
            write_field(message, path, value)
        for one in getattr(message, "transforms", ()):  # Of tf, which has no header of its own.
            if stamp is not None:
                one.header.stamp.sec, one.header.stamp.nanosec = divmod(stamp, 10**9)
            one.header.frame_id = one.header.frame_id or frame
        self._end.publish(message)

    def is_taken(self) -> bool:
        """Whether all is where the node takes it from; of a best-effort topic nobody knows."""
        from rclpy.duration import Duration

        return not self._reliable or bool(self._end.wait_for_all_acked(Duration()))


class Output:
    """A topic that the node answers on."""

    def __init__(self, bridge: Any, told: dict[str, Any]) -> None:
        self.topic, self.type, self.needed = told["topic"], told["type"], told["needed"]
        kind = message_type(self.type)
        self.stamped = stamp_of(kind()) is not None
        self._paths = {path: steps_of(path) for path in told["paths"]}
        for path, steps in self._paths.items():
            if all(isinstance(step, str) and step[0] != "[" for step in steps):
                read_field(kind(), steps, path)
        self.came: collections.deque[tuple[Any, float]] = collections.deque()
        self.lost, self.heard = 0, 0
        self.answer: tuple[Any, float] | None = None
        self.stale: int | None = None
        self.last_stamp: int | None = None
        self.last_came = 0.0
        self._node = bridge.node
        self._end = bridge.node.create_subscription(
            kind,
            self.topic,
            lambda message: self.came.append((message, time.monotonic())),
            _profile(told["qos"], _KEPT),
            event_callbacks=bridge.events("Subscription", self),
        )

    def matched(self) -> int:
        """How many publish it."""
        if hasattr(self._end, "get_publisher_count"):
            return int(self._end.get_publisher_count())
        return int(self._node.count_publishers(self.topic))  # Humble.

    def taken(self, begun: float) -> tuple[dict[str, Any] | None, float]:
        """The fields of its answer, None without one, and the seconds that it took."""
        answer, self.answer, self.stale = self.answer, None, None
        if answer is None:
            return None, 0.0
        message, came = answer
        return {path: read_field(message, steps, path) for path, steps in self._paths.items()}, came - begun


def _profile(qos: dict[str, Any], depth: int) -> Any:
    # With a depth of 1 Fast DDS has each message acknowledged at once, and not at its next heartbeat (3 s).
    from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=getattr(ReliabilityPolicy, qos["reliability"].upper()),
        durability=getattr(DurabilityPolicy, qos["durability"].upper()),
    )
