"""How plain text is written everywhere: counts, numbers, tables that fit a terminal of 100 columns."""

from __future__ import annotations

import html
import json
import math
import re
import textwrap
from collections.abc import Sequence

from simgate.sim_adapters.printable import printable

WIDTH = 100
GAP = "  "
_MARKDOWN = re.compile(r"[\\`*_{}\[\]|~#!]")
_NOT_ASCII = re.compile("[^\n -~]")


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Sequence[int] = (),
    widths: Sequence[int | None] | None = None,
    indent: str = "",
    width: int | None = WIDTH,
) -> str:
    """Rows in aligned columns; cells that are too wide are wrapped, never cut.

    Args:
        head: Titles of the columns.
        rows: Cells, as many in each row as titles.
        right: Columns that hold counts, aligned to the right.
        widths: Widest a column may become; None for as wide as its cells. The last column gets what is left.
        indent: Before every line.
        width: Of the whole table; None for as wide as its cells.
    """
    lines = [list(head), *[list(row) for row in rows]]
    sizes = [max(len(line[k]) for line in lines) for k in range(len(head))]
    for k, limit in enumerate(widths or ()):
        if limit is not None:
            sizes[k] = min(sizes[k], limit)
    if width is not None:
        used = len(indent) + sum(sizes[:-1]) + len(GAP) * (len(sizes) - 1)
        sizes[-1] = min(sizes[-1], max(20, width - used))
    out = []
    for line in lines:
        cells = [_wrapped(cell, size) for cell, size in zip(line, sizes, strict=True)]
        for turn in range(max(map(len, cells))):
            parts = [cell[turn] if turn < len(cell) else "" for cell in cells]
            placed = [
                part.rjust(size) if k in right else part.ljust(size)
                for k, (part, size) in enumerate(zip(parts, sizes, strict=True))
            ]
            out.append((indent + GAP.join(placed)).rstrip())
    return "\n".join(out)


def _wrapped(cell: str, size: int) -> list[str]:
    if 0 < len(cell) <= size and cell.isprintable() and not cell.endswith(" "):
        return [cell]  # So nearly all are, of very many; what follows comes to the same.
    return textwrap.wrap(cell, max(size, 1), break_on_hyphens=False) or [""]


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The same rows for a page."""
    lines = [head, ["---"] * len(head), *([printable(cell) for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def markdown_words(text: object) -> str:
    """Text of others within Markdown: on one line, shown as it is, naming nobody and linking nowhere."""
    shown = _MARKDOWN.sub(r"\\\g<0>", html.escape(printable(text), quote=False))
    return shown.replace("@", "&#64;")


def markdown_code(text: object) -> str:
    """A name of others as code within Markdown."""
    return f"`{printable(text).replace('`', chr(39))}`"


def plural(number: int, one: str, many: str = "") -> str:
    """A number with its noun, for example ``1 pack``, ``1,200 packs``, ``2 criteria``.

    Args:
        number: How many.
        one: The noun for one.
        many: The noun for all other numbers; ``one`` with an s when empty.
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def number(value: int | float | str | None, digits: int = 4) -> str:
    """A value in at most so many significant digits; words and whole numbers as they are."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not math.isfinite(value):
            return str(value)
        if abs(value) >= 1000:
            return f"{value:.0f}"
        return f"{value:.{digits}g}".replace("e+0", "e").replace("e-0", "e-")
    return str(value)


def ordinal(value: float) -> str:
    """A place in an order, for example ``3rd`` or ``12th``."""
    whole = round(value)
    if 11 <= whole % 100 <= 13:
        return f"{whole}th"
    return f"{whole}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(whole % 10, 'th') }"


def ascii_json(text: str) -> str:
    """The same JSON in ASCII, so that every stream can carry it and no terminal is moved by it."""
    return _NOT_ASCII.sub(lambda match: json.dumps(match.group())[1:-1], text)
