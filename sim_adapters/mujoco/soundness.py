"""Whether a MuJoCo world can be believed."""

from __future__ import annotations

import mujoco
import numpy as np

_LOOKED_AT = {
    mujoco.mjtWarning.mjWARN_CONTACTFULL: "contact buffer overflow",
    mujoco.mjtWarning.mjWARN_CNSTRFULL: "constraint buffer overflow",
    mujoco.mjtWarning.mjWARN_BADQPOS: "positions became non-finite and MuJoCo reset the world",
    mujoco.mjtWarning.mjWARN_BADQVEL: "velocities became non-finite and MuJoCo reset the world",
    mujoco.mjtWarning.mjWARN_BADQACC: "accelerations became non-finite and MuJoCo reset the world",
}


def problems_of(data: mujoco.MjData) -> tuple[str, ...]:
    """Why a world cannot be believed; empty when it is sound."""
    found = [text for warning, text in _LOOKED_AT.items() if data.warning[int(warning)].number]
    if not (np.isfinite(data.qpos).all() and np.isfinite(data.qvel).all()):
        found.append("non-finite state")
    return tuple(found)
