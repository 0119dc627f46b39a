"""The bridge of one world: its process, what it is asked, and that nothing of it stays."""

from __future__ import annotations

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from simgate.policies.ros.declaration import Heard, NodeSpec, RosModelSpec, RosSpec, Subscribed
from simgate.policies.ros.domain import Domain
from simgate.policies.ros.remote.deadline import busy
from simgate.sim_adapters.environments.remote import wire
from simgate.sim_adapters.environments.remote.wire import receive, send

_REMOTE = Path(__file__).with_name("remote")
_TRANSPORT = _REMOTE / "simgate_transport.xml"
SCRIPTS = (*sorted(_REMOTE.glob("*.py")), _TRANSPORT, Path(str(wire.__file__)))
"""What runs on the ROS installation's Python."""
_START = (
    "import sys; sys.path[0] = sys.argv[1]; from remote.serve import main; "
    "del sys.path[0]; main(sys.argv[2], int(sys.argv[3]))"
)
_MARK = "SIMGATE_ROS_WORLD"
_CLOSE_S, _GONE_S = 10.0, 2.0
_SLACK_S = 15.0
"""What the bridge may take beyond the deadlines that it watches itself."""
START_SLACK_S = 60.0
"""What it may take for its own start, which is not the node's: an interpreter, rclpy, a participant."""
_SHARED = Path("/dev/shm")
_FIRST_PORT, _PORTS = 7400, 250
"""Of domain 0, and how many each has."""


class RosFailed(Exception):  # noqa: N818 - the name says what happened
    """A node or its bridge died, fell silent, or said what cannot be used; the message says which and how."""


class RosLink:
    """A node with its bridge, in a ROS domain of their own.

    Args:
        spec: What the pack declares.
        folder: Where the node is started.
        lag_ticks: Control ticks after which an answer is awaited.
        printed: File for what node and bridge print; None for standard error.

    Raises:
        RosFailed: The bridge cannot be started.
    """

    def __init__(
        self, spec: NodeSpec, folder: Path, lag_ticks: int, printed: IO[bytes] | None = None
    ) -> None:
        self._spec = spec
        self._domain = Domain()
        self._mark = secrets.token_hex(16)
        subscribe: Sequence[Subscribed | Heard] = (
            spec.subscribe if isinstance(spec, RosSpec | RosModelSpec) else ()
        )
        ours, theirs = socket.socketpair()
        command = [spec.python, "-c", _START, str(_REMOTE.parent), str(wire.__file__), str(theirs.fileno())]
        if spec.setup:
            command = ["bash", "-c", 'source "$0" >&2 && exec "$@"', spec.setup, *command]
        try:
            self._process: subprocess.Popen[bytes] | None = subprocess.Popen(
                command,
                cwd=folder,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=printed or sys.stderr,
                stderr=printed,
                env=self._environment(),
                start_new_session=True,
            )
        except OSError as error:
            ours.close()
            self._domain.close()
            raise RosFailed(
                f"the bridge to ROS: {command[0]} cannot be started: {error.strerror}; `python:` "
                "under ros names the Python of a ROS 2 installation, and `make ros` makes one in simgate's "
                "checkout (docs/ros2.md)"
            ) from None
        finally:
            theirs.close()
        self._socket = ours
        told = {
            "launch": list(spec.launch),
            "lifecycle": list(spec.lifecycle),
            "folder": str(folder),
            "publish": [one.model_dump(include={"topic", "type", "qos"}) for one in spec.publish],
            "subscribe": [
                {
                    **one.model_dump(include={"topic", "type", "qos"}),
                    "paths": one.paths,
                    "needed": not one.optional,
                }
                for one in subscribe
            ],
            "sim_time": spec.sim_time,
            "clock": spec.clock,
            "realtime": isinstance(spec, RosSpec) and spec.time == "realtime",
            "lag_ticks": lag_ticks,
            "timeout_s": spec.timeout_s,
            "start_timeout_s": spec.start_timeout_s,
        }
        self._shared: set[str] = set()
        self._ask("open", told, spec.start_timeout_s + START_SLACK_S)

    def _environment(self) -> dict[str, str]:
        kept = without_our_python(dict(os.environ), self._spec.setup)
        for name in ("ROS_STATIC_PEERS", "ROS_DISCOVERY_SERVER", "ROS_LOCALHOST_ONLY"):
            kept.pop(name, None)
        # Before and since Fast DDS 3; a profile of the user's own is for all of its processes.
        profiles = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")
        if not any(kept.get(name) for name in profiles):
            kept |= dict.fromkeys(profiles, str(_TRANSPORT))
        return {
            **kept,
            "ROS_DOMAIN_ID": str(self._domain.number),
            "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
            _MARK: self._mark,
        }

    def _ask(self, word: str, given: Mapping[str, Any], seconds: float) -> None:
        self._word, self._allowed_s = word, seconds + _SLACK_S
        self._until = time.monotonic() + self._allowed_s
        self._socket.settimeout(self._allowed_s)
        try:
            send(self._socket, [word, given])
        except OSError:
            raise self._gone() from None

    def heard(self) -> Any:
        """The answer to what was asked last.

        Raises:
            RosFailed: There is none; all of the world's processes are then ended.
        """
        self._socket.settimeout(max(0.01, self._until - time.monotonic()))
        try:
            kind, answer = receive(self._socket)
        except TimeoutError:
            self._drop()
            raise RosFailed(
                f"the bridge to ROS did not answer to '{self._word}' within {self._allowed_s:g} s{busy()}"
            ) from None
        except (OSError, EOFError):
            raise self._gone() from None
        if self._word == "open":
            # Of a node that dies by itself nobody can ask afterwards.
            self._shared = self._shared.union(*map(_shared_memory, _marked(self._mark)))
        if kind == "failed":
            self.close()
            raise RosFailed(str(answer))
        return answer

    def _gone(self) -> RosFailed:
        process = self._process
        if process is not None:  # It may still be about to end by itself.
            with suppress(subprocess.TimeoutExpired):
                process.wait(_GONE_S)
        self._drop()
        code = process.returncode if process is not None else None
        how = f"was killed by signal {-code}" if code is not None and code < 0 else f"ended (exit {code})"
        hint = f"; has {self._spec.python} rclpy?" if self._word == "open" else ""
        return RosFailed(f"the bridge to ROS {how} when it was to '{self._word}'{hint}")

    def tick(self, stamp: int, messages: Sequence[Any]) -> None:
        """Begins a tick; :meth:`heard` has what the node answers."""
        self._ask("tick", {"stamp": stamp, "messages": list(messages)}, 2 * self._spec.timeout_s)

    def call(self, calls: Sequence[Any]) -> None:
        """Calls services and sends goals before the first tick.

        Raises:
            RosFailed: One is not there, does not answer, or says no.
        """
        self._ask("call", {"calls": list(calls)}, len(calls) * self._spec.timeout_s)
        self.heard()

    def facts(self) -> dict[str, str]:
        """What the installation says of itself.

        Raises:
            RosFailed: The bridge is gone.
        """
        self._ask("facts", {}, 10 * self._spec.timeout_s)
        return dict(self.heard())

    def finish(self) -> None:
        """Ends the node and the bridge after the last tick.

        Raises:
            RosFailed: Something has come that is no answer to a tick.
        """
        self._ask("settle", {}, self._spec.timeout_s)
        self.heard()
        self.close()

    def close(self) -> None:
        """Ends the node and the bridge; safe to call twice."""
        if self._process is None:
            return
        try:
            self._ask("close", {}, _CLOSE_S)
            receive(self._socket)
            self._process.wait(_CLOSE_S)
        except (OSError, EOFError, RosFailed, subprocess.TimeoutExpired):
            pass
        self._drop()

    def _drop(self) -> None:
        """Ends what is left, also what a launch file has started in a session of its own."""
        process, self._process = self._process, None
        if process is None:
            return
        self._socket.close()
        left = [process.pid] if process.poll() is None else []
        left += [pid for pid in _marked(self._mark) if pid not in left]
        shared = self._shared.union(*map(_shared_memory, left))
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        # Ports below the domain's are anybody's next; Fast DDS takes those that a killed process has left.
        ports = range(first := _FIRST_PORT + _PORTS * self._domain.number, first + _PORTS)
        for name in shared:
            _, is_port, port = name.partition("_port")
            if not is_port or int(port) in ports:
                for each in (name, f"{name}_el", f"sem.{name}_mutex"):
                    (_SHARED / each).unlink(missing_ok=True)
        self._domain.close()


def without_our_python(environment: dict[str, str], setup: str) -> dict[str, str]:
    """An environment for the ROS installation's Python.

    Args:
        environment: Ours.
        setup: File that a shell sources first; empty for none.
    """
    ours = {"VIRTUAL_ENV", "PYTHONHOME"}
    # A shell in which ROS was set up says by PYTHONPATH where it is; any other says it of simgate's own.
    if setup or "AMENT_PREFIX_PATH" not in environment:
        ours.add("PYTHONPATH")
    return {name: value for name, value in environment.items() if name not in ours}


def _marked(mark: str) -> Iterator[int]:
    """Processes of this user whose environment holds the mark."""
    wanted = f"{_MARK}={mark}".encode()
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (place / "environ").read_bytes().split(b"\0"):
                yield int(place.name)
        except OSError:
            continue


def _shared_memory(pid: int) -> set[str]:
    """Segments and ports of Fast DDS in a process's shared memory, which stays when it is killed."""
    try:
        lines = Path(f"/proc/{pid}/maps").read_text()
    except OSError:
        return set()
    # The first prefix is that of Fast DDS 2, the second of 3, since Kilted.
    return set(re.findall(r"/dev/shm/(fast(?:rtps|dds)_(?:[0-9a-f]{16}|port\d+))$", lines, re.MULTILINE))
