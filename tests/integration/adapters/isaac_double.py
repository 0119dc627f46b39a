"""How a test gets the double of Isaac Sim into this process or into its hosts."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
DOUBLES = REPOSITORY / "tests" / "doubles" / "isaacsim"
"""A folder of its own: other doubles must not become importable with this one."""
NEEDED = ("pxr", "ovphysx", "warp", "physx_usd_schemas", "newton_usd_schemas")


def missing() -> str:
    """Why the double cannot run here, or empty."""
    absent = [name for name in NEEDED if find_spec(name) is None]
    return (
        f"the double of Isaac Sim needs simgate[physx]: {', '.join(absent)} not installed" if absent else ""
    )


def use_in_this_process(monkeypatch: pytest.MonkeyPatch, temporary: Path) -> None:
    """Makes ``import isaacsim`` find the double. It stays imported: Kit is started once a process."""
    if str(DOUBLES) not in sys.path:
        sys.path.insert(0, str(DOUBLES))
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setenv("OMNI_KIT_ACCEPT_EULA", "YES")


def host_environment(temporary: Path, faults: str = "") -> Mapping[str, str]:
    """Variables for processes that are to run on the double."""
    return {
        "PYTHONPATH": f"{DOUBLES}:{REPOSITORY}",
        "OMNI_KIT_ACCEPT_EULA": "YES",
        "ISAACSIM_DOUBLE_FAULTS": faults,
        "TMPDIR": str(temporary),
    }
