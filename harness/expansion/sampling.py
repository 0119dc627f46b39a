"""Draws the parameters of a scenario's variants under its conditions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simgate.harness.expansion.designs.design import Design, design_of
from simgate.harness.expansion.errors import ExpansionError
from simgate.harness.expansion.evaluate import DTYPES, Columns, Evaluator
from simgate.harness.expansion.rejection import ExhaustedError, first_accepted
from simgate.harness.expansion.rules import Rules
from simgate.harness.expansion.sequences.streams import Streams
from simgate.harness.expansion.soundness import require_sound
from simgate.harness.packs.expressions.conditions import Expression, parse
from simgate.harness.packs.model import Pack, Scenario
from simgate.harness.packs.values import ValueSpec

if TYPE_CHECKING:
    from simgate.sim_adapters.worlds.world import ParameterSpec, World

Integers = NDArray[np.int64]

LEAST_ACCEPTANCE = 1e-4
MOST_DRAWS = 500_000_000
"""Draws that all variants of a scenario together may take; about a minute."""
_ATTEMPTS = 100_000
"""Attempts of one variant; with the least acceptance, one variant in 22,000 finds none."""
_TRIAL = 200_000
"""Draws that tell which condition rejects most."""
_BLOCK = 16_384
"""Variants that are drawn together; their columns stay in the processor's cache."""


class Sampler:
    """Values of a scenario's parameters as functions of the variant index.

    Args:
        pack: Gives name and seed.
        scenario: What to draw.
        world: Gives defaults and types.
        streams: Random streams of the scenario.

    Raises:
        ExpansionError: The method's design cannot be made, or a condition means nothing.
    """

    def __init__(self, pack: Pack, scenario: Scenario, world: World, streams: Streams) -> None:
        self._pack, self._scenario, self._world = pack, scenario, world
        require_sound(pack, scenario, world)
        self._design: Design | None = design_of(pack, scenario, world)
        swept = frozenset(self._design.columns) if self._design and self._design.repeats else frozenset()
        self._rules = Rules(scenario.parameters, swept)
        self._evaluator = Evaluator(scenario.parameters, world, scenario.variants, streams)
        self._order = self._rules.ordered(world.parameters)
        self._groups = self._linked([parse(condition) for condition in scenario.where])

    def columns(self, index: Integers) -> Columns:
        """Every parameter of the world, by name in order, for these variants.

        Args:
            index: Variant indices, shape (n,).

        Returns:
            Arrays of shape (n,): float64, int64, bool or text, as the world's parameter says.

        Raises:
            ExpansionError: The conditions accept fewer than one draw in 10,000, or an expression gives a
                value that the world does not allow.
        """
        starts = range(0, max(1, len(index)), _BLOCK)
        parts = [self._block(index[start : start + _BLOCK]) for start in starts]
        columns: Columns = {}
        for name in sorted(self._world.parameters):
            if _is_constant(self._scenario.parameters.get(name)):
                columns[name] = np.broadcast_to(parts[0][name][:1], index.shape)
            else:
                columns[name] = np.concatenate([part.pop(name) for part in parts])
        return columns

    def _block(self, index: Integers) -> Columns:
        known: Columns = {}
        attempts: dict[str, Integers] = {}
        for conditions in self._groups:
            accepted, columns = self._accepted(index, conditions)
            known.update(columns)
            roots = self._rules.roots(name for condition in conditions for name in condition.names)
            attempts.update(dict.fromkeys(roots, accepted))
        values = self._values([name for name in self._order if name not in known], index, attempts, known)
        return {name: self._finished(name, values[name], index) for name in self._world.parameters}

    def _values(
        self, names: Sequence[str], index: Integers, attempts: dict[str, Integers], known: Columns
    ) -> Columns:
        """Columns of parameters in order, beside those that are known."""
        if self._design is None:
            return self._evaluator.columns([*known, *names], index, attempts, known)
        decided, designed = self._design.values(index)
        if not decided.all():
            own = [name for name in names if name in designed]
            drawn = self._evaluator.columns(own, index, attempts, {})
            designed = {name: np.where(decided, designed[name], drawn[name]) for name in own}
        return self._evaluator.columns([*known, *names], index, attempts, {**designed, **known})

    def _accepted(self, index: Integers, conditions: Sequence[Expression]) -> tuple[Integers, Columns]:
        """First accepted attempt of each variant, and the parameters that the conditions speak of."""
        names = self._rules.ordered(name for condition in conditions for name in condition.names)
        roots = self._rules.roots(names)
        kept: Columns = {}
        values: Columns = {}

        def accepts(rows: Integers, attempts: Integers) -> NDArray[np.bool_]:
            nonlocal values
            values = self._values(names, index[rows], dict.fromkeys(roots, attempts), {})
            good = np.ones(rows.shape, dtype=np.bool_)
            for condition in conditions:
                good &= condition.evaluate(values)
            return good

        def keep(rows: Integers, at: Integers) -> None:
            for name, column in values.items():
                if name not in kept:
                    kept[name] = np.zeros(index.shape, dtype=column.dtype)
                elif kept[name].dtype != column.dtype:
                    kept[name] = kept[name].astype(np.promote_types(kept[name].dtype, column.dtype))
                kept[name][rows] = column[at]

        def judge() -> None:
            self._judge(names, roots, conditions)

        limit = _ATTEMPTS if roots else 1
        try:
            found = first_accepted(len(index), accepts, limit, keep, judge)
        except ExhaustedError as error:
            self._judge(names, roots, conditions)
            raise self._hopeless(int(index[error.row]), conditions) from None
        return found, kept

    def _judge(self, names: Sequence[str], roots: frozenset[str], conditions: Sequence[Expression]) -> None:
        """Raises when conditions accept too little of a trial that is the same for every variant."""
        index = np.arange(_TRIAL, dtype=np.int64)
        values = self._values(names, index, dict.fromkeys(roots, index + 1), {})
        hits = [np.broadcast_to(condition.evaluate(values), index.shape) for condition in conditions]
        share = float(np.mean(np.logical_and.reduce(hits)))
        count = self._scenario.variants.drawn
        if share >= LEAST_ACCEPTANCE and count / share <= MOST_DRAWS:
            return
        shares = [float(np.mean(hit)) for hit in hits]
        worst = int(np.argmin(shares))
        blame = (
            f"the condition that rejects most is '{conditions[worst].text}', "
            f"it accepts {100 * shares[worst]:.3g} % of the draws"
        )
        message = f"`where` accepts fewer than one draw in {1 / LEAST_ACCEPTANCE:,.0f}; {blame}"
        if share >= LEAST_ACCEPTANCE:
            message = f"{count:,} variants would take {count / share:,.0f} draws; {blame}"
        drawn = sorted(
            name for name in names if name in self._scenario.parameters and self._rules.roots([name])
        )
        hint = f"loosen it, or narrow the distributions of {', '.join(drawn)}"
        if not drawn:
            used = sorted({name for condition in conditions for name in condition.names})
            hint = f"loosen it: it speaks only of constants ({', '.join(used) or 'numbers'})"
        if conditions[worst].range_in_brackets:
            hint = f"these are two values; for a range write {conditions[worst].range_in_brackets}"
        raise ExpansionError(self._pack, self._scenario, message, hint)

    def _hopeless(self, number: int, conditions: Sequence[Expression]) -> ExpansionError:
        """Says that one variant, mostly a combination of a design, cannot meet the conditions."""
        texts = " and ".join(f"'{condition.text}'" for condition in conditions)
        message = f"variant {number} meets {texts} in none of {_ATTEMPTS:,} draws"
        hint = "loosen the conditions, or narrow the distributions"
        if self._design is not None:
            _, designed = self._design.values(np.array([number]))
            row = ", ".join(f"{name} {column[0]}" for name, column in sorted(designed.items()))
            message += f"; its combination is {row}"
            hint = "add a condition on these parameters alone that leaves such combinations out"
        return ExpansionError(self._pack, self._scenario, message, hint)

    def _finished(self, name: str, values: NDArray[Any], index: Integers) -> NDArray[Any]:
        """A column in the type of its parameter, with what expressions gave held against the world."""
        parameter, spec = self._world.parameters[name], self._scenario.parameters.get(name)
        if spec is not None and _is_computed(spec):
            at = _first_outside(parameter, values)
            if at is not None:
                problem = parameter.problem(values[at].item()) or "is not a finite number"
                message = f"{name} is computed, and in variant {int(index[at])} it {problem}"
                hint = (
                    "limit it with clip(value, low, high), or keep such draws out with a condition in `where`"
                )
                raise ExpansionError(self._pack, self._scenario, message, hint)
        return values.astype(DTYPES[parameter.kind], copy=False)

    def _linked(self, conditions: Sequence[Expression]) -> list[list[Expression]]:
        """Groups of conditions that share draws; groups are independent and redrawn apart."""
        groups: list[tuple[frozenset[str], list[Expression]]] = []
        for condition in conditions:
            roots, together = self._rules.roots(condition.names), [condition]
            apart = []
            for other_roots, others in groups:
                if roots & other_roots:
                    roots |= other_roots
                    together = [*others, *together]
                else:
                    apart.append((other_roots, others))
            groups = [*apart, (roots, together)]
        return [group for _, group in groups]


def _is_constant(spec: ValueSpec | None) -> bool:
    return spec is None or spec.kind == "constant"


def _is_computed(spec: ValueSpec) -> bool:
    return spec.kind == "expr" or any(_is_computed(case.value) for case in spec.cases)


def _first_outside(parameter: ParameterSpec, values: NDArray[Any]) -> int | None:
    """Position of the first value that the parameter does not allow."""
    if parameter.kind == "bool":
        return None
    if parameter.kind == "choice":
        good = np.isin(values, parameter.choices)
    else:
        good = np.isfinite(values)
        if parameter.kind == "integer":
            good &= values == np.rint(values)
        good &= values >= (-np.inf if parameter.low is None else parameter.low)
        good &= values <= (np.inf if parameter.high is None else parameter.high)
    bad = np.flatnonzero(~good)
    return int(bad[0]) if bad.size else None
