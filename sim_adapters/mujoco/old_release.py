"""What is raised where the MuJoCo that is installed is too old."""

from __future__ import annotations

from simgate.sim_adapters.adapter import SimulatorUnavailable


class OldMujocoError(SimulatorUnavailable, ImportError):
    """It cannot be used here; the message says what to install."""
