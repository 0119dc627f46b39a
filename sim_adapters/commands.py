"""Commands as an adapter takes them: checked, because a simulator makes something of anything.

MuJoCo, for one, answers a command that is not a number by standing still, which looks like a careful robot.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def checked_commands(
    adapter: str, commands: NDArray[np.float64], worlds: int, active: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """The commands of a step, float64, shape (``worlds``, 2).

    Args:
        adapter: Name of the adapter, for the message.
        commands: Forward speed m/s and yaw rate rad/s of each world.
        worlds: Number of worlds.
        active: Shape (``worlds``,); what worlds that are False are told does not matter. None means all.

    Raises:
        ValueError: Another shape, no real numbers, or an active world's command is not finite.
    """
    given = np.asarray(commands)
    if given.dtype.kind not in "fiu" or given.shape != (worlds, 2):
        raise ValueError(
            f"{adapter} adapter: commands must be numbers of shape ({worlds}, 2), forward m/s and yaw rate "
            f"rad/s of each world, not {given.dtype} of shape {given.shape}"
        )
    if active is not None and np.shape(active) != (worlds,):
        raise ValueError(f"{adapter} adapter: active must have shape ({worlds},), not {np.shape(active)}")
    checked = given.astype(np.float64)
    told = np.ones(worlds, dtype=np.bool_) if active is None else np.asarray(active, dtype=np.bool_)
    for world in np.flatnonzero(told & ~np.isfinite(checked).all(axis=1)):
        forward, turn = checked[world]
        raise ValueError(
            f"{adapter} adapter: the command of world {world} is not finite: forward {forward} m/s, yaw rate "
            f"{turn} rad/s"
        )
    return checked
