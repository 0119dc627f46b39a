"""How a test gets the double of ovrtx into this process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest

from simgate.sim_adapters.physx.rtx.library import renderer

DOUBLES = Path(__file__).parents[2] / "doubles" / "ovrtx"
_SMI = "#!/bin/sh\necho 'NVIDIA RTX 6000 Ada Generation, 580.95'\n"


def without_gpu(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Makes ``import ovrtx`` find the double, on a machine whose ``nvidia-smi`` names no GPU."""
    monkeypatch.syspath_prepend(str(DOUBLES))
    (folder / "nvidia-smi").write_text("#!/bin/sh\nexit 9\n")
    (folder / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    monkeypatch.setenv("OVRTX_SKIP_USD_CHECK", "1")


@contextmanager
def ovrtx_double(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[ModuleType]:
    """The same with a GPU; afterwards the double is as it was, and forgotten."""
    without_gpu(monkeypatch, folder)
    (folder / "nvidia-smi").write_text(_SMI)
    import ovrtx

    renderer.cache_clear()
    try:
        yield ovrtx
    finally:
        renderer.cache_clear()
        del sys.modules["ovrtx"]
