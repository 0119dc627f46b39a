"""The way to an environment: in this process, or in the interpreter that a team has it in."""

from __future__ import annotations

import math
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.environments.remote.deciding.lodging import OF_LODGER
from simgate.sim_adapters.environments.remote.refused import Refused, told
from simgate.sim_adapters.environments.remote.session import Session
from simgate.sim_adapters.environments.remote.sharing.vector_session import session_of
from simgate.sim_adapters.environments.remote.wire import Steps, receive, send
from simgate.sim_adapters.traits import ProcessTraits

ANSWER_S = 300.0
"""Longest wait for one answer; making an environment may compile for minutes."""
STEP_S = 60.0
"""Longest wait for one step of one environment."""
ACT_S = 30.0
"""Longest wait for what a policy does, before the worker that waits for it is taken for hung."""
PROCESSES = ProcessTraits(slow=True)
"""Of workers: they wait for an environment, so that one which hangs is named, and not the worker killed."""
FRAGMENT = f"{OF_LODGER}fragment"
_NO_NUMPY = 78
"""Exit code of an interpreter that lacks it."""
_REMOTE = Path(__file__).parent
_SCRIPT = (
    f"import sys, importlib.util as u; u.find_spec('numpy') or sys.exit({_NO_NUMPY}); "
    "sys.path.insert(0, sys.argv[1]); from remote.serve import main; "
    "main(int(sys.argv[2]), int(sys.argv[3]))"
)


class EnvironmentFailed(Exception):  # noqa: N818 - the name says what happened
    """An environment raised, died, or did not answer; the message says which and how."""


class LodgerFailed(EnvironmentFailed):
    """The policy in an environment's interpreter did; the environment did not."""


class Link(Protocol):
    """Calls of :class:`~simgate.sim_adapters.environments.remote.session.Session` by name."""

    def call(self, word: str, **given: Any) -> Any:
        """The answer.

        Raises:
            Refused: What was asked for cannot be had.
            EnvironmentFailed: The environment raised, or is gone.
        """
        ...

    def steps(self, slots: list[int], actions: NDArray[np.float64]) -> Any:
        """As :meth:`call`, of what is asked at every step."""
        ...

    def close(self) -> None:
        """Ends it; safe to call twice."""
        ...


class LocalLink:
    """An environment in this process; arguments as ``Session`` has them."""

    def __init__(self, opened: Mapping[str, Any]) -> None:
        self._name = opened["name"]
        self._session: Session | None = _guarded(self._name, session_of, **opened)

    def call(self, word: str, **given: Any) -> Any:
        """See :class:`Link`."""
        return _guarded(self._name, getattr(self._session, word), **given)

    def steps(self, slots: list[int], actions: NDArray[np.float64]) -> Any:
        """See :class:`Link`."""
        return _guarded(self._name, self._session.steps, slots, actions)  # type: ignore[union-attr]

    def close(self) -> None:
        """See :class:`Link`."""
        if self._session is not None:
            self._session.close()
            self._session = None


def _guarded(env: str, ask: Callable[..., Any], /, *given: Any, **named: Any) -> Any:
    # What it prints must not come between the lines of a report that goes to stdout.
    kept, sys.stdout = sys.stdout, sys.stderr
    try:
        return ask(*given, **named)
    except Refused:
        raise
    except (Exception, SystemExit) as error:
        raise EnvironmentFailed(f"environment {env}: {told(error)}") from error
    finally:
        sys.stdout = kept


class RemoteLink:
    """An environment, or a policy, in another interpreter.

    Args:
        python: Absolute path of the interpreter; an attribute, too.
        opened: As ``Session`` has them; for a policy as
            :class:`~simgate.sim_adapters.environments.remote.deciding.playing.Playing` does.
        what: ``environment`` or ``policy``.

    Raises:
        EnvironmentFailed: The interpreter cannot be started, or ends at once.
        Refused: There is no such environment.
    """

    def __init__(
        self, python: str, opened: Mapping[str, Any], what: Literal["environment", "policy"] = "environment"
    ) -> None:
        self._who, self._what, self.python = f"{what} {opened['name']}", what, python
        self._lodger = ""
        ours, theirs = socket.socketpair()
        command = [python, "-c", _SCRIPT, str(_REMOTE), str(theirs.fileno()), str(os.getpid())]
        clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
        try:
            self._process: subprocess.Popen[bytes] | None = subprocess.Popen(
                # By its number: in a notebook sys.stderr is no file.
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=2,
                env=clean,
            )
        except OSError as error:
            ours.close()
            raise EnvironmentFailed(f"{python} cannot be started: {error.strerror}") from None
        finally:
            theirs.close()
        self._socket, self._seconds = ours, math.nan
        self._steps: Steps | None = None
        self._asked: tuple[str, Mapping[str, Any]] = what, opened
        try:
            self.call(what, **opened)
        except BaseException:
            self.close()
            raise

    def call(self, word: str, **given: Any) -> Any:
        """See :class:`Link`."""
        self.ask(word, **given)
        return self.answer()

    def steps(self, slots: list[int], actions: NDArray[np.float64]) -> Any:
        """See :class:`Link`."""
        return self.call("steps", slots=slots, actions=actions)

    def ask(self, word: str, **given: Any) -> None:
        """Asks what the next :meth:`answer` answers; nothing else may be asked before it.

        Raises:
            EnvironmentFailed: The environment is gone.
        """
        seconds = ANSWER_S
        if word == "steps":
            seconds = min(STEP_S * len(given["slots"]), ANSWER_S)
        elif word.endswith("act"):
            seconds = ACT_S
        elif word == FRAGMENT:
            # It ends itself long before, but for the last step and what the policy does then.
            seconds = min(STEP_S * len(given["slots"]), ANSWER_S) + ACT_S
        elif word == "lodge":
            self._lodger = f"policy {given['name']}"
        self._asked = word, given
        try:
            self._wait_at_most(seconds)
            if not (word == "steps" and self._steps and self._steps.fits(**given)):
                self._steps = None
                send(self._socket, [word, given])
            else:
                self._steps.ask(self._socket, given["actions"])
        except (OSError, EOFError) as error:
            raise self._failure(error) from None

    def answer(self) -> Any:
        """The answer to what was asked; raises as :meth:`Link.call` does."""
        try:
            message = receive(self._socket)
        except (OSError, EOFError) as error:
            raise self._failure(error) from None
        if self._steps is not None and isinstance(message, bytes):
            return self._steps.answered(message)
        (word, given), (kind, answer) = self._asked, message
        if kind == "refused":
            text, unknown, known = answer
            raise Refused(text, unknown, tuple(known))
        if kind == "failed":
            raise EnvironmentFailed(f"{self._who}: {answer}")
        if kind == "failed by policy":
            raise LodgerFailed(f"{self._lodger}: {answer}")
        if word == "steps":
            self._steps = Steps(**given, answer=answer)
        return answer

    def _failure(self, error: Exception) -> EnvironmentFailed:
        """What became of the other end, which is ended with it."""
        word, _ = self._asked
        who = f"{self._who} with {self._lodger}" if word == FRAGMENT else self._who
        if isinstance(error, BlockingIOError):
            if self._process is not None:
                self._process.kill()
            self.close()
            return EnvironmentFailed(f"{who}: no answer to '{word}' within {self._seconds:g} s")
        code = self._ended()
        if code == _NO_NUMPY and word == self._what:
            needed = (
                "an environment there needs numpy and gymnasium (or gym)"
                if word == "environment"
                else "a policy there needs it"
            )
            return EnvironmentFailed(f"{self.python} has no numpy; {needed}")
        ended = "ended" if code is None else f"ended (exit {code})"
        return EnvironmentFailed(f"{who}: its interpreter {ended} while it was asked to '{word}'")

    def _wait_at_most(self, seconds: float) -> None:
        # By the kernel: a timeout of Python's own costs a further call of it each time.
        if seconds != self._seconds:
            self._seconds, limit = seconds, struct.pack("ll", int(seconds), int(seconds % 1.0 * 1e6))
            for which in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
                self._socket.setsockopt(socket.SOL_SOCKET, which, limit)

    def _ended(self) -> int | None:
        process = self._process
        self.close()
        return None if process is None else process.returncode

    def close(self) -> None:
        """See :class:`Link`."""
        self._socket.close()
        process, self._process = self._process, None
        if process is None:
            return
        try:
            process.wait(5.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def open_link(python: str | None, opened: Mapping[str, Any]) -> Link:
    """Opens the way to an environment.

    Args:
        python: Interpreter; None for this process.
        opened: As ``Session`` has them.
    """
    return LocalLink(opened) if python is None else RemoteLink(python, opened)
