"""Checks that no parameter is computed from itself."""

from __future__ import annotations

from collections.abc import Mapping

from simgate.harness.packs.expressions.conditions import parse
from simgate.harness.packs.expressions.syntax import ExpressionError
from simgate.harness.packs.reading.values.read_value import ReadValue
from simgate.policies.documents.problems import Problems


def report_cycles(problems: Problems, parameters: Mapping[str, ReadValue]) -> None:
    """Reports every circle of ``expr`` and ``when``, once, at its alphabetically first parameter."""
    uses = {name: sorted(_used(value) & parameters.keys()) for name, value in parameters.items()}
    done: set[str] = set()
    for start in sorted(uses):
        cycle = _cycle(uses, start, done)
        if cycle:
            value = parameters[cycle[0]]
            chain = " -> ".join([*cycle, cycle[0]])
            node = value.rules[0].node if value.rules else value.node
            hint = "let one of them be drawn or constant"
            problems.at(node, "cyclic-expr", f"computed from itself: {chain}", hint)


def _used(value: ReadValue) -> set[str]:
    names: set[str] = set()
    for rule in value.rules:
        try:
            names |= parse(rule.node.text).names
        except ExpressionError:
            # Reported where the expression is checked against the world.
            continue
    return names


def _cycle(uses: Mapping[str, list[str]], start: str, done: set[str]) -> list[str]:
    """A circle that is reached from ``start``, beginning with its smallest name; empty when there is none.

    Args:
        uses: Parameter -> parameters that it is computed from.
        start: Where to begin.
        done: Parameters that were looked at before; grows.
    """
    path: list[str] = []
    stack = [(start, 0)]
    while stack:
        name, position = stack.pop()
        if position == 0:
            if name in path:
                cycle = path[path.index(name) :]
                done.update(path)
                first = cycle.index(min(cycle))
                return cycle[first:] + cycle[:first]
            if name in done:
                continue
            path.append(name)
        if position < len(uses[name]):
            stack.append((name, position + 1))
            stack.append((uses[name][position], 0))
        else:
            done.add(name)
            path.remove(name)
    return []
