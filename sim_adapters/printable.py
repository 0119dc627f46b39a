"""Text of others on a screen: whatever moves a cursor, hides or begins a line is shown as an escape."""

from __future__ import annotations

import re

_COMMAND = re.compile(r"(?m)^([ \t]*):(?=:[A-Za-z-]+[^\n]*::)")
"""A line that GitHub Actions would obey, also in a file that is shown there; ours go out as they are."""


def printable(text: object) -> str:
    """A text on one line that moves no terminal: control characters and line breaks become escapes."""
    shown = str(text)
    return shown if shown.isprintable() else "".join(map(_shown, shown))


def printable_lines(text: str) -> str:
    """The same for a text of several lines: its line feeds and tabs stay, and none is a command to CI."""
    if not text.replace("\n", "").replace("\t", "").isprintable():
        text = "".join(c if c in "\n\t" else _shown(c) for c in text)
    return _COMMAND.sub(r"\1\\x3a", text) if "::" in text else text


def _shown(c: str) -> str:
    # A space that does not break moves nothing; tables of our own hold cells together with it.
    return c if c.isprintable() or c == "\N{NO-BREAK SPACE}" else c.encode("unicode_escape").decode()
