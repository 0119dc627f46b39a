"""The parent's side of one host process: start it, talk to it without blocking, end it for certain."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from simgate.harness.execution.hosts.host_environment import host_environment
from simgate.harness.execution.hosts.messages import Message, ToParent, decode_to_parent, encode

_CHUNK = 1 << 20
_REAP_S = 10.0
_POLL_S = 0.005


class HostGone(Exception):  # noqa: N818 - the name says what happened
    """The host has closed its end of the socket."""


class HostProcess:
    """One child process with its socket and its log.

    Started by the calling thread, which must outlive it: the kernel ends the host with that thread.

    Args:
        number: Number of the slot; names the log and picks the GPU.
        log_path: File to which the host's stdout and stderr are appended.
        interpreter: Command that runs Python, for example ``("/isaac-sim/python.sh",)``.

    Raises:
        OSError: The interpreter cannot be started.
    """

    def __init__(self, number: int, log_path: Path, interpreter: Sequence[str] = (sys.executable,)) -> None:
        self.number = number
        self.log_path = log_path
        log_path.parent.mkdir(parents=True, exist_ok=True)
        self.log_start = log_path.stat().st_size if log_path.exists() else 0
        self._incoming = bytearray()
        self._outgoing = bytearray()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with log_path.open("ab") as log:
                self._process = subprocess.Popen(
                    [
                        *interpreter,
                        "-P",
                        "-m",
                        "simgate.harness.execution.hosts.host",
                        "--fd",
                        str(theirs.fileno()),
                    ],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=(theirs.fileno(),),
                    env=host_environment(number, os.environ),
                    start_new_session=True,
                )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        ours.setblocking(False)
        self.socket = ours

    @property
    def pid(self) -> int:
        """Process id; also the id of its process group."""
        return self._process.pid

    @property
    def wants_to_write(self) -> bool:
        """Whether something is waiting to be sent."""
        return bool(self._outgoing)

    def send(self, message: Message) -> None:
        """Queues a message and sends what the socket takes now; a host that is gone is found when reading."""
        self._outgoing += encode(message)
        self.flush()

    def flush(self) -> None:
        """Sends what the socket takes now."""
        try:
            while self._outgoing:
                sent = self.socket.send(self._outgoing)
                del self._outgoing[:sent]
        except BlockingIOError:
            return
        except OSError:
            self._outgoing.clear()

    def receive(self) -> list[ToParent]:
        """All complete messages that have arrived; never blocks.

        Raises:
            HostGone: The host has closed its end, and every message before that has been returned.
            ValueError: The host sent a line that is no message.
        """
        ended = False
        try:
            while not ended:
                chunk = self.socket.recv(_CHUNK)
                ended = not chunk
                self._incoming += chunk
        except BlockingIOError:
            pass
        except OSError:
            ended = True
        *lines, rest = bytes(self._incoming).split(b"\n")
        self._incoming = bytearray(rest)
        if ended and not lines:
            raise HostGone
        return [decode_to_parent(line) for line in lines]

    def kill(self) -> None:
        """Ends the host and everything it has started; returns when it is gone."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(_REAP_S)
        self.socket.close()

    def wait(self, seconds: float) -> bool:
        """Waits for the host to exit by itself; returns whether it did.

        It stays a zombie until :meth:`kill`, so that its process group still has its name.
        """
        deadline = time.monotonic() + seconds
        look = os.WEXITED | os.WNOHANG | os.WNOWAIT
        while os.waitid(os.P_PID, self._process.pid, look) is None:
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
        return True

    def how_it_ended(self) -> str:
        """``signal 9`` or ``exit code 1``, for a host that is gone."""
        code = self._process.returncode
        if code is None:
            return "still running"
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def log_tail(self, lines: int = 12) -> str:
        """The last lines that this host has written to its log; empty when somebody has deleted it."""
        if not self.log_path.exists():
            return ""
        with self.log_path.open("rb") as log:
            log.seek(self.log_start)
            text = log.read().decode(errors="replace")
        return "\n".join(text.splitlines()[-lines:])
