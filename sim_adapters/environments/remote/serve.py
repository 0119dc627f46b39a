"""Answers simgate from an environment's interpreter, or a policy's; see :mod:`.session`, :mod:`.playing`."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import traceback
from typing import Any

from .playing import Playing
from .refused import Refused, told
from .sharing.vector_session import session_of
from .wire import Steps, receive, send

_PR_SET_PDEATHSIG = 1
_LAB = "isaaclab:"
"""Begins the names of tasks of Isaac Lab."""


def main(descriptor: int, parent: int) -> None:
    """Answers until the other end is gone; what is printed goes to stderr."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return
    os.dup2(2, 1)
    sock = socket.socket(fileno=descriptor)
    session: Any = None
    steps: Any = None
    while True:
        try:
            message = receive(sock)
        except EOFError:
            return
        try:
            if isinstance(message, bytes):
                stepped = session.steps(*steps.asked(message))
                if not steps.answer(sock, stepped):
                    raise ValueError(
                        "an observation has another shape, or the info another length, than before"
                    )
                continue
            word, given = message
            if word == "environment":
                session, answer = _session_of(given["name"])(**given), None
            elif word == "policy":
                session, answer = Playing(**given), None
            else:
                answer = getattr(session, word)(**given)
                steps = Steps(**given, answer=answer) if word == "steps" else None
            send(sock, ["answer", answer])
        except Refused as error:
            send(sock, ["refused", [str(error), error.unknown, list(error.known)]])
        except (Exception, SystemExit) as error:
            traceback.print_exc()
            send(sock, ["failed", told(error)])


def _session_of(name: str) -> Any:
    if name.startswith(_LAB):
        # Alone there is what it needs.
        from .isaaclab.session import LabSession

        return LabSession
    return session_of
