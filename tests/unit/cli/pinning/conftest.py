from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simgate.harness.execution.planning.plan import plan_run
from simgate.harness.expansion.expand import expand_pack
from simgate.harness.frontend.packs import load_checked
from simgate.harness.registry import PLUGINS_VARIABLE
from tests.unit.packs.yard import PLUGINS

Planned = Callable[[Path], Path]


@pytest.fixture(autouse=True)
def yard(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Installs the test world."""
    monkeypatch.setenv(PLUGINS_VARIABLE, PLUGINS)
    assert os.environ[PLUGINS_VARIABLE]
    yield


@pytest.fixture
def planned(tmp_path: Path) -> Planned:
    """Makes a run of a pack that has not begun: what is pinned is planned, whatever became of it."""

    def make(pack: Path) -> Path:
        loaded = load_checked(pack)
        plan = plan_run(loaded, variants=expand_pack(loaded), runs_dir=tmp_path / "runs", hosts=0)
        return plan.folder.path

    return make
