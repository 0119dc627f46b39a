"""Values of plain YAML scalars by YAML 1.2's core schema (section 10.3.2), in all files that people write.

``true`` and ``false`` are the only booleans, ``0160`` is 160, dates and ``1:30`` are text.
"""

from __future__ import annotations

import math
import re

NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_BASED = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_NON_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z")


def resolve(text: str) -> bool | int | float | str | None:
    """A plain scalar's value; numbers of more than 29 digits are infinite."""
    if text in NULL:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if _INTEGER.match(text):
        return int(text) if len(text) < 30 else math.inf
    if _BASED.match(text):
        return int(text, 0) if len(text) < 30 else math.inf
    if _FLOAT.match(text):
        return float(text)
    if _NON_FINITE.match(text):
        return math.nan
    return text


def is_sane(number: float) -> bool:
    """Whether a number is finite and, if whole, fits into 64 bits."""
    return math.isfinite(number) and (isinstance(number, bool | float) or abs(number) < 2**63)
