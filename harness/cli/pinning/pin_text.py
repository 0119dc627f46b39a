"""A pinned variant as YAML: in lines of its own, or inside of brackets. Numbers come back bit for bit."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from simgate.harness.packs.model import PinnedVariant, Scalar
from simgate.sim_adapters.files.yaml_scalars import resolve

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\Z")
_WIDTH = 110


def block_lines(pin: PinnedVariant, origin: str) -> list[str]:
    """The item of a list in block style, its dash in the first column.

    Args:
        pin: What to write.
        origin: Where it comes from, for a comment.
    """
    lines = [
        f"- id: {written(pin.id)}  # {origin}",
        *(f"  {name}: {written(value)}" for name, value in _facts(pin)),
    ]
    lines.append("  parameters:" if pin.parameters else "  parameters: {}")
    lines += [f"    {written(name)}: {written(value)}" for name, value in pin.parameters.items()]
    if pin.placed is not None:
        lines.append("  placed:" if pin.placed else "  placed: []")
        lines += [f"    - {_flow_mapping(item)}" for item in _objects(pin)]
    return lines


def flow_text(pin: PinnedVariant, indent: str, line_break: str) -> str:
    """The item of a list in flow style, ``{id: ...}``, wrapped.

    Args:
        pin: What to write.
        indent: What further lines start with.
        line_break: What lines end with.
    """
    parts = [f"id: {written(pin.id)},", *(f"{name}: {written(value)}," for name, value in _facts(pin))]
    parts += _bracketed(
        "parameters: {", [f"{written(k)}: {written(v)}" for k, v in pin.parameters.items()], "}"
    )
    if pin.placed is not None:
        parts[-1] += ","
        parts += _bracketed("placed: [", [_flow_mapping(item) for item in _objects(pin)], "]")
    parts[0] = "{" + parts[0]
    parts[-1] += "}"
    lines = [parts[0]]
    for part in parts[1:]:
        if len(lines[-1]) + len(part) >= _WIDTH - len(indent):
            lines.append(part)
        else:
            lines[-1] += f" {part}"
    return f"{line_break}{indent}".join(lines)


def written(value: Scalar) -> str:
    """A scalar that is read back as the same value of the same type."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if _PLAIN.match(value) and resolve(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)


def _facts(pin: PinnedVariant) -> list[tuple[str, Scalar]]:
    return [] if pin.seed is None else [("seed", pin.seed)]


def _objects(pin: PinnedVariant) -> list[dict[str, Any]]:
    return [item.model_dump() for item in pin.placed or ()]


def _flow_mapping(entries: Mapping[str, Scalar]) -> str:
    return "{" + ", ".join(f"{name}: {written(value)}" for name, value in entries.items()) + "}"


def _bracketed(head: str, items: Sequence[str], tail: str) -> list[str]:
    """Parts that may be wrapped between each other."""
    if not items:
        return [head + tail]
    parts = [f"{item}," for item in items[:-1]] + [f"{items[-1]}{tail}"]
    parts[0] = head + parts[0]
    return parts
