"""Collects diagnostics, so that one reading reports every problem."""

from __future__ import annotations

from collections.abc import Iterable

from simgate.policies.documents.diagnostics import Diagnostic
from simgate.policies.documents.nodes import Node, SourceFile


class Problems:
    """The diagnostics of one pack, each once."""

    def __init__(self) -> None:
        self._found: dict[Diagnostic, None] = {}

    def at(self, node: Node, code: str, message: str, hint: str = "") -> None:
        """Reports a problem of a key or value."""
        self.span(node.source, node.line, node.column, node.length, code, message, hint)

    def warn(self, node: Node, code: str, message: str, hint: str = "") -> None:
        """Says what is probably not meant, but keeps nothing from running."""
        length = max(1, node.length)
        self.add(
            Diagnostic(node.source.shown, node.line, node.column, length, "warning", code, message, hint)
        )

    def span(
        self, source: SourceFile, line: int, column: int, length: int, code: str, message: str, hint: str = ""
    ) -> None:
        """Reports a problem of a stretch of a file."""
        self.add(Diagnostic(source.shown, line, column, max(1, length), "error", code, message, hint))

    def add(self, diagnostic: Diagnostic) -> None:
        """Reports a finished diagnostic."""
        self._found[diagnostic] = None

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Reports what is wrong with another file, at its own places."""
        self._found |= dict.fromkeys(diagnostics)

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """Everything reported so far, in reading order within each file."""
        order: dict[str, int] = {}
        for diagnostic in self._found:
            order.setdefault(diagnostic.path, len(order))
        return sorted(self._found, key=lambda d: (order[d.path], d.line, d.column, d.code))

    def __len__(self) -> int:
        """Number of errors."""
        return sum(diagnostic.severity == "error" for diagnostic in self._found)
