"""Workflow commands, which GitHub Actions shows at the changed lines of a pull request."""

from __future__ import annotations

from typing import Literal

from simgate.policies.documents.diagnostics import Diagnostic
from simgate.sim_adapters.printable import printable, printable_lines

Kind = Literal["error", "warning"]
_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def to_github(diagnostic: Diagnostic) -> str:
    """One line, for example ``::error file=pack.yaml,line=3,col=1,...::unknown key``."""
    text = f"{diagnostic.message}\n{diagnostic.hint}" if diagnostic.hint else diagnostic.message
    return annotation(
        diagnostic.severity,
        text,
        file=diagnostic.path,
        line=diagnostic.line,
        endLine=diagnostic.line,
        col=diagnostic.column,
        endColumn=diagnostic.column + diagnostic.length,
        title=f"simgate lint: {diagnostic.code}",
    )


def annotation(kind: Kind, text: str, **properties: str | int) -> str:
    """One workflow command; nothing in text or properties ends it or begins another.

    Args:
        kind: How it is shown.
        text: Its words; may have several lines.
        properties: ``file``, ``line``, ``title``, ...
    """
    written = ",".join(
        f"{name}={_escaped(printable(value), _PROPERTY)}" for name, value in properties.items()
    )
    return f"::{kind} {written}::{_escaped(printable_lines(text), _DATA)}"


def _escaped(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(char, char) for char in text)
