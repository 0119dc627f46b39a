"""Text that is put into a YAML file without touching anything else of it.

The pack's own reader knows where every node stands, so the new text goes in at a place, and the rest
(comments, order, line ends) stays byte for byte. A library that writes the tree anew would wrap and quote the
rest of the file in its own way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from simgate.policies.documents.diagnostics import LINE_BREAK
from simgate.policies.documents.nodes import MappingNode, Node, SequenceNode

_ANCHOR = re.compile(r"&[^\s,\[\]{}]+[ \t]*")
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Edit:
    """New text of a file.

    Attributes:
        text: All of it.
        line: First line of what is new, from 1.
    """

    text: str
    line: int


class YamlText:
    """The text of a file, addressed by the positions of its nodes.

    Args:
        data: Content of the file; UTF-8.
    """

    def __init__(self, data: bytes) -> None:
        whole = data.decode("utf-8")
        self._mark = _BOM if whole.startswith(_BOM) else ""
        self.text = whole.removeprefix(_BOM)
        breaks = list(LINE_BREAK.finditer(self.text))
        self._starts = [0, *(found.end() for found in breaks)]
        self.line_break = breaks[0].group() if breaks else "\n"

    def is_flow(self, node: Node) -> bool:
        """Whether a list or mapping is written in brackets."""
        return self.text[self._opening(node) : self._opening(node) + 1] in ("[", "{")

    def is_anchored(self, node: Node) -> bool:
        """Whether the node has a name by which it can be used elsewhere."""
        return self.text.startswith("&", self._offset(node.line, node.column))

    def indent_of(self, node: Node) -> int:
        """Columns before the entries of a list or mapping in block style."""
        if isinstance(node, MappingNode):
            return node.entries[0][0].column - 1
        line = self._line_of(self._opening(node))
        while not self._line(line).lstrip().startswith("-"):
            line += 1
        return len(self._line(line)) - len(self._line(line).lstrip())

    def column_of_line(self, node: Node) -> int:
        """Columns before the first character of the line on which a node starts."""
        line = self._line(node.line - 1)
        return len(line) - len(line.lstrip())

    def after_opening(self, node: Node, flow: str) -> Edit:
        """Puts an entry first into a list or mapping in flow style."""
        at = self._opening(node) + 1
        rest = self.text[at:]
        is_empty = not (node.items if isinstance(node, SequenceNode) else getattr(node, "entries", ()))
        comma = "" if is_empty else "," if rest[:1].isspace() else ", "
        return Edit(self._mark + self.text[:at] + flow + comma + rest, self._line_of(at) + 1)

    def after_block(self, node: Node, lines: Sequence[str]) -> Edit:
        """Puts lines behind the last entry of a list or mapping in block style, before what is between it and
        the next one: blank lines and comments."""
        end = self._offset(node.end_line, node.end_column)
        past = len(self._starts) if end >= len(self.text) else self._line_of(end)
        while past > 0 and not self._is_content(past - 1):
            past -= 1
        return self._inserted(past, lines)

    def in_place_of_empty(self, node: Node, lines: Sequence[str]) -> Edit | None:
        """Puts lines below a key in place of its ``[]``; None where something else stands on that line."""
        at = self._opening(node)
        line = self._line_of(at)
        found = re.match(r"\[[ \t]*\]([ \t]*|[ \t]+#.*)\Z", self.text[at : self._end(line)])
        if found is None or self.is_anchored(node):
            return None
        head = self.text[:at].rstrip(" \t") + found[1].rstrip(" \t")
        return YamlText((head + self.text[self._end(line) :]).encode())._inserted(line + 1, lines, self._mark)

    def at_the_end(self, lines: Sequence[str]) -> Edit:
        """Puts lines at the end of the file."""
        past = len(self._starts)
        while past > 0 and not self._line(past - 1).strip():
            past -= 1
        return self._inserted(past, lines)

    def _inserted(self, number: int, lines: Sequence[str], mark: str | None = None) -> Edit:
        """Puts lines before the line of a number, from 0."""
        at = self._starts[number] if number < len(self._starts) else len(self.text)
        before, after = self.text[:at], self.text[at:]
        new = self.line_break.join(lines)
        if before and not LINE_BREAK.fullmatch(before[-1]):
            before += self.line_break
        if after or self.text.endswith(("\n", "\r")) or not self.text:
            new += self.line_break
        return Edit((self._mark if mark is None else mark) + before + new + after, number + 1)

    def _opening(self, node: Node) -> int:
        """Offset of the bracket, or of the first entry, behind an anchor."""
        at = self._offset(node.line, node.column)
        found = _ANCHOR.match(self.text, at)
        return found.end() if found else at

    def _offset(self, line: int, column: int) -> int:
        return self._starts[line - 1] + column - 1 if line <= len(self._starts) else len(self.text)

    def _line_of(self, offset: int) -> int:
        """Number of the line of an offset, from 0."""
        return max(number for number, start in enumerate(self._starts) if start <= offset)

    def _end(self, number: int) -> int:
        """Offset of the end of a line, its line break excluded."""
        found = LINE_BREAK.search(self.text, self._starts[number])
        return found.start() if found else len(self.text)

    def _line(self, number: int) -> str:
        return self.text[self._starts[number] : self._end(number)]

    def _is_content(self, number: int) -> bool:
        text = self._line(number).strip()
        return bool(text) and not text.startswith("#")
