"""A recording as a bag of ROS 2."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from simgate.harness.execution.episode.recordings.ros.cdr import Cdr
from simgate.harness.execution.episode.recordings.ros.messages import RosMessage, clock, ros_messages

_VERSION = 9
"""Of rosbag2's metadata, as Jazzy and Kilted write it; Humble reads it too."""


def write_bag(recording: Path, out: Path) -> dict[str, int]:
    """Writes a folder of rosbag2 in MCAP, with ``/clock`` at every moment at which something was recorded.

    Of a recording that cannot be read to its end nothing stays: a bag of its beginning looks like a whole.

    Args:
        recording: An MCAP recording of simgate.
        out: The folder; must not be there.

    Returns:
        Topic -> its messages.

    Raises:
        FileExistsError: The folder is there.
        ImportError: ``rosbags`` is not installed.
        OSError: Something cannot be read or written.
        ValueError: The recording is damaged.
    """
    from rosbags.rosbag2 import StoragePlugin, Writer

    if out.exists():
        raise FileExistsError(f"{out} is there already: name another folder with --out")
    cdr, counts = Cdr(), dict[str, int]()
    try:
        with Writer(out, version=_VERSION, storage_plugin=StoragePlugin.MCAP) as writer:
            ends = {}
            for one in timed(recording):
                if one.topic not in ends:
                    ends[one.topic] = writer.add_connection(one.topic, one.kind, typestore=cdr.store)
                writer.write(ends[one.topic], one.stamp_ns, cdr.packed(one.kind, one.values))
                counts[one.topic] = counts.get(one.topic, 0) + 1
    except BaseException:
        shutil.rmtree(out, ignore_errors=True)
        raise
    return counts


def timed(recording: Path) -> Iterator[RosMessage]:
    """The messages of a recording, before each new moment ``/clock``.

    Raises:
        OSError: It cannot be read.
        ValueError: It is damaged.
    """
    told_ns = -1
    for said in ros_messages(recording):
        if said.stamp_ns > told_ns:
            told_ns = said.stamp_ns
            yield clock(told_ns)
        yield said
