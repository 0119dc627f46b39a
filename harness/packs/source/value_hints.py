"""What people mean when they write a value of the wrong type, and how to write it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from simgate.harness.packs.language.definition import Table
from simgate.harness.packs.source.written_numbers import Quantity, number_hint
from simgate.policies.documents.diagnostics import near
from simgate.policies.documents.nodes import Node, Scalar, ScalarNode, SequenceNode

if TYPE_CHECKING:
    from simgate.sim_adapters.worlds.world import ParameterSpec

_MOST_IN_A_HINT = 3
"""Keys of a mapping that a hint writes out."""
_YES = ("yes", "on", "y")
_NO = ("no", "off", "n")


def parameter_name_hint(name: str, parameters: Mapping[str, ParameterSpec]) -> str:
    """The nearest parameter of a world, with its range and unit; or all that there are."""
    inside = [known for known in parameters if known.startswith(f"{name}.")]
    if inside:
        return f"write the whole name before the value, for example {inside[0]}: (all: {', '.join(inside)})"
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
    if isinstance(value, str):
        return number_hint(value, Quantity(spec.unit, spec.high)) or spec.meaning
    share = "" if spec.unit else share_hint(value, spec.low, spec.high)
    return share or spec.meaning


def distribution_hint(spec: ParameterSpec) -> str:
    """Ways to draw values of a parameter."""
    return {
        "number": "use {uniform: [lo, hi]} or {choice: [...]}",
        "integer": "use {integers: [lo, hi]} or {choice: [...]}",
        "bool": "use {bool: 0.3}, or true or false",
        "choice": f"use {{choice: [{', '.join(spec.choices)}]}}",
    }[spec.kind]


def share_hint(value: float, low: float | None, high: float | None) -> str:
    """How to write a share that was written in percent; empty when the limits speak of no share."""
    is_share = low is not None and low >= 0 and high is not None and high <= 1
    if not is_share or isinstance(value, bool) or not 1 < value <= 100:
        return ""
    return f"a share from 0 to 1, not percent: {value / 100:g}" if value / 100 <= (high or 0) else ""


def _bool_hint(value: Scalar) -> str:
    word = str(value).lower()
    if word in _YES or word in _NO:
        return f"'{value}' is a word in YAML 1.2: write {'true' if word in _YES else 'false'}"
    return "write true or false, or {bool: 0.3} for true in 30 of 100 variants"


def threshold_hint(kind: str, unit: str, value: object, high: float | None = None) -> str:
    """How to write a threshold of the wrong type.

    Args:
        kind: Of the metric: ``number``, ``count``, ``bool`` or ``word``.
        unit: Of the metric; empty for none.
        value: As written.
        high: Largest value of the metric; 1 for shares.
    """
    if kind == "bool":
        return "write {equals: true} or {equals: false}"
    if kind == "word":
        return "write {equals: WORD}, a word such as glass or none"
    return (number_hint(value, Quantity(unit, high)) if isinstance(value, str) else "") or "write a number"


def mapping_hint(keys: Table, node: Node) -> str:
    """How to write a mapping of which only the values were written, for example ``60`` for ``{count: 60}``.

    Args:
        keys: Of the mapping.
        node: What was written in its place.
    """
    required = [name for name, key in keys.items() if key.required]
    values = [node] if isinstance(node, ScalarNode) else node.items if isinstance(node, SequenceNode) else []
    texts = [value.text for value in values if isinstance(value, ScalarNode) and value.value is not None]
    if not texts or len(texts) < len(values) or len(required) > _MOST_IN_A_HINT:
        return ""
    names = required or list(keys)[:1]
    if not required and "equals" in keys and isinstance(node, ScalarNode):
        names = ["equals"] if isinstance(node.value, bool | str) else names
    if len(texts) > len(names):
        return ""
    texts += ["..."] * (len(names) - len(texts))
    return "write {" + ", ".join(f"{name}: {text}" for name, text in zip(names, texts, strict=True)) + "}"
