"""Whether a simulator can build, step and draw at all, in the smallest world that it takes."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import SimAdapter
from simgate.sim_adapters.embodiment import eye_of
from simgate.sim_adapters.traits import traits_of
from simgate.sim_adapters.worlds.probes.small_room import room


def first_look(adapter: SimAdapter) -> NDArray[np.uint8] | None:
    """Builds the smallest world that a simulator takes, and looks at it.

    Returns:
        The first frame of its first colour camera; None without one, or where it takes neither scenes nor
        robots on their own joints.
    """
    traits = traits_of(adapter)
    builder: Any = adapter
    with tempfile.TemporaryDirectory(prefix="simgate-probe-") as folder:
        if traits.planar:
            seen = builder.reset([room()])
        elif traits.actuators:
            from simgate.sim_adapters.scene.articulated import CameraSensor
            from simgate.sim_adapters.worlds.probes.small_arm import machines

            site = machines(Path(folder))[0]  # At the control rate, which fits whatever the physics rate is.
            seen = builder.reset(
                [replace(site, sensors=(("view", CameraSensor("wrist", ("rgb",), 32, 24)),))]
            )
        else:
            return None
    eye = eye_of(adapter.embodiment)
    return None if eye is None else seen.channels[eye.name][0]
