"""Tests on Isaac Lab itself, in its own interpreter: ``make isaac`` makes one, else they skip."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

PYTHON = Path(os.environ.get("SIMGATE_ISAACLAB", Path(__file__).parents[2] / ".isaac" / "bin" / "python"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips them where Isaac Lab is not."""
    if PYTHON.is_file():
        return
    skip = pytest.mark.skip(reason=f"Isaac Lab is not installed ({PYTHON}); make isaac")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def python() -> str:
    """The interpreter that has Isaac Lab."""
    return str(PYTHON)
