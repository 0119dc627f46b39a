"""The YAML tree with positions: every key and value knows its file, line and column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

Scalar = bool | int | float | str
"""What a single value of a document can be, beside nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class SourceFile:
    """One file that was read.

    Attributes:
        path: Absolute path.
        shown: Path as diagnostics print it.
        lines: Text by line, without line ends.
        sha256: Digest of the bytes, hex.
    """

    path: Path
    shown: str
    lines: list[str] = field(repr=False)
    sha256: str = ""


@dataclass(slots=True, eq=False)
class Node:
    """A value in a file; lines and columns count from 1, the end is exclusive.

    Attributes:
        label: What the value is called in messages: its key, or the list it stands in.
    """

    source: SourceFile
    line: int
    column: int
    end_line: int
    end_column: int
    label: str

    @property
    def length(self) -> int:
        """Characters to underline: the node, or its part on the first line."""
        if self.end_line == self.line:
            return max(1, self.end_column - self.column)
        first_line = self.source.lines[self.line - 1] if self.line <= len(self.source.lines) else ""
        return max(1, len(first_line.rstrip()) - self.column + 1)

    @property
    def described(self) -> str:
        """What it is, in words."""
        raise NotImplementedError


@dataclass(slots=True, eq=False)
class ScalarNode(Node):
    """A single value.

    Attributes:
        value: The value by YAML 1.2's core schema; None for null and for nothing.
        text: The value's text as written, without quotes.
    """

    value: Scalar | None
    text: str

    @property
    def described(self) -> str:
        """What it is, in words."""
        if self.value is None:
            return "empty"
        if isinstance(self.value, bool):
            return str(self.value).lower()
        if isinstance(self.value, str):
            return f"the text '{shortened(self.value)}'"
        return f"the number {shortened(self.text)}"

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a character of ``text``.

        The raw source is walked along with the text, so that quotes, folded lines and indents
        are skipped; inside escape sequences the result is the nearest character before.
        """
        lines = self.source.lines
        line, column = self.line, self.column
        wanted = self.text[: offset + 1]
        at = (line, column)
        for char in wanted:
            while line <= self.end_line and line <= len(lines):
                raw = lines[line - 1]
                if column > len(raw):
                    line, column = line + 1, 1
                    if char in " \n":
                        break
                    continue
                at = (line, column)
                column += 1
                if raw[at[1] - 1] == char:
                    break
        return at


@dataclass(slots=True, eq=False)
class SequenceNode(Node):
    """A list."""

    items: list[Node] = field(default_factory=list)

    @property
    def described(self) -> str:
        """What it is, in words."""
        return "a list"


@dataclass(slots=True, eq=False)
class MappingNode(Node):
    """A mapping; keys are unique by value."""

    entries: list[tuple[ScalarNode, Node]] = field(default_factory=list)

    @property
    def described(self) -> str:
        """What it is, in words."""
        return "a mapping"

    def find(self, key: str) -> tuple[ScalarNode, Node] | None:
        """The entry of a key, or None."""
        for key_node, value in self.entries:
            if key_node.text == key:
                return key_node, value
        return None

    def key(self, text: str) -> ScalarNode:
        """The key node of an entry that exists."""
        return next(key for key, _ in self.entries if key.text == text)

    def __iter__(self) -> Iterator[tuple[ScalarNode, Node]]:
        return iter(self.entries)


def shortened(text: str, limit: int = 60) -> str:
    """Text cut to a length that fits into a message."""
    return text if len(text) <= limit else f"{text[: limit - 3]}..."
