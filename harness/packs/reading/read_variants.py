"""Reads ``variants``: how many, drawn how."""

from __future__ import annotations

from simgate.harness.packs.language.scenario import MAX_VARIANTS, METHODS, TwiseKeys, VariantsKeys
from simgate.harness.packs.source.fields import Reader
from simgate.harness.packs.source.read_keys import read_keys
from simgate.harness.packs.variants import VariantsSpec
from simgate.policies.documents.diagnostics import near
from simgate.policies.documents.nodes import MappingNode, Node


def read_variants(reader: Reader, node: Node | None) -> VariantsSpec | None:
    """``{count: 40, method: sobol}``; a method is a word, or ``{twise: {t: 3}}``."""
    read = read_keys(reader, node, VariantsKeys, "variants")
    if read is None:
        return None
    method, strength = _method(reader, read.keys.method)
    if not read.is_whole:
        return None
    count, repeats = read.keys.count, read.keys.repeats
    if count * repeats > MAX_VARIANTS and node is not None:
        message = f"{count:,} variants with {repeats:,} repeats each are more than {MAX_VARIANTS:,} runs"
        reader.problems.at(node, "wrong-value", message)
        return None
    spec = {"count": count * repeats, "method": method, "strength": strength, "repeats": repeats}
    return VariantsSpec.model_validate(spec)


def _method(reader: Reader, node: Node | None) -> tuple[str, int]:
    if isinstance(node, MappingNode) and len(node.entries) == 1:
        key, arguments = node.entries[0]
        if key.text == "twise":
            twise = read_keys(reader, arguments, TwiseKeys, "twise", owner=arguments)
            return "twise", twise.keys.t if twise is not None and twise.is_whole else 2
        known = [name for name in METHODS if name != "twise"]
        hint = f"write method: {key.text}" if key.text in known else near(key.text, METHODS)
        reader.problems.at(key, "unknown-method", f"unknown method '{key.text}' with settings", hint)
        return "random", 2
    word = reader.word(node, METHODS, "unknown-method", "method")
    if word == "twise" and node is not None:
        reader.wrong(node, "a method, and twise needs its strength", "write method: {twise: {t: 3}}")
    return word or "random", 2
