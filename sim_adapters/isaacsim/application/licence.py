"""NVIDIA's licence: the operator accepts it, never this code."""

from __future__ import annotations

from collections.abc import Mapping

from simgate.sim_adapters.isaacsim.application.errors import IsaacSimUnavailable

VARIABLES = ("OMNI_KIT_ACCEPT_EULA", "ACCEPT_EULA")
_YES = ("yes", "y", "1", "true")


def require_licence(environ: Mapping[str, str]) -> None:
    """Stops unless the operator has accepted NVIDIA's licence; Kit would ask on a terminal that a host lacks.

    Raises:
        IsaacSimUnavailable: Neither variable says yes.
    """
    if any(environ.get(name, "").strip().lower() in _YES for name in VARIABLES):
        return
    raise IsaacSimUnavailable(
        "NVIDIA's licence for Isaac Sim has not been accepted on this machine. Read the NVIDIA Omniverse "
        "License Agreement that Isaac Sim comes with; if you accept it, set OMNI_KIT_ACCEPT_EULA=YES (in "
        "NVIDIA's container: ACCEPT_EULA=Y) in simgate's environment and run again. simgate never sets it"
    )
