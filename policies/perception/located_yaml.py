"""YAML whose values know where they stand: for errors with file, line and column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from simgate.policies.perception.problems import PackageError, PackageProblem

Key = str | int
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class LocatedYaml:
    """Plain data, and for every path into it the position of its key and of its value.

    Attributes:
        data: Mappings, lists and scalars.
        positions: Path of keys -> (line, column) of the value, 1-based.
        key_positions: Path of keys -> (line, column) of the key, 1-based.
    """

    data: object
    positions: dict[tuple[Key, ...], tuple[int, int]]
    key_positions: dict[tuple[Key, ...], tuple[int, int]]
    _seen: set[int] = field(default_factory=set, repr=False, compare=False)

    def of_value(self, location: Sequence[Key]) -> tuple[int, int]:
        """Position of a value, or of the nearest enclosing one that exists."""
        return self._nearest(self.positions, tuple(location))

    def of_key(self, location: Sequence[Key]) -> tuple[int, int]:
        """Position of a key, or of the nearest enclosing value."""
        found = self.key_positions.get(tuple(location))
        return found or self.of_value(location)

    @staticmethod
    def _nearest(table: dict[tuple[Key, ...], tuple[int, int]], location: tuple[Key, ...]) -> tuple[int, int]:
        while location and location not in table:
            location = location[:-1]
        return table.get(location, (1, 1))


def parse_located(path: Path, text: str) -> LocatedYaml:
    """Reads one YAML document of plain data.

    Raises:
        PackageError: The text is no YAML, holds a tag, has an alias, or has a key twice.
    """
    try:
        root = yaml.compose(text, Loader=_Loader)
        located = LocatedYaml(None, {}, {})
        problems: list[PackageProblem] = []
        if root is not None:
            _walk(path, root, (), located, problems)
        if problems:
            raise PackageError(problems)
        data = yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        what = " ".join(part for part in (error.context, error.problem) if part)
        raise PackageError([PackageProblem(path, line, column, "model-package-syntax", what)]) from None
    except yaml.YAMLError as error:
        raise PackageError([PackageProblem(path, 1, 1, "model-package-syntax", str(error))]) from None
    return replace(located, data=data)


def _walk(
    path: Path,
    node: yaml.Node,
    location: tuple[Key, ...],
    located: LocatedYaml,
    problems: list[PackageProblem],
) -> None:
    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    if id(node) in located._seen:
        # An alias can make data endless or exponentially large; a package needs none.
        message = "this value is used again through an alias"
        problems.append(PackageProblem(path, line, column, "model-package-syntax", message, "write it out"))
        return
    located._seen.add(id(node))
    located.positions[location] = (line, column)
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(path, item, (*location, index), located, problems)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*location, str(key.value))
            here = (key.start_mark.line + 1, key.start_mark.column + 1)
            if inner in located.key_positions:
                first = located.key_positions[inner][0]
                message = f"key '{key.value}' is given twice, first in line {first}"
                problems.append(PackageProblem(path, *here, "model-package-key", message, "remove one"))
            located.key_positions[inner] = here
            _walk(path, value, inner, located, problems)
