"""MuJoCo: the embedded default, runs anywhere with software OpenGL."""

import os
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

from simgate.sim_adapters.gl import draw_on_one_core

OLDEST = (4, 0)
"""First release with what is used here: the files that a model reads, entries of actuators."""


def check_release(found: str) -> None:
    """Makes sure that a release of MuJoCo will do.

    Raises:
        OldMujocoError: It is too old.
    """
    if tuple(int(part) for part in found.split(".")[:2]) < OLDEST:
        # Only now: options of this simulator are checked without numpy.
        from simgate.sim_adapters.mujoco.old_release import OldMujocoError

        raise OldMujocoError(
            f"the simulator mujoco needs MuJoCo 4.0 or newer, and {found} is installed: pip install "
            "'mujoco>=4' (a team's own environments run with older ones: sim: {adapter: gymnasium})"
        )


with suppress(PackageNotFoundError):  # It came another way; what lacks shows where it is used.
    check_release(version("mujoco"))

# MuJoCo reads it when it is first imported, and whoever reads a team's file does that before anything draws.
draw_on_one_core(os.environ)
