"""Answers simgate from an environment's interpreter, or a policy's; see :mod:`.session`, :mod:`.playing`."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import traceback
from typing import Any

from .deciding.lodging import OF_LODGER, ByPolicy, Lodger
from .deciding.playing import Playing
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
    served = _Served()
    while True:
        try:
            message = receive(sock)
        except EOFError:
            return
        try:
            if isinstance(message, bytes):
                served.step(sock, message)
            else:
                send(sock, ["answer", served.ask(*message)])
        except Refused as error:
            send(sock, ["refused", [str(error), error.unknown, list(error.known)]])
        except ByPolicy as error:
            traceback.print_exc()
            send(sock, ["failed by policy", str(error)])
        except (Exception, SystemExit) as error:
            traceback.print_exc()
            send(sock, ["failed", told(error)])


class _Served:
    """An environment with, maybe, a policy beside it, or a policy alone."""

    def __init__(self) -> None:
        self._session: Any = None
        self._lodger: Any = None
        self._steps: Any = None

    def step(self, sock: Any, message: bytes) -> None:
        """Answers a further step like the one before."""
        if not self._steps.answer(sock, self._session.steps(*self._steps.asked(message))):
            raise ValueError("an observation has another shape, or the info another length, than before")

    def ask(self, word: str, given: Any) -> Any:
        """What is answered to a word."""
        if word == "environment":
            self._session = _session_of(given["name"])(**given)
            return None
        if word == "policy":
            self._session = Playing(**given)
            return None
        if word == "lodge":
            self._lodger = Lodger(self._session, **given)
            return self._lodger.describe()
        if word.startswith(OF_LODGER):
            return getattr(self._lodger, word[len(OF_LODGER) :])(**given)
        answer = getattr(self._session, word)(**given)
        self._steps = Steps(**given, answer=answer) if word == "steps" else None
        return answer


def _session_of(name: str) -> Any:
    if name.startswith(_LAB):
        # Alone there is what it needs.
        from .isaaclab.session import LabSession

        return LabSession
    return session_of
