"""What runs in a team's own interpreter is read by Python 3.8, which this suite itself does not run on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from simgate.sim_adapters.environments import remote

HERE = Path(remote.__file__).parent
FILES = sorted([*HERE.glob("*.py"), *HERE.glob("sharing/*.py")])
"""Tasks of Isaac Lab, in a folder beneath, need a newer Python themselves."""
_LATER = {"removeprefix", "removesuffix", "pairwise", "bit_count", "cache", "aclosing"}
_GENERIC = {"dict", "list", "tuple", "set", "frozenset", "type"}


def evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes that run; annotations are texts by ``from __future__ import annotations``."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield child
                yield from evaluated(child)


def too_new(text: str) -> list[str]:
    tree = ast.parse(text, feature_version=(3, 8))
    generic = _GENERIC | {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "collections.abc"
        for alias in node.names
    }
    found = []
    for node in evaluated(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in generic:
            found.append(f"{node.lineno}: {node.value.id}[...]")
        if isinstance(node, ast.Attribute) and node.attr in _LATER:
            found.append(f"{node.lineno}: {node.attr}")
        if isinstance(node, ast.Call) and any(word.arg == "strict" for word in node.keywords):
            found.append(f"{node.lineno}: strict=")
    return found


@pytest.mark.parametrize("file", FILES, ids=[file.name for file in FILES])
def test_a_file_of_the_other_interpreter_is_read_by_python_3_8(file: Path) -> None:
    assert too_new(file.read_text()) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("from collections.abc import Callable\nRead = Callable[[], float]\n", ["2: Callable[...]"]),
        ("from __future__ import annotations\ndef f(x: list[int]) -> dict[str, int]: ...\n", []),
        ("zip(a, b, strict=True)\n", ["1: strict="]),
        ("'a'.removeprefix('b')\n", ["1: removeprefix"]),
    ],
)
def test_what_it_would_not_read_is_found(text: str, said: list[str]) -> None:
    assert too_new(text) == said
