"""Where MuJoCo's compiler is called: what it has to say goes to standard error, and it can be ended.

Its warnings would else fill MUJOCO_LOG.TXT where a user stands.
"""

from __future__ import annotations

import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import mujoco


@cache
def warn_on_stderr() -> None:
    """Takes MuJoCo's warnings over for this process; in a host they end in ``hosts/<n>.log`` of the run."""
    mujoco.set_mju_user_warning(_say)


@cache
def _say(text: str) -> None:
    print(f"MuJoCo: {text.strip()}", file=sys.stderr, flush=True)


@contextmanager
def rejections() -> Iterator[None]:
    """Lets what MuJoCo has against a model be one kind of error, whatever it raises.

    Raises:
        ValueError: MuJoCo rejects it, or does not know itself what is wrong.
    """
    try:
        with _ended_by_signals():
            yield
    except (mujoco.FatalError, mujoco.UnexpectedError) as error:
        raise ValueError(str(error)) from None


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end the process at once: Python's handlers would wait until the compiler returns."""
    waiting = {}
    if threading.current_thread() is threading.main_thread():
        handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
        waiting = {number: handler for number, handler in handlers.items() if callable(handler)}
    for number in waiting:
        signal.signal(number, signal.SIG_DFL)
    try:
        yield
    finally:
        for number, handler in waiting.items():
            signal.signal(number, handler)


def compiled(spec: mujoco.MjSpec) -> mujoco.MjModel:
    """Compiles; what MuJoCo's compiler warns of goes where its other warnings go.

    Raises:
        ValueError: MuJoCo rejects it.
    """
    with warnings.catch_warnings(record=True) as caught, rejections():
        warnings.simplefilter("always")
        model = spec.compile()
    for warning in caught:
        _say(str(warning.message))
    return model
