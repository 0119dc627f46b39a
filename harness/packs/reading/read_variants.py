"""Reads ``variants``: how many, drawn how."""

from __future__ import annotations

from typing import get_args

from simgate.harness.packs.model import Method, VariantsSpec
from simgate.harness.packs.source.fields import Reader
from simgate.harness.packs.source.keys import TWISE, VARIANTS
from simgate.policies.documents.diagnostics import near
from simgate.policies.documents.nodes import MappingNode, Node

METHODS: tuple[str, ...] = get_args(Method)
MAX_VARIANTS = 1_000_000
MAX_STRENGTH = 6


def read_variants(reader: Reader, node: Node | None) -> VariantsSpec | None:
    """``{count: 40, method: sobol}``; a method is a word, or ``{twise: {t: 3}}``."""
    fields = reader.fields(node, VARIANTS, "variants") if node is not None else None
    if fields is None:
        return None
    count = reader.integer(fields.get("count"), 1, MAX_VARIANTS)
    method, strength = _method(reader, fields.get("method"))
    if count is None:
        return None
    return VariantsSpec.model_validate({"count": count, "method": method, "strength": strength})


def _method(reader: Reader, node: Node | None) -> tuple[str, int]:
    if isinstance(node, MappingNode) and len(node.entries) == 1:
        key, arguments = node.entries[0]
        if key.text == "twise":
            fields = reader.fields(arguments, TWISE, "twise", owner=arguments) or {}
            return "twise", reader.integer(fields.get("t"), 2, MAX_STRENGTH) or 2
        known = [name for name in METHODS if name != "twise"]
        hint = f"write method: {key.text}" if key.text in known else near(key.text, METHODS)
        reader.problems.at(key, "unknown-method", f"unknown method '{key.text}' with settings", hint)
        return "random", 2
    word = reader.word(node, METHODS, "unknown-method", "method")
    if word == "twise" and node is not None:
        reader.wrong(node, "a method, and twise needs its strength", "write method: {twise: {t: 3}}")
    return word or "random", 2
