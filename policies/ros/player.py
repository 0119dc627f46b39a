"""Messages of a recording played onto topics by the Python of a ROS installation."""

from __future__ import annotations

import json
import os
import struct
import subprocess
from collections.abc import Iterable
from pathlib import Path

from simgate.policies.ros.link import RosFailed, without_our_python

_START = "import sys; sys.path[0] = sys.argv[1]; from remote.player import main; del sys.path[0]; main()"
_RECORD = struct.Struct("<qII")


def play(
    topics: dict[str, str],
    messages: Iterable[tuple[int, str, bytes]],
    *,
    python: str,
    setup: str = "",
    rate: float = 1.0,
    wait_s: float = 5.0,
) -> int:
    """Publishes messages at the pace of their stamps, in the domain that the environment names.

    Args:
        topics: Topic -> type.
        messages: Stamp in nanoseconds, topic, and message as CDR, in order of time.
        python: Interpreter that has rclpy.
        setup: File that a shell sources first.
        rate: Times real time.
        wait_s: Longest wait until somebody listens.

    Returns:
        How many were published; topics of a type that the installation lacks are left out, and named.

    Raises:
        RosFailed: The player cannot be started, or ended before all was published.
    """
    process = _started(python, setup)
    assert process.stdin is not None and process.stdout is not None
    places = {topic: place for place, topic in enumerate(topics)}
    told = {"topics": list(topics.items()), "rate": rate, "wait_s": wait_s}
    sent = 0
    try:
        with process.stdin as pipe:
            pipe.write(json.dumps(told).encode() + b"\n")
            for stamp_ns, topic, data in messages:
                pipe.write(_RECORD.pack(stamp_ns, places[topic], len(data)) + data)
                sent += 1
        published = process.stdout.read()
        code = process.wait()
    except BrokenPipeError:
        published, code = b"", process.wait()
    except BaseException:
        process.kill()
        process.wait()
        raise
    finally:
        process.stdout.close()
    read, said = map(int, published.split() or (-1, -1))
    if code or read != sent:
        raise RosFailed(f"the player ended (exit {code}) before all was published; has {python} rclpy?")
    return said


def _started(python: str, setup: str) -> subprocess.Popen[bytes]:
    command = [python, "-c", _START, str(Path(__file__).parent)]
    if setup:
        command = ["bash", "-c", 'source "$0" >&2 && exec "$@"', setup, *command]
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=without_our_python(dict(os.environ), setup),
        )
    except OSError as error:
        raise RosFailed(
            f"{command[0]} cannot be started: {error.strerror}; --python names that of ROS"
        ) from None
