"""A CSV file of field data with the place of every cell."""

from __future__ import annotations

from dataclasses import dataclass

from simgate.policies.documents.nodes import ScalarNode, SourceFile


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a header.

    Attributes:
        source: The file.
        header: Names of the columns.
        rows: Cells by row, as many as the header; each row with its line in the file.
    """

    source: SourceFile
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]

    def cell(self, row: int, column: int) -> ScalarNode:
        """The place of a cell, for messages; in quoted lines it is the start of the line."""
        line, cells = self.rows[row]
        text = cells[column]
        raw = self.source.lines[line - 1] if line <= len(self.source.lines) else ""
        at = sum(len(cell) + 1 for cell in cells[:column]) + 1 if '"' not in raw else 1
        end = at + max(1, len(text))
        return ScalarNode(self.source, line, at, line, end, self.header[column], value=text, text=text)
