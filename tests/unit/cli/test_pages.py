"""The generated pages of docs/ are those that the code makes now."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from simgate.harness.cli.pages import PAGES
from simgate.harness.packs.loader import find_packs

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"


@pytest.mark.parametrize("name", PAGES)
def test_the_committed_page_is_up_to_date(name: str) -> None:
    committed = (DOCS / name).read_text(encoding="utf-8")
    assert committed == PAGES[name](), "make it again: python -m simgate.harness.cli.pages"


PACKS = sorted(path for folder in ("scenarios", "docs/examples") for path in find_packs(ROOT / folder))


def keys(page: str) -> set[str]:
    """What the first column of the page's tables names."""
    return set(re.findall(r"^\| `([^`]+)` \|", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("path", PACKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_reader_finds_all_that_the_packs_of_this_project_set_and_ask_for(path: Path) -> None:
    text = yaml.safe_load(path.read_text(encoding="utf-8"))
    if "scenarios" not in text:
        text = yaml.safe_load((path.parent / text["extends"]).read_text(encoding="utf-8"))
    named_here = {"signal", "stl", "metric"}  # Criteria on these have names that the pack gives.
    asked = {
        name
        for scenario in text["scenarios"].values()
        for name, criterion in scenario["accept"].items()
        if not named_here & criterion.keys()
    }
    classes = "glass_door|wooden_door|person|brick"
    general = {re.sub(rf"^(detection|poses)\.({classes})\.", r"\1.<class>.", name) for name in asked}
    assert general <= keys("metrics.md")
    worlds = (DOCS / "worlds.md").read_text(encoding="utf-8")
    for scenario in text["scenarios"].values():
        if not isinstance(world := scenario.get("world", text.get("world")), str):
            continue  # a team's own file: its parameters stand in the pack
        (section,) = re.findall(rf"^## {world}$(.*?)(?=^## |\Z)", worlds, re.MULTILINE | re.DOTALL)
        for name in scenario.get("parameters", {}):
            assert f"| `{name}` |" in section, f"{name} of {world}"


def test_every_code_that_the_linter_reports_is_explained() -> None:
    """Looked for where codes are written down in the sources, not in the table that the page is made of."""
    page = (DOCS / "diagnostics.md").read_text(encoding="utf-8")
    reports = re.compile(r'roblems\.\w+\([^"()]*"([a-z]+(?:-[a-z]+)+)"')
    sources = (ROOT / "harness" / "packs").rglob("*.py")
    written = {code for source in sources for code in reports.findall(source.read_text(encoding="utf-8"))}
    assert len(written) > 30
    assert [code for code in sorted(written) if f"## {code}" not in page] == []
