"""Plays messages of a recording onto topics; runs on the ROS installation's Python and needs rclpy alone."""

from __future__ import annotations

import json
import struct
import sys
import time
from typing import Any

from .fields import Failed, message_type

_RECORD = struct.Struct("<qII")
"""Stamp in nanoseconds, place of the topic, bytes of the message."""


def main() -> None:
    """Reads what is to be played: a line of JSON, then messages in order of time."""
    import rclpy

    said = json.loads(sys.stdin.buffer.readline())
    rclpy.init(args=["--ros-args", "--log-level", "fatal"])
    node = rclpy.create_node("simgate_player", enable_rosout=False, start_parameter_services=False)
    ends = [_publisher(node, topic, kind) for topic, kind in said["topics"]]
    if not any(ends):
        raise SystemExit("this ROS installation has no type of what is to be published")
    _wait([end for end in ends if end], said["wait_s"])
    begun: float | None = None
    counts = [0, 0]  # Read, and published.
    while head := sys.stdin.buffer.read(_RECORD.size):
        stamp_ns, place, size = _RECORD.unpack(head)
        data = sys.stdin.buffer.read(size)
        at = stamp_ns / 1e9 / said["rate"]
        begun = time.monotonic() - at if begun is None else begun
        time.sleep(max(0.0, begun + at - time.monotonic()))
        if ends[place]:
            ends[place].publish(data)
            counts[1] += 1
        counts[0] += 1
    # What was published last is still on its way to whoever listens.
    for end in ends:
        if end:
            end.wait_for_all_acked()
    node.destroy_node()
    rclpy.try_shutdown()
    print(*counts)


def _publisher(node: Any, topic: str, kind: str) -> Any:
    """None of a type that the installation lacks, which is said."""
    try:
        return node.create_publisher(message_type(kind), topic, 10)
    except Failed as error:
        print(f"{topic} is left out: {error}", file=sys.stderr, flush=True)
        return None


def _wait(ends: list[Any], seconds: float) -> None:
    """Until somebody listens, that its first messages are not lost; no longer than so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not any(end.get_subscription_count() for end in ends):
        time.sleep(0.05)


if __name__ == "__main__":
    main()
