"""Which combinations of discrete values the conditions of a scenario allow."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simgate.harness.expansion.designs.covering import Group
from simgate.harness.expansion.evaluate import Columns, Evaluator
from simgate.harness.expansion.rules import Rules
from simgate.harness.expansion.sequences.streams import Streams
from simgate.harness.packs.expressions.conditions import Expression, parse
from simgate.harness.packs.values import ValueSpec
from simgate.harness.packs.variants import VariantsSpec

if TYPE_CHECKING:
    from simgate.sim_adapters.worlds.world import World

Flags = NDArray[np.bool_]

MAX_ROWS = 1_000_000
"""Combinations of parameters that conditions link, and rows of a grid."""
TRIAL = 4_096
"""Draws of the other parameters in none of which an impossible combination meets its conditions."""
_MAX_TRIED = 20_000
"""Combinations that can be tried so."""
_FIRST = 64
_BATCH = 262_144


class ImpossibleDesign(Exception):  # noqa: N818 - the name says what happened
    """No design can be made.

    Attributes:
        message: Why.
        hint: What to do.
    """

    def __init__(self, message: str, hint: str) -> None:
        self.message, self.hint = message, hint
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class _Constraint:
    """Conditions that are met together.

    Attributes:
        conditions: Those that share draws.
        scope: Designed parameters in them.
        is_exact: Nothing in them is drawn.
    """

    conditions: tuple[Expression, ...]
    scope: frozenset[str]
    is_exact: bool

    @property
    def text(self) -> str:
        return " and ".join(f"'{condition.text}'" for condition in self.conditions)


class Constraints:
    """The conditions of a scenario as far as they limit designed parameters.

    Args:
        parameters: Specifications of all parameters that conditions need.
        names: The designed parameters.
        where: All conditions.
        world: Gives defaults and types.
    """

    def __init__(
        self, parameters: Mapping[str, ValueSpec], names: Sequence[str], where: Sequence[str], world: World
    ) -> None:
        self._names = names
        self._rules = Rules(parameters)
        streams = Streams("@design", "", 0)
        self._evaluator = Evaluator(parameters, world, VariantsSpec(count=1), streams)
        self._constraints = self._clustered([parse(text) for text in where], frozenset(names))

    def groups(self, levels: Sequence[NDArray[Any]]) -> list[Group]:
        """Parameters that conditions link, with the combinations that can meet them.

        Args:
            levels: Values of each designed parameter.

        Raises:
            ImpossibleDesign: No combination does, or there are too many.
        """
        linked = [frozenset({name}) for name in self._names]
        for constraint in self._constraints:
            touched = [group for group in linked if group & constraint.scope]
            merged = reduce(frozenset.union, touched)
            linked = [group for group in linked if not group & constraint.scope] + [merged]
        return [self._group(members, levels) for members in sorted(linked, key=min)]

    def _group(self, members: frozenset[str], levels: Sequence[NDArray[Any]]) -> Group:
        positions = tuple(i for i, name in enumerate(self._names) if name in members)
        sizes = [len(levels[p]) for p in positions]
        shown = ", ".join(sorted(members))
        if math.prod(sizes) > MAX_ROWS:
            message = f"conditions link {shown}, which have {math.prod(sizes):,} combinations"
            raise ImpossibleDesign(message, "use fewer values, or conditions that link fewer parameters")
        rows = np.indices(sizes).reshape(len(positions), -1).T
        own = [constraint for constraint in self._constraints if constraint.scope <= members]
        # Exact ones first: they leave fewer combinations to be tried.
        for constraint in sorted(own, key=lambda one: not one.is_exact):
            given = {self._names[p]: levels[p][rows[:, i]] for i, p in enumerate(positions)}
            rows = rows[self._possible(constraint, given, len(rows))]
            if not len(rows):
                others = " and ".join(one.text for one in own if one is not constraint)
                also = f", together with {others}" if others else ""
                message = f"no combination of {shown} meets {constraint.text}{also}"
                raise ImpossibleDesign(message, "loosen the conditions, or add values")
        return Group(positions, rows)

    def _possible(self, constraint: _Constraint, given: Columns, count: int) -> Flags:
        """Which combinations meet a constraint, at least in one of some thousand draws of what is drawn."""
        if constraint.is_exact:
            return self._holds(constraint, given, np.zeros(count, dtype=np.int64))
        if count > _MAX_TRIED:
            message = f"{constraint.text} would have to be tried for {count:,} combinations"
            raise ImpossibleDesign(message, "use fewer values, or conditions that link fewer parameters")
        possible = np.zeros(count, dtype=np.bool_)
        first, draws = 0, _FIRST
        while first < TRIAL:
            open_ones = np.flatnonzero(~possible)
            for start in range(0, len(open_ones), _BATCH // draws):
                left = open_ones[start : start + _BATCH // draws]
                index = np.tile(np.arange(first, first + draws), len(left))
                repeated = {name: np.repeat(column[left], draws) for name, column in given.items()}
                holds = self._holds(constraint, repeated, index).reshape(len(left), draws)
                possible[left] = holds.any(axis=1)
            first, draws = first + draws, first + draws
        return possible

    def _holds(self, constraint: _Constraint, given: Columns, index: NDArray[np.int64]) -> Flags:
        names = self._rules.ordered(name for one in constraint.conditions for name in one.names)
        values = self._evaluator.columns(names, index, {}, given)
        result = np.ones(index.shape, dtype=np.bool_)
        for condition in constraint.conditions:
            result &= condition.evaluate(values)
        return result

    def _clustered(self, conditions: Sequence[Expression], own: frozenset[str]) -> list[_Constraint]:
        """Conditions that share a draw are one constraint: only together they may be impossible."""
        clusters: list[tuple[frozenset[str], frozenset[str], tuple[Expression, ...]]] = []
        for condition in conditions:
            roots = self._rules.roots(condition.names)
            drawn, scope = roots - own, roots & own
            together: tuple[Expression, ...] = (condition,)
            apart = []
            for other in clusters:
                if drawn & other[0]:
                    drawn, scope, together = drawn | other[0], scope | other[1], (*other[2], *together)
                else:
                    apart.append(other)
            clusters = [*apart, (drawn, scope, together)]
        return [_Constraint(texts, scope, not drawn) for drawn, scope, texts in clusters if scope]
