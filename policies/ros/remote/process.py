"""The process that is judged."""

from __future__ import annotations

import collections
import ctypes
import os
import signal
import subprocess
import sys
import threading

from .fields import Failed

_GRACE_S = 2.0
_LINES = 12
_LONGEST = 300
_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _environment() -> dict[str, str]:
    """What is the bridge's own left out."""
    return {name: value for name, value in os.environ.items() if not value.endswith("simgate_transport.xml")}


class Judged:
    """The processes that are judged, in a session of their own, with their last lines."""

    def __init__(self, launch: list[str], folder: str) -> None:
        self._lines: collections.deque[str] = collections.deque(maxlen=_LINES)
        try:
            self.process = subprocess.Popen(
                launch,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - there is no other thread yet
                env=dict(_environment(), PYTHONUNBUFFERED="1"),
            )
        except OSError as error:
            raise Failed(f"the node cannot be started: {launch[0]}: {error.strerror}") from None
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            sys.stderr.buffer.write(line)
            sys.stderr.flush()
            self._lines.append(line.decode(errors="replace").strip())

    def check(self, when: str) -> None:
        """Raises when it has ended."""
        code = self.process.poll()
        if code is not None:
            self._reader.join(_GRACE_S)
            how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
            raise Failed(f"the node {how} {when}{self.last}")

    @property
    def last(self) -> str:
        """Its last line that says something, for a message."""
        said = [line for line in self._lines if line]
        return f"; its last line: {said[-1][:_LONGEST]}" if said else ""

    def end(self) -> None:
        """Asks it to end, then makes it, with all of its session."""
        for sign in (signal.SIGINT, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, sign)
                self.process.wait(_GRACE_S)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue
