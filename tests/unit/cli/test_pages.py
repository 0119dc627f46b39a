"""The generated pages of docs/ are those that the code makes now."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.cli.pages import PAGES
from simgate.harness.registry import names
from simgate.harness.scoring.metrics import metric_names

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("name", PAGES)
def test_the_committed_page_is_up_to_date(name: str) -> None:
    committed = (DOCS / name).read_text(encoding="utf-8")
    assert committed == PAGES[name](), "make it again: python -m simgate.harness.cli.pages"


def test_every_world_and_metric_is_on_its_page() -> None:
    worlds, metrics = (PAGES[name]() for name in ("worlds.md", "metrics.md"))
    assert all(f"## {name}" in worlds for name in names("simgate.worlds"))
    assert all(f"`{name}`" in metrics for name in metric_names())
