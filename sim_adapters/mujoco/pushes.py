"""Pushes as MuJoCo takes them: which bodies, and forces in its state for one step."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.mujoco.articulated.names import need
from simgate.sim_adapters.worlds.native_file import NativeError


def pushed_body(model: mujoco.MjModel, name: str) -> int:
    """Number of a body that can be pushed.

    Raises:
        NativeError: There is none of that name, or nothing can move it.
    """
    body = need(model, "body", name)
    if int(model.body_weldid[body]) == 0:
        raise NativeError(
            "element",
            f"body '{name}' stands where it is, and no push moves it",
            "name one that a joint moves",
        )
    return body


class AppliedForces:
    """See :class:`simgate.sim_adapters.scene.push.Pushable`.

    Args:
        data: The state of the world that MuJoCo steps.
    """

    def __init__(self, data: mujoco.MjData) -> None:
        self._data = data

    def push(self, bodies: NDArray[np.int64], forces: NDArray[np.float64]) -> None:
        """They stand in the state until they are read back."""
        self._bodies = bodies
        self._data.xfrc_applied[bodies, :3] = forces

    def pushed(self) -> NDArray[np.float64]:
        """What MuJoCo's state holds, which is then without them."""
        acted: NDArray[np.float64] = self._data.xfrc_applied[self._bodies, :3].copy()
        self._data.xfrc_applied[self._bodies] = 0.0
        return acted
