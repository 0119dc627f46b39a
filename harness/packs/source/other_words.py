"""Keys and distributions that people call by the words of other tools, and what they are called here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from simgate.harness.packs.language.definition import Table
from simgate.policies.documents.nodes import MappingNode, Node, ScalarNode, SequenceNode

_KEYS = {
    "at_most": ("<=", "<", "=<", "max", "maximum", "below", "less_than", "le", "lt", "upper"),
    "at_least": (
        ">=",
        ">",
        "=>",
        "min",
        "minimum",
        "above",
        "greater_than",
        "more_than",
        "ge",
        "gt",
        "lower",
    ),
    "equals": ("==", "=", "is", "equal", "eq", "value", "expected"),
    "between": ("range", "from_to"),
    "title": ("name", "description", "summary"),
    "pack": ("name", "id"),
    "where": ("constraints", "conditions", "require", "requires", "filter", "condition"),
    "when": ("if", "where"),
    "accept": ("expect", "expected", "assert", "asserts", "checks", "criteria", "thresholds", "pass_if"),
    "parameters": ("params", "variables", "inputs"),
    "place": ("objects", "obstacles", "props"),
    "variants": ("samples", "runs", "repeat", "sampling"),
    "count": ("n", "number", "num", "samples", "runs", "amount", "size"),
    "method": ("sampler", "sampling", "strategy", "mode"),
    "clearance_m": ("margin", "margin_m", "spacing", "spacing_m", "gap", "gap_m", "distance_m"),
    "region": ("area", "zone", "floor"),
    "kinds": ("type", "types", "objects", "classes"),
    "severity": ("priority", "criticality", "level", "importance"),
    "world": ("scene", "map", "environment", "level"),
    "confidence": ("certainty", "alpha"),
    "issue": ("ticket", "jira", "bug", "reason"),
    "until": ("expires", "expiry", "deadline", "date"),
    "std": ("sigma", "stddev", "sd"),
    "mean": ("mu", "average", "center", "centre"),
    "median": ("mean", "mu"),
    "sigma": ("std", "stddev"),
    "csv": ("file", "path"),
}
_DISTRIBUTIONS = {
    "uniform": ("range", "between", "random", "rand", "float", "interval"),
    "normal": ("gauss", "gaussian", "bell"),
    "integers": ("int", "integer", "randint", "whole"),
    "choice": ("options", "one_of", "oneof", "enum", "list", "values", "select", "pick", "categorical"),
    "bool": ("boolean", "probability", "bernoulli", "chance"),
    "grid": ("sweep", "linspace", "steps", "arange"),
    "expr": ("formula", "compute", "computed", "equals", "eval"),
    "from_file": ("csv", "file", "data"),
    "when": ("if", "depends", "case", "switch"),
}
_ENDS = (("min", "max"), ("low", "high"), ("lo", "hi"), ("from", "to"), ("lower", "upper"), ("start", "end"))
_ITEM_ENDS = re.compile(r"[-\w.+]+\Z")


def key_in_other_words(word: str, keys: Table) -> str:
    """``did you mean 'at_most'?`` for a key that people call ``max``; empty for words that mean nothing."""
    meant = next((name for name, words in _KEYS.items() if name in keys and word.lower() in words), None)
    return f"did you mean '{meant}'?" if meant else ""


def stray_mark(key: ScalarNode) -> str:
    """What is wrong with a key that only looks right: invisible characters, the rest of a decimal comma."""
    text = key.text
    odd = next(
        (char for char in text if not char.isascii() and (char.isspace() or not char.isprintable())), ""
    )
    if odd:
        return f"it holds the invisible character U+{ord(odd):04X}: delete it, or type an ordinary space"
    line = key.source.lines[key.line - 1] if key.line <= len(key.source.lines) else ""
    whole = re.search(r"(-?\d+),\Z", line[: key.column - 1])
    if not whole or not text.isdigit():
        return ""
    if len(text) == 3 and whole[1].strip("-0"):
        return f"numbers have a point and no separators: write {whole[1]}{text} or {whole[1]}.{text}"
    return f"numbers have a point: write {whole[1]}.{text}"


def nothing_hint(node: Node) -> str:
    """What to do about a key with nothing behind or below it; empty for other nodes."""
    is_nothing = isinstance(node, ScalarNode) and node.value is None
    return "indent what belongs to it below it, or delete the key" if is_nothing else ""


def list_as_mapping_hint(node: Node) -> str:
    """What to write for a list where keys are wanted; empty for other nodes."""
    if not isinstance(node, SequenceNode):
        return ""
    if all(isinstance(item, MappingNode) and len(item.entries) == 1 for item in node.items):
        return "leave out the '- ' at the start of the lines"
    return "write 'NAME:' in place of each '- ', and indent what belongs to it"


def distribution_in_other_words(node: MappingNode, known: Iterable[str]) -> str:
    """What a value such as ``{min: 3, max: 8}`` or ``{range: [3, 8]}`` is written as; empty for no idea.

    Args:
        node: The whole value.
        known: Distributions that may stand there.
    """
    ends = ends_of(node)
    if ends:
        return f"for a range write {{uniform: [{ends[0]}, {ends[1]}]}}"
    word = node.entries[0][0].text.lower()
    meant = next((name for name in known if word in _DISTRIBUTIONS.get(name, ())), None)
    return f"did you mean '{meant}'?" if meant else ""


def ends_of(node: Node) -> tuple[str, str] | None:
    """Both ends of a range that is written as a mapping, for example ``{min: 3, max: 8}``."""
    if not isinstance(node, MappingNode):
        return None
    found = {key.text.lower(): value.text for key, value in node if isinstance(value, ScalarNode)}
    pairs = [(found[low], found[high]) for low, high in _ENDS if low in found and high in found]
    return pairs[0] if pairs else None


def texts_of(nodes: Sequence[Node]) -> list[str] | None:
    """The nodes as written, when all of them are plain single values."""
    texts = [node.text for node in nodes if isinstance(node, ScalarNode) and _ITEM_ENDS.match(node.text)]
    return texts if len(texts) == len(nodes) else None
