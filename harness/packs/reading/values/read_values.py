"""Reads parameter values: constants, distributions and rules."""

from __future__ import annotations

from simgate.harness.packs.language.values import Case as CaseKeys
from simgate.harness.packs.reading.values.read_csv import read_from_file
from simgate.harness.packs.reading.values.read_distributions import SIMPLE, read_grid
from simgate.harness.packs.reading.values.read_value import ReadFunction, ReadValue, Rule, made
from simgate.harness.packs.source.fields import Reader
from simgate.harness.packs.source.other_words import distribution_in_other_words, texts_of
from simgate.harness.packs.source.written_numbers import Quantity, quantity_of
from simgate.harness.packs.values import Case
from simgate.policies.documents.diagnostics import near
from simgate.policies.documents.nodes import MappingNode, Node, ScalarNode, SequenceNode

MAX_CASES = 50


def read_value(reader: Reader, node: Node, quantity: Quantity) -> ReadValue | None:
    """A constant or ``{distribution: arguments}``; problems are reported and give None.

    Args:
        reader: Typed access to nodes.
        node: The value.
        quantity: What its numbers stand for.
    """
    return _read_as(reader, node, quantity, DISTRIBUTIONS)


def read_simple_value(reader: Reader, node: Node) -> ReadValue | None:
    """A constant or a distribution that needs no other parameter, for objects put on the floor."""
    return _read_as(reader, node, quantity_of(node.label), SIMPLE)


def _read_as(
    reader: Reader, node: Node, quantity: Quantity, known: dict[str, ReadFunction]
) -> ReadValue | None:
    reader.quantity = quantity
    value = _read(reader, node, known)
    reader.quantity = Quantity()
    return value


def _read(reader: Reader, node: Node, known: dict[str, ReadFunction]) -> ReadValue | None:
    if isinstance(node, ScalarNode):
        if node.value is None:
            reader.wrong(node, "a value or a distribution")
            return None
        return made(node, "constant", ((node.value, node),), choices=(node.value,))
    if not isinstance(node, MappingNode):
        reader.wrong(node, "a value or a distribution", _list_hint(node))
        return None
    if not node.entries:
        reader.wrong(node, "a value or a distribution")
        return None
    if _lacks_brackets(reader, node, known):
        return None
    for extra, _ in node.entries[1:]:
        first = node.entries[0][0].text
        if extra.text in DISTRIBUTIONS or first in DISTRIBUTIONS:
            message = f"'{extra.text}' beside '{first}': a value has one distribution"
            reader.problems.at(
                extra, "unknown-key", message, "write arguments inside of the distribution's own braces"
            )
    key, arguments = node.entries[0]
    read = known.get(key.text)
    if read is not None:
        return read(reader, node, arguments)
    if key.text in DISTRIBUTIONS:
        message = f"'{key.text}' cannot stand here"
        reader.problems.at(key, "unknown-distribution", message, f"possible here: {', '.join(known)}")
        return None
    message = f"unknown distribution '{key.text}'"
    hint = distribution_in_other_words(node, known) or near(key.text, known)
    reader.problems.at(key, "unknown-distribution", message, hint)
    return None


def _list_hint(node: Node) -> str:
    """What a bare list was meant as."""
    items = node.items if isinstance(node, SequenceNode) else []
    texts = texts_of(items) or ["..."]
    numbers = [item.value for item in items if isinstance(item, ScalarNode)]
    if len(numbers) == 2 and all(isinstance(n, int | float) and not isinstance(n, bool) for n in numbers):
        way = "integers" if node.label == "count" else "uniform"
        return f"for a range write {{{way}: [{', '.join(texts)}]}}, for these values {{choice: [...]}}"
    return f"to draw one of them write {{choice: [{', '.join(texts)}]}}"


def _lacks_brackets(reader: Reader, node: MappingNode, known: dict[str, ReadFunction]) -> bool:
    """Reports ``{choice: wood, none}`` and ``{uniform: 3, 8}``, which YAML reads as several keys."""
    (key, first), *others = node.entries
    if key.text not in known or not others or not isinstance(first, ScalarNode):
        return False
    if any(not isinstance(value, ScalarNode) or value.value is not None for _, value in others):
        return False
    texts = ", ".join([first.text, *(other.text for other, _ in others)])
    message = f"the values of '{key.text}' need brackets"
    reader.problems.at(first, "wrong-type", message, f"write {{{key.text}: [{texts}]}}")
    return True


def _expr(reader: Reader, node: Node, arguments: Node) -> ReadValue | None:
    text = reader.text(arguments, "an expression such as door.distance_m - 1")
    if text is None or not isinstance(arguments, ScalarNode):
        return None
    return made(node, "expr", (), expression=text, rules=(Rule(arguments, is_condition=False),))


def _when(reader: Reader, node: Node, arguments: Node) -> ReadValue | None:
    wanted = "a list of {if: condition, then: value}, with {else: value} at its end"
    items = reader.items(arguments, wanted)
    if not items:
        if isinstance(arguments, SequenceNode):
            reader.problems.at(arguments, "empty-range", "'when' without a case", f"write {wanted}")
        return None
    if len(items) > MAX_CASES:
        reader.problems.at(items[MAX_CASES], "wrong-value", f"more than {MAX_CASES} cases")
        return None
    read = [_case(reader, item, item is items[-1]) for item in items]
    cases = [case for case in read if case is not None]
    if len(cases) < len(items):
        return None
    values = [value for _, value in cases]
    specs = tuple(Case(condition=rule.node.text if rule else None, value=value.spec) for rule, value in cases)
    rules = tuple(rule for rule, _ in cases if rule) + tuple(rule for value in values for rule in value.rules)
    extremes = tuple(extreme for value in values for extreme in value.extremes)
    parts = tuple(part for value in values for part in value.parts)
    return made(node, "when", extremes, cases=specs, rules=rules, branches=parts)


def _case(reader: Reader, item: Node, is_last: bool) -> tuple[Rule | None, ReadValue] | None:
    """Condition and value of one case; no condition for ``else``."""
    fields = reader.fields(item, CaseKeys, "the case")
    if fields is None:
        return None
    if "else" in fields and not ("if" in fields or "then" in fields):
        if not is_last:
            hint = "move it to the end of the list"
            reader.problems.at(item, "wrong-value", "cases after 'else' never count", hint)
            return None
        value = _branch(reader, fields["else"])
        return None if value is None else (None, value)
    if "else" in fields or "if" not in fields or "then" not in fields:
        hint = "write {if: condition, then: value}, and {else: value} as the last entry"
        reader.problems.at(item, "missing-key", "a case needs 'if' and 'then', or 'else' alone", hint)
        return None
    condition = reader.text(fields["if"], "a condition such as door.distance_m > 2")
    value = _branch(reader, fields["then"])
    if is_last:
        message = "the last case is not 'else': what is the value when no condition holds?"
        reader.problems.at(item, "missing-key", message, "add {else: value} at the end of the list")
        return None
    if condition is None or value is None or not isinstance(fields["if"], ScalarNode):
        return None
    return Rule(fields["if"], is_condition=True), value


def _branch(reader: Reader, node: Node) -> ReadValue | None:
    value = _read(reader, node, {k: v for k, v in DISTRIBUTIONS.items() if k != "grid"})
    return value


DISTRIBUTIONS: dict[str, ReadFunction] = {
    **SIMPLE,
    "grid": read_grid,
    "expr": _expr,
    "from_file": read_from_file,
    "when": _when,
}
"""Distribution's key -> function that reads its arguments."""
