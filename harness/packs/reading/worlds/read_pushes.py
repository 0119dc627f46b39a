"""Reads ``pushes``: forces on bodies of a native world, as parameters."""

from __future__ import annotations

import operator
from collections.abc import Callable

from simgate.harness.packs.language.native import PushKeys
from simgate.harness.packs.model import SimSpec
from simgate.harness.packs.source.fields import Reader
from simgate.harness.packs.source.read_keys import read_keys
from simgate.policies.documents.nodes import Node
from simgate.sim_adapters.worlds.declared.pushes import PushSpec
from simgate.sim_adapters.worlds.native_file import NativeError


def read_pushes(
    reader: Reader,
    node: Node | None,
    sim: SimSpec,
    ask: Callable[[str, str], None],
    report: Callable[[Node, NativeError], None],
) -> dict[str, PushSpec]:
    """The pushes that can be read, by name; problems are reported.

    Args:
        reader: Typed access to nodes.
        node: What the pack says; None for nothing.
        sim: The pack's rates and time limit.
        ask: Asks the file for the body of a push by its name; NativeError where it cannot be pushed.
        report: Reports what the file has against a node.
    """
    found: dict[str, PushSpec] = {}
    for key, value in reader.mapping(node, "a mapping of names to pushes"):
        if reader.name(key, "a push's name") is None:
            continue
        read = read_keys(reader, value, PushKeys, f"the push '{key.text}'", owner=key)
        if read is None or not read.is_whole:
            continue
        keys, nodes = read.keys, read.nodes
        limit_s = sim.time_limit_s
        for name, wrong, how in (("at_s", operator.ge, "not before"), ("duration_s", operator.gt, "over")):
            if wrong(getattr(keys, name), limit_s):
                message = f"{name} {getattr(keys, name):g} is {how} the time limit of {limit_s:g} s"
                hint = f"write {'less' if name in nodes else name}, or a longer time limit"
                reader.problems.at(nodes.get(name, key), "parameter-range", message, hint)
        try:
            ask(key.text, keys.body)
        except NativeError as error:
            report(nodes["body"], error)
            continue
        values = {name: getattr(keys, name) for name in PushKeys.model_fields if name != "body"}
        found[key.text] = PushSpec(keys.body, values, sim.time_limit_s)
    return found
