"""What the tree promises of itself."""

from __future__ import annotations

import re
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import grimp


def test_no_module_imports_itself_through_others():
    graph = grimp.build_graph("simgate")  # imports for types alone are ways to read the code, too
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert len(imports) > 500
    TopologicalSorter(imports).prepare()  # raises CycleError, which names the circle


def test_every_extra_is_named_as_any_pip_finds_it():
    # A wheel names its extras with hyphens, and pip before 23.3 installs nothing for simgate[other_name].
    root = Path(__file__).parents[2]
    extras = tomllib.loads((root / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert [name for name in extras if re.sub(r"[-_.]+", "-", name).lower() != name] == []
    asked = re.compile(r"simgate\[([a-z0-9_,-]+)\]")
    files = [*(root / "docs").rglob("*.md"), root / "README.md", *(root / "sim_adapters").rglob("*.py")]
    named = {name for file in files for found in asked.findall(file.read_text()) for name in found.split(",")}
    assert len(named) > 5
    assert sorted(named - extras.keys()) == []


def test_every_folder_of_code_is_named_in_its_room_of_the_page() -> None:
    root = Path(__file__).parents[2]
    text = (root / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = {line.split("|")[1]: line for line in text.splitlines() if line.startswith("| `")}
    for top in ("harness", "policies", "sim_adapters", "reports"):
        for code in sorted((root / top).rglob("__init__.py")):
            parts = code.parent.relative_to(root).parts
            rooms = ("/".join(parts[:count]) + "/`" for count in range(len(parts), 0, -1))
            named = [row for room in rooms for cell, row in rows.items() if f"`{room}" in cell][:1]
            if parts == ("harness",):
                continue  # Its rooms are the rows.
            assert named, f"{'/'.join(parts)} has no row"
            assert re.search(rf"(?<!\w){parts[-1]}(/|`)", named[0]), (
                f"{'/'.join(parts)} is not named in {named[0][:60]}"
            )


def test_every_file_that_the_page_names_is_there() -> None:
    root = Path(__file__).parents[2]
    text = (root / "docs" / "architecture.md").read_text(encoding="utf-8")
    tables = "\n".join(line for line in text.splitlines() if line.startswith("|"))
    tops = ("harness", "policies", "sim_adapters", "reports", "tests")
    there = [f"/{path.relative_to(root)}" for top in tops for path in (root / top).rglob("*.py")]
    named = {name for name in re.findall(r"`([\w/]+\.py)`", tables) if name != "my_env.py"}
    assert len(named) > 50
    assert [name for name in named if not any(path.endswith(f"/{name}") for path in there)] == []
