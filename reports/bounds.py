"""The bounds that a verdict sets on a task's signals: what of criteria and conditions is a line in a lane."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from simgate.harness.packs.expressions.held import Condition
from simgate.harness.packs.expressions.syntax import Binary, Comparison, Literal, Name, Term, Unary
from simgate.harness.packs.model import Criterion, Pack, Scenario, TaskSpec
from simgate.harness.scoring.metric import MetricInfo
from simgate.harness.scoring.metrics import find_metric
from simgate.harness.scoring.stl.formula import COMPARISONS, Formula, Node, read_formula
from simgate.harness.tasks.declared import DeclaredTask


@dataclass(frozen=True, slots=True)
class Bound:
    """A value that a criterion or a condition of the task holds a signal against.

    Attributes:
        signal: Name of the signal.
        value: In its unit.
        text: Who says so, for example ``tilt: max of tilt_deg at most 45``.
    """

    signal: str
    value: float
    text: str


def bounds_of(pack: Pack, scenario: Scenario, units: Mapping[str, str]) -> tuple[Bound, ...]:
    """All bounds on the signals of a scenario's traces.

    A metric's bound is one of a signal when the metric is made of that signal alone, in its unit (the largest
    speed, the smallest gap); others, such as a length of a way, have no place on a signal's scale.

    Args:
        pack: For the control rate, by which formulas are read.
        scenario: What is accepted, and the task with its conditions.
        units: Of each signal that a trace holds.
    """
    found: list[Bound] = []
    for criterion in (*scenario.accept, *scenario.hard):
        if criterion.stl is not None:
            formula = _formula(criterion.stl, pack, units)
            pairs = _of_node(formula.root) if formula is not None else ()
            found += [Bound(name, value, criterion.statement) for name, value in pairs]
        else:
            found += _of_criterion(criterion, units)
    for word, condition in _conditions(scenario).items():
        pairs = _compared(condition.expression.tree)
        found += [Bound(name, value, f"{word}: {condition.text}") for name, value in pairs]
    return tuple(dict.fromkeys(found))


def looked_at(pack: Pack, scenario: Scenario, units: Mapping[str, str]) -> frozenset[str]:
    """Signals that a scenario's criteria and its task's conditions are computed from. Arguments as for
    :func:`bounds_of`."""
    names = {name for condition in _conditions(scenario).values() for name in condition.expression.names}
    for criterion in (*scenario.accept, *scenario.hard):
        if criterion.signal is not None:
            names.add(criterion.signal.name)
        elif criterion.stl is not None:
            formula = _formula(criterion.stl, pack, units)
            names |= formula.signals if formula is not None else frozenset()
        elif (info := _info(criterion)) is not None:
            names |= set(info.signals)
    return frozenset(names)


def _conditions(scenario: Scenario) -> Mapping[str, Condition]:
    task = scenario.task
    return DeclaredTask.of(scenario.id, task).conditions if isinstance(task, TaskSpec) else {}


def _of_criterion(criterion: Criterion, units: Mapping[str, str]) -> Iterator[Bound]:
    info = _info(criterion)
    if criterion.signal is not None:
        name = criterion.signal.name
    elif info is not None and len(info.signals) == 1 and info.unit == units.get(info.signals[0]):
        name = info.signals[0]
    else:
        return
    for value in criterion.bound if isinstance(criterion.bound, tuple) else (criterion.bound,):
        if name in units and isinstance(value, int | float) and not isinstance(value, bool):
            yield Bound(name, float(value), criterion.statement)


def _info(criterion: Criterion) -> MetricInfo | None:
    """What a metric says of itself; None for formulas, signals, and a pack's own code, which no page runs."""
    if criterion.stl is not None or criterion.signal is not None or criterion.source is not None:
        return None
    try:
        return find_metric(criterion.metric)
    except Exception:  # A plugin that cannot be loaded any more; its bound has no lane.
        return None


def _compared(term: Term) -> Iterator[tuple[str, float]]:
    """(signal, number) of each comparison in a condition."""
    match term:
        case Comparison():
            sides = [term.first, *(side for _, side in term.rest)]
            for left, right in pairwise(sides):
                for name, value in ((left, _number(right)), (right, _number(left))):
                    if isinstance(name, Name) and value is not None:
                        yield name.name, value
        case Binary():
            yield from (*_compared(term.left), *_compared(term.right))
        case Unary():
            yield from _compared(term.operand)


def _number(term: Term) -> float | None:
    if isinstance(term, Unary) and term.operator == "-" and (value := _number(term.operand)) is not None:
        return -value
    if isinstance(term, Literal) and not isinstance(term.value, bool | str):
        return float(term.value)
    return None


def _formula(text: str, pack: Pack, units: Mapping[str, str]) -> Formula | None:
    try:
        return read_formula(text, pack.sim.control_hz, frozenset(units))
    except ValueError:  # Of a recording without that signal; the criterion's own row says so.
        return None


def _of_node(node: Node) -> Iterator[tuple[str, float]]:
    if node.kind in COMPARISONS:
        left, right = node.children
        for name, number in ((left, right), (right, left)):
            sign = -1.0 if number.kind == "negative" else 1.0
            plain = number.children[0] if number.kind == "negative" else number
            if name.kind == "signal" and plain.kind == "number":
                yield name.text, sign * plain.value
    else:
        for child in node.children:
            yield from _of_node(child)
