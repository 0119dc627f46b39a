from __future__ import annotations

import pytest

from tests.unit.execution.memory_pack import REPOSITORY
from tests.unit.execution.memory_plugins import ENTRY_POINTS


@pytest.fixture(autouse=True)
def memory_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Registers the in-memory simulator here and in every host that a test starts."""
    monkeypatch.setenv("SIMGATE_PLUGINS", ENTRY_POINTS)
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
