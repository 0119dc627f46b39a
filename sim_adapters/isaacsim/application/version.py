"""Which Isaac Sim this interpreter has, known without starting it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from simgate.sim_adapters.isaacsim.application.errors import IsaacSimUnavailable

SUPPORTED_MAJOR = 6
READ_FROM = "6.0.1"
"""Release whose signatures the adapter was written against."""


def installed_version(environ: Mapping[str, str]) -> str:
    """Version of Isaac Sim, from its ``VERSION`` file or its Python distribution; empty when unknown.

    Args:
        environ: ``ISAAC_PATH`` in it is set by Isaac Sim's ``python.sh``, and by ``import isaacsim``.
    """
    root = environ.get("ISAAC_PATH", "")
    path = Path(root) / "VERSION"
    if root and path.is_file():
        return path.read_text().strip().split("+")[0]
    try:
        return version("isaacsim")
    except PackageNotFoundError:
        return ""


def require_supported(found: str) -> None:
    """Stops on a release that the adapter was not written for.

    Raises:
        IsaacSimUnavailable: Not a release of the supported line.
    """
    match = re.match(r"(\d+)\.", found)
    if match is None:
        raise IsaacSimUnavailable(
            "cannot tell the version of Isaac Sim: neither $ISAAC_PATH/VERSION nor a distribution 'isaacsim' "
            "says it; run with Isaac Sim's own interpreter, for example --isaac-python /isaac-sim/python.sh"
        )
    major = int(match[1])
    if major < SUPPORTED_MAJOR:
        raise IsaacSimUnavailable(
            f"Isaac Sim {found} is not supported: its Python API is another one. Install Isaac Sim "
            f"{SUPPORTED_MAJOR}.x (the adapter was written against {READ_FROM})"
        )
    if major > SUPPORTED_MAJOR:
        raise IsaacSimUnavailable(
            f"Isaac Sim {found} is newer than what this adapter knows ({SUPPORTED_MAJOR}.x, written against "
            f"{READ_FROM}); use a {SUPPORTED_MAJOR}.x release or a newer simgate"
        )
