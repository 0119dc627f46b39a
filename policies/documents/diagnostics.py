"""Diagnostics in compiler style: where, what, and what to do about it."""

from __future__ import annotations

import difflib
import heapq
import os
import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import eq
from pathlib import Path
from typing import Any, Literal

from simgate.sim_adapters.printable import printable

LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
"""Everything that YAML 1.1 parsers count as the end of a line."""

WIDTH = 100
"""Columns that source lines and hints keep to; the first line of a diagnostic is never broken."""

MOST_SHOWN = 50
"""Diagnostics of one file that are shown; who has mended those asks again."""
MOST_SHOWN_CHARS = 20_000
"""Of their messages and hints together."""
_LONGEST = 1000
"""Characters of a message or a hint; what names all that is known has more to say than anybody reads."""
_MOST_KNOWN = 100
"""Known words among which the closest one is looked for, and that are listed."""

_MARGIN = "      | "
_ROOM = WIDTH - len(_MARGIN)
_CUT = "..."


@dataclass(frozen=True, slots=True, order=True)
class Diagnostic:
    """One problem of one file.

    Attributes:
        path: File, relative to the working directory when it is below it.
        line: From 1; 0 where there is no file to point into, as of what could not be fetched.
        column: From 1, in characters.
        length: Characters to underline, at least 1.
        severity: ``error`` stops a run, ``warning`` does not.
        code: Stable name of the kind of problem, a key of ``simgate.harness.packs.diagnostics.codes.CODES``.
        message: What is wrong, one sentence without a full stop; what it quotes is kept printable.
        hint: What to do; may be empty; printable as well.
    """

    path: str
    line: int
    column: int
    length: int
    severity: Literal["error", "warning"]
    code: str
    message: str
    hint: str = ""

    def __post_init__(self) -> None:
        # Here and not where it is shown: no format, present or future, gets what a file has hidden in a name.
        object.__setattr__(self, "message", printable(_bounded(self.message)))
        object.__setattr__(self, "hint", printable(_bounded(self.hint)))

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}:{self.column}" if self.line else self.path
        return f"{printable(where)}: {self.severity}[{self.code}]: {self.message}"

    @property
    def with_hint(self) -> str:
        """All of it on one line."""
        return f"{self}; {self.hint}" if self.hint else str(self)


def of_file(path: Path, code: str, message: str, hint: str = "") -> Diagnostic:
    """An error of a file as a whole."""
    return Diagnostic(shown_path(path), 1, 1, 1, "error", code, message, hint)


class PackError(Exception):
    """A pack with problems; ``str()`` is the full text for the person who wrote it.

    Attributes:
        diagnostics: Every problem of every file, in the order of the files.
    """

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        return render_all(self.diagnostics)


def render(diagnostic: Diagnostic, source_line: str) -> str:
    """The diagnostic with its source line, a caret underline and the hint.

    Args:
        diagnostic: What to show.
        source_line: The line it speaks of; empty when the file has no such line.
    """
    start = diagnostic.column - 1
    shown, start = _window(source_line, start)
    if not shown.strip():
        return "\n".join([str(diagnostic), *_below(diagnostic.hint)])
    length = max(1, min(diagnostic.length, len(shown) - start))
    indent = "".join("\t" if c == "\t" else " " for c in shown[:start])
    # One sign for one, so that the underline stays below its place.
    plain = "".join(c if c == "\t" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in shown)
    lines = [str(diagnostic), f"{diagnostic.line:>5} | {plain}"]
    underline = f"{_MARGIN}{indent}{'^' * length}"
    if len(underline) + 1 + len(diagnostic.hint) <= WIDTH:
        return "\n".join([*lines, f"{underline} {diagnostic.hint}".rstrip()])
    return "\n".join([*lines, underline, *_below(diagnostic.hint)])


def _below(hint: str) -> list[str]:
    """A hint on lines of its own."""
    first, others = "      = ", "        "
    return textwrap.wrap(hint, WIDTH, initial_indent=first, subsequent_indent=others, break_on_hyphens=False)


def _window(line: str, start: int) -> tuple[str, int]:
    """Cuts a very long line to the part around ``start``."""
    if len(line) <= _ROOM:
        return line, start
    size = _ROOM - 2 * len(_CUT)
    first = max(0, start - size // 3)
    lead = _CUT if first else ""
    tail = _CUT if first + size < len(line) else ""
    return f"{lead}{line[first : first + size]}{tail}", start - first + len(lead)


def limited(diagnostics: Iterable[Diagnostic]) -> tuple[list[Diagnostic], dict[str, int]]:
    """The first diagnostics of every file, errors before warnings, and how many more which file has."""
    given = list(diagnostics)
    shown: set[Diagnostic] = set()
    count, chars, more = Counter[str](), Counter[str](), Counter[str]()
    for diagnostic in sorted(given, key=lambda d: d.severity):
        path = diagnostic.path
        chars[path] += len(diagnostic.message) + len(diagnostic.hint)
        if count[path] == 0 or (count[path] < MOST_SHOWN and chars[path] <= MOST_SHOWN_CHARS):
            count[path] += 1
            shown.add(diagnostic)
        else:
            more[path] += 1
    return [diagnostic for diagnostic in given if diagnostic in shown], dict(more)


def not_shown(path: str, count: int) -> str:
    """What to say of diagnostics of a file that are left out."""
    return (
        f"{printable(path)}: {count:,} more here {'are' if count > 1 else 'is'} not shown; mend these first"
    )


def render_all(diagnostics: Iterable[Diagnostic]) -> str:
    """The diagnostics with their source lines, read from the files they name; see :func:`limited`."""
    lines: dict[str, list[str]] = {}
    parts = []
    shown, more = limited(diagnostics)
    for diagnostic in shown:
        if diagnostic.path not in lines:
            lines[diagnostic.path] = _lines(Path(diagnostic.path))
        source = lines[diagnostic.path]
        parts.append(
            render(diagnostic, source[diagnostic.line - 1] if diagnostic.line <= len(source) else "")
        )
    return "\n".join([*parts, *(not_shown(path, count) for path, count in more.items())])


def _bounded(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - len(_CUT)]}{_CUT}"


def _lines(path: Path) -> list[str]:
    if not path.is_file():
        return []
    with path.open("rb") as file:
        return LINE_BREAK.split(file.read(5_000_000).decode("utf-8-sig", errors="replace"))


def shown_path(path: Path) -> str:
    """The path relative to the working directory when it lies below it."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def near(word: str, known: Iterable[str]) -> str:
    """``did you mean 'x'?`` when a known word is close or ends like it, otherwise all that is known."""
    words = list(known)
    ends = [w for w in words if "." in w and w.rpartition(".")[2].lower() == word.lower()]
    if ends:
        # A parameter without its first part: lux for lighting.lux or window.lux.
        meant = " or ".join(f"'{end}'" for end in ends[:3])
        return f"did you mean {meant}?"
    lower = {w.lower(): w for w in words}
    likely: Iterable[str] = lower
    if len(lower) > _MOST_KNOWN:
        # Of thousands (columns, shapes of a site) those with the same letters in the same places: to compare
        # all of them takes minutes.
        sought = word.lower()
        likely = heapq.nlargest(_MOST_KNOWN, lower, key=lambda known: sum(map(eq, known, sought)))
    match = difflib.get_close_matches(word.lower(), likely, n=1, cutoff=0.6)
    if match:
        return f"did you mean '{lower[match[0]]}'?"
    more = f" and {len(words) - _MOST_KNOWN:,} more" if len(words) > _MOST_KNOWN else ""
    return f"known: {', '.join(words[:_MOST_KNOWN])}{more}" if words else ""


_LENGTHS = {"too_short": ("least", "min_length"), "too_long": ("most", "max_length")}


def of_length(error: Mapping[str, Any]) -> str:
    """What pydantic asks of a list's length, ``have at least 1 entry, not 0``; empty for another error."""
    if error["type"] not in _LENGTHS:
        return ""
    word, key = _LENGTHS[error["type"]]
    limit = error["ctx"][key]
    return (
        f"have at {word} {limit} {'entry' if limit == 1 else 'entries'}, not {error['ctx']['actual_length']}"
    )
