"""Finds a GL library for drawing without a display, without importing a simulator.

MuJoCo reads ``MUJOCO_GL`` when it is imported. Without it and without a display its import fails in a way
that does not say what to install.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from ctypes.util import find_library

REMEDY = (
    "no GL library for drawing without a display was found (libEGL, libOSMesa); install one: "
    "`apt-get install libegl1 libgl1-mesa-dri` or `apt-get install libosmesa6`"
)


def choose_backend(
    environ: Mapping[str, str], find: Callable[[str], str | None] = find_library
) -> str | None:
    """What ``MUJOCO_GL`` should be set to for a child process.

    Args:
        environ: Environment of the caller. A ``MUJOCO_GL`` in it is the user's decision, and a display
            means that MuJoCo's own choice works.
        find: Finds a shared library by name.

    Returns:
        ``egl`` (preferred: it also reaches a GPU) or ``osmesa``; None when nothing should be set, or
        nothing was found.
    """
    if environ.get("MUJOCO_GL") or environ.get("DISPLAY"):
        return environ.get("MUJOCO_GL") or None
    if find("EGL"):
        return "egl"
    return "osmesa" if find("OSMesa") else None


def draw_on_one_core(environ: MutableMapping[str, str]) -> None:
    """Lets MuJoCo, which reads this when it is imported, draw without a display; a user's settings stay."""
    backend = choose_backend(environ)
    if backend:
        environ["MUJOCO_GL"] = backend
    environ.setdefault("LP_NUM_THREADS", "1")


def missing_gl(environ: Mapping[str, str], find: Callable[[str], str | None] = find_library) -> bool:
    """Whether nothing can draw here: no display, no choice of the user, no library."""
    return not environ.get("DISPLAY") and choose_backend(environ, find) is None
