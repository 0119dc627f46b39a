"""Finds a GL library for drawing without a display, without importing a simulator.

MuJoCo reads ``MUJOCO_GL`` when it is imported. Without it and without a display its import fails in a way
that does not say what to install.
"""

from __future__ import annotations

import resource
import socket
from collections.abc import Callable, Mapping, MutableMapping
from ctypes.util import find_library

REMEDY = (
    "no GL library for drawing without a display was found (libEGL, libOSMesa); install one: "
    "`apt-get install libegl1 libgl1-mesa-dri` or `apt-get install libosmesa6`"
)
BACKEND = "MUJOCO_GL"
"""Environment variable in which simulators read at import with what they draw."""
SOFTWARE_THREADS = ("LP_NUM_THREADS", "0")
"""Mesa's software renderer draws in the thread that asks; to hand frames to one other costs more."""
_FEWEST_FILES = 64
_X_SOCKETS = "/tmp/.X11-unix"
_X_PORT = 6000
_ANSWER_S = 1.0


def has_display(environ: Mapping[str, str]) -> bool:
    """Whether ``DISPLAY`` names an X server that answers; one of another machine is believed.

    It is often stale: kept by ``tmux``, ``sudo`` or a container after its server has gone.
    """
    host, _, number = environ.get("DISPLAY", "").rpartition(":")
    screen = number.partition(".")[0]
    if not screen.isdecimal():
        return False
    if host == "localhost":
        return _answers(socket.AF_INET, ("127.0.0.1", _X_PORT + int(screen)))
    if host not in ("", "unix"):
        return True
    path = f"{_X_SOCKETS}/X{screen}"
    return _answers(socket.AF_UNIX, f"\0{path}") or _answers(socket.AF_UNIX, path)


def _answers(family: socket.AddressFamily, address: str | tuple[str, int]) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(_ANSWER_S)
        try:
            connection.connect(address)
        except (OSError, OverflowError):
            return False
    return True


def choose_backend(
    environ: Mapping[str, str], find: Callable[[str], str | None] = find_library
) -> str | None:
    """What ``MUJOCO_GL`` should be set to for a child process.

    Args:
        environ: Environment of the caller. A ``MUJOCO_GL`` in it is the user's decision, and a display
            that answers means that MuJoCo's own choice works.
        find: Finds a shared library by name.

    Returns:
        ``egl`` (preferred: it also reaches a GPU) or ``osmesa``; None when nothing should be set, or
        nothing was found.
    """
    if environ.get(BACKEND) or has_display(environ):
        return environ.get(BACKEND) or None
    if find("EGL"):
        return "egl"
    return "osmesa" if find("OSMesa") else None


def draw_on_one_core(environ: MutableMapping[str, str]) -> None:
    """Lets MuJoCo, which reads this when it is imported, draw without a display; a user's settings stay."""
    backend = choose_backend(environ)
    if backend:
        environ[BACKEND] = backend
    environ.setdefault(*SOFTWARE_THREADS)


def missing_gl(environ: Mapping[str, str], find: Callable[[str], str | None] = find_library) -> bool:
    """Whether nothing can draw here: no display that answers, no choice of the user, no library."""
    return not has_display(environ) and choose_backend(environ, find) is None


def too_few_files() -> str:
    """What to say where a process may open so few files that no library of a simulator loads; else empty."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if not 0 <= most < _FEWEST_FILES:
        return ""
    return (
        f"a process may open only {most} files here, and a simulator needs {_FEWEST_FILES}: `ulimit -n 1024`"
    )


def what_lacks(environ: Mapping[str, str]) -> str:
    """What this machine lacks to draw, with the remedy; empty when nothing is known to lack."""
    return too_few_files() or (REMEDY if missing_gl(environ) else "")
