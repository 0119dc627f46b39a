"""The parent's side of one host process: start it, talk to it without blocking, end it for certain."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from simgate.harness.execution.hosts.host_connection import HostConnection
from simgate.harness.execution.hosts.host_environment import host_environment
from simgate.harness.execution.hosts.host_log import open_log

_REAP_S = 10.0
_POLL_S = 0.005


class HostProcess(HostConnection):
    """One child process with its socket and its log.

    Started by the calling thread, which must outlive it: the kernel ends the host with that thread.

    Args:
        number: Number of the slot; names the log and picks the GPU.
        log_path: File to which the host's stdout and stderr are appended.
        interpreter: Command that runs Python, for example ``("/isaac-sim/python.sh",)``.
        environment: Its environment; None for this process's, with a GPU by the number.
        folder: Its working folder; None for this process's.

    Raises:
        OSError: The interpreter cannot be started.
    """

    def __init__(
        self,
        number: int,
        log_path: Path,
        interpreter: Sequence[str] = (sys.executable,),
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        log_path.parent.mkdir(parents=True, exist_ok=True)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        ours.setblocking(False)
        super().__init__(number, ours, log_path)
        try:
            with open_log(log_path) as log:
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
                    env=host_environment(number, os.environ) if environment is None else environment,
                    cwd=folder,
                    start_new_session=True,
                )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()

    @property
    def pid(self) -> int:
        """Process id; also the id of its process group."""
        return self._process.pid

    def kill(self) -> None:
        """Ends the host and everything it has started; returns when it is gone, or after ten seconds in which
        the kernel has not ended it, which is no reason to lose a run. Safe to call twice."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
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
