"""A pack from a manifest was sound when it ran; since then the file may have been damaged or edited."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from simgate.harness.expansion.errors import ExpansionError
from simgate.harness.packs.expressions.conditions import Kind, parse, symbols_of
from simgate.harness.packs.expressions.syntax import ExpressionError

if TYPE_CHECKING:
    from simgate.harness.packs.model import Pack, Scenario
    from simgate.harness.packs.values import ValueSpec
    from simgate.sim_adapters.worlds.world import World


def require_sound(pack: Pack, scenario: Scenario, world: World) -> None:
    """Holds parameters, conditions and expressions against the world, as the linter does.

    Raises:
        ExpansionError: One of them means nothing.
    """
    symbols = symbols_of(world)
    hint = "mend the pack; where it comes from a run's manifest, restore the file as it was"
    unknown = next((name for name in scenario.parameters if name not in symbols), None)
    if unknown is not None:
        raise ExpansionError(pack, scenario, f"world '{world.name}' has no parameter '{unknown}'", hint)
    asked: list[tuple[str, Kind]] = [(text, "bool") for text in scenario.where]
    for name, spec in scenario.parameters.items():
        asked += _expressions(spec, symbols[name].kind)
    for text, wanted in asked:
        try:
            found = parse(text).problems(symbols, wanted)
        except ExpressionError as error:
            found = [error]
        if found:
            raise ExpansionError(pack, scenario, f"'{text}' means nothing: {found[0].message}", hint)


def _expressions(spec: ValueSpec, kind: Kind) -> Iterator[tuple[str, Kind]]:
    if spec.kind == "expr":
        yield spec.expression, kind
    for case in spec.cases:
        if case.condition is not None:
            yield case.condition, "bool"
        yield from _expressions(case.value, kind)
