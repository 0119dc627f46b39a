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
