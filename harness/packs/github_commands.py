"""Diagnostics as workflow commands, which GitHub Actions shows at the changed lines of a pull request."""

from __future__ import annotations

from simgate.policies.documents.diagnostics import Diagnostic
from simgate.sim_adapters.printable import printable

_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def to_github(diagnostic: Diagnostic) -> str:
    """One line, for example ``::error file=pack.yaml,line=3,col=1,...::unknown key``."""
    properties = {
        "file": printable(diagnostic.path),
        "line": diagnostic.line,
        "endLine": diagnostic.line,
        "col": diagnostic.column,
        "endColumn": diagnostic.column + diagnostic.length,
        "title": f"simgate lint: {diagnostic.code}",
    }
    written = ",".join(f"{name}={_escaped(str(value), _PROPERTY)}" for name, value in properties.items())
    text = f"{diagnostic.message}\n{diagnostic.hint}" if diagnostic.hint else diagnostic.message
    return f"::{diagnostic.severity} {written}::{_escaped(text, _DATA)}"


def _escaped(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(char, char) for char in text)
