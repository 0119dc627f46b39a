"""Installs the test world for every test of this folder."""

from __future__ import annotations

import pytest

from simgate.harness.registry import PLUGINS_VARIABLE
from tests.unit.packs.yard import PLUGINS


@pytest.fixture(autouse=True)
def _yard_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PLUGINS_VARIABLE, PLUGINS)
