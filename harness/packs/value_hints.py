"""What people mean when they write a value of the wrong type, and how to write it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from harness.packs.diagnostics import near
from harness.packs.keys import Keys
from harness.packs.model import Scalar

if TYPE_CHECKING:
    from sim_adapters.worlds.world import ParameterSpec

_NUMBER = r"-?\d+(?:\.\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\s*(?:\.\.+|-|to|\u2013)\s*({_NUMBER})")
_WITH_UNIT = re.compile(rf"({_NUMBER})\s*[^\s\d.].*")
_YES = ("yes", "on", "y")
_NO = ("no", "off", "n")


def parameter_name_hint(name: str, parameters: Mapping[str, ParameterSpec]) -> str:
    """The nearest parameter of a world, with its range and unit; or all that there are."""
    hint = near(name, parameters)
    meant = next((spec for known, spec in parameters.items() if hint == f"did you mean '{known}'?"), None)
    if meant is None or meant.low is None or meant.high is None:
        return hint
    unit = f" {meant.unit}" if meant.unit else ""
    return f"{hint} ({meant.low:g} to {meant.high:g}{unit})"


def parameter_hint(spec: ParameterSpec, value: Scalar) -> str:
    """How to write a value that a parameter does not allow."""
    if spec.kind == "choice":
        return near(str(value), spec.choices)
    if spec.kind == "bool":
        return _bool_hint(value)
    if isinstance(value, bool) or not isinstance(value, str):
        return spec.meaning
    return number_hint(value, spec.unit) or spec.meaning


def _bool_hint(value: Scalar) -> str:
    word = str(value).lower()
    if word in _YES or word in _NO:
        return f"'{value}' is a word in YAML 1.2: write {'true' if word in _YES else 'false'}"
    return "write true or false, or {bool: 0.3} for true in 30 of 100 variants"


def number_hint(text: str, unit: str) -> str:
    """How to write a number that was written as text; empty when the text means no number.

    Args:
        text: As written.
        unit: Of the number; empty for none.
    """
    found = _RANGE.fullmatch(text.strip())
    if found:
        return f"for a range write {{uniform: [{found[1]}, {found[2]}]}}"
    if _WITH_UNIT.fullmatch(text.strip()):
        return f"write the number alone, in {unit}" if unit else "write the number alone; it has no unit"
    return ""


def threshold_hint(kind: str, unit: str, value: object) -> str:
    """How to write a threshold of the wrong type.

    Args:
        kind: Of the metric: ``number``, ``count``, ``bool`` or ``word``.
        unit: Of the metric; empty for none.
        value: As written.
    """
    if kind == "bool":
        return "write {equals: true} or {equals: false}"
    if kind == "word":
        return "write {equals: WORD}, a word such as glass or none"
    return (number_hint(value, unit) if isinstance(value, str) else "") or "write a number"


def mapping_hint(keys: Keys, value: Scalar | None, text: str) -> str:
    """How to write a mapping of which only one value was written, for example ``60`` for ``{count: 60}``.

    Args:
        keys: Of the mapping.
        value: What was written; None when it was no single value.
        text: The same, as written.
    """
    required = [name for name, key in keys.items() if key.required]
    if value is None or len(required) > 1:
        return ""
    name = next(iter(required or keys))
    if not required and "equals" in keys and isinstance(value, bool | str):
        name = "equals"
    return f"write {{{name}: {text}}}"
