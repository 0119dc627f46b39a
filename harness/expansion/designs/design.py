"""Designs over discrete parameters: full grids and covering arrays, conditions respected.

A design is a function of the discrete parameters, their values and the conditions that speak of them. Adding
a parameter that is drawn changes no row of it; adding a discrete one makes another design.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simgate.harness.expansion.designs.constraints import MAX_ROWS, Constraints, ImpossibleDesign
from simgate.harness.expansion.designs.covering import Group, TooManyCombinations, covering_array
from simgate.harness.expansion.errors import ExpansionError
from simgate.harness.expansion.evaluate import DTYPES, Columns, typed
from simgate.harness.expansion.rules import Rules
from simgate.harness.packs.expressions.conditions import parse
from simgate.harness.packs.model import Pack, Scalar, Scenario
from simgate.harness.packs.native_field import read_spec
from simgate.harness.packs.values import ValueSpec
from simgate.harness.packs.worlds import find_world

if TYPE_CHECKING:
    from simgate.sim_adapters.worlds.world import World

Integers = NDArray[np.int64]

MAX_LEVELS = 50
"""Values of ``integers`` up to which it counts as discrete; a wider range is drawn."""
_COVERS = {"pairwise", "twise"}
_DISCRETE = {"choice", "bool", "integers", "grid"}


@dataclass(frozen=True, slots=True)
class Design:
    """Rows of values that a scenario's variants go through.

    Attributes:
        columns: Parameter -> its value in each row, in the parameter's type.
        rows: Number of rows; variant k takes row k.
        repeats: Whether the rows begin again after the last one; otherwise later variants are drawn.
    """

    columns: Mapping[str, NDArray[Any]]
    rows: int
    repeats: bool

    def values(self, index: Integers) -> tuple[NDArray[np.bool_], Columns]:
        """Which variants the design decides, and its values for them (any value for the others)."""
        decided = np.ones(index.shape, dtype=np.bool_) if self.repeats else index < self.rows
        row = index % self.rows
        return decided, {name: column[row] for name, column in self.columns.items()}


def design_of(pack: Pack, scenario: Scenario, world: World) -> Design | None:
    """The design of a scenario; None when its method has none and nothing is swept.

    Raises:
        ExpansionError: Nothing to combine, no combination meets the conditions, too many of them, or more
            rows than variants.
    """
    method = scenario.variants.method
    names = sorted(name for name, spec in scenario.parameters.items() if _is_designed(method, spec))
    if not names:
        if method not in _COVERS | {"grid"}:
            return None
        message = f"method {method} combines discrete parameters, and there are none"
        hint = "give some of them a choice, bool, integers or grid, or use method sobol"
        raise ExpansionError(pack, scenario, message, hint)
    relevant = _relevant(scenario, names)
    key = {
        "scenario": scenario.model_dump(mode="json", include={"world", "native"}),
        "folder": str(Path(pack.path).parent),
        "kinds": {name: (spec.kind, spec.default) for name, spec in sorted(world.parameters.items())},
        "parameters": {name: spec.model_dump() for name, spec in relevant.items()},
        "names": names,
        "where": scenario.where,
        "method": method if method in _COVERS else "grid",
        "strength": scenario.variants.strength,
    }
    try:
        design = _design(json.dumps(key, sort_keys=True))
    except ImpossibleDesign as error:
        raise ExpansionError(pack, scenario, error.message, error.hint) from None
    if design.rows > scenario.variants.drawn:
        raise ExpansionError(pack, scenario, *_too_few(scenario, design, names))
    return design


def _too_few(scenario: Scenario, design: Design, names: Sequence[str]) -> tuple[str, str]:
    count, strength = scenario.variants.drawn, min(scenario.variants.strength, len(names))
    what = f"the grid of {', '.join(names)} has {design.rows:,} combinations"
    if not design.repeats:
        parameters = "two" if strength == 2 else str(strength)
        what = f"every combination of {parameters} parameters' values needs {design.rows:,} variants"
    return f"{what}, but count is {count:,}", f"write count: {design.rows} or more"


def _is_designed(method: str, spec: ValueSpec) -> bool:
    if spec.kind == "grid":
        return True
    if method not in _COVERS | {"grid"} or spec.kind not in _DISCRETE:
        return False
    return spec.kind != "integers" or spec.numbers["high"] - spec.numbers["low"] < MAX_LEVELS


def _relevant(scenario: Scenario, names: Sequence[str]) -> dict[str, ValueSpec]:
    """The designed parameters, and all that conditions need."""
    used = {name for condition in scenario.where for name in parse(condition).names}
    needed = Rules(scenario.parameters).ordered({*names, *used})
    return {name: scenario.parameters[name] for name in needed if name in scenario.parameters}


@lru_cache(maxsize=64)
def _design(key: str) -> Design:
    """A design from everything that decides it; kept, because single variants ask for it again and again."""
    wanted = json.loads(key)
    native = wanted["scenario"].get("native")
    world = find_world(wanted["scenario"]["world"], read_spec(native), Path(wanted["folder"]))
    parameters = {name: ValueSpec.model_validate(spec) for name, spec in wanted["parameters"].items()}
    names: list[str] = wanted["names"]
    levels = [_levels(parameters[name], world, name) for name in names]
    groups = Constraints(parameters, names, wanted["where"], world).groups(levels)
    if wanted["method"] == "grid":
        rows = _crossed(groups, len(names))
    else:
        try:
            sizes = [len(level) for level in levels]
            rows = covering_array(sizes, groups, min(wanted["strength"], len(names)))
        except TooManyCombinations as error:
            message = f"{error.combinations:,} combinations of values would have to be covered"
            hint = "use fewer discrete parameters, fewer values or a smaller t"
            raise ImpossibleDesign(message, hint) from None
    columns = {name: level[rows[:, i]] for i, (name, level) in enumerate(zip(names, levels, strict=True))}
    return Design(columns, len(rows), wanted["method"] == "grid")


def _levels(spec: ValueSpec, world: World, name: str) -> NDArray[Any]:
    """Different values of a discrete parameter, in the order of the pack."""
    parameter = world.parameters[name]
    if spec.kind == "bool":
        probability = spec.numbers["probability"]
        values: list[Scalar] = [v for v, p in ((False, 1 - probability), (True, probability)) if p > 0]
    elif spec.kind == "integers":
        values = list(range(int(spec.numbers["low"]), int(spec.numbers["high"]) + 1))
    else:
        values = list(spec.choices)
    unique = dict.fromkeys(typed(parameter, value) for value in values)
    return np.array(list(unique), dtype=DTYPES[parameter.kind])


def _crossed(groups: Sequence[Group], parameters: int) -> Integers:
    """Every row of every group with every row of the others, the last parameter turning fastest."""
    count = math.prod(len(group.rows) for group in groups)
    if count > MAX_ROWS:
        message = f"the grid has {count:,} combinations, at most {MAX_ROWS:,} are possible"
        raise ImpossibleDesign(message, "use larger steps, fewer values, or method pairwise")
    rows = np.empty((count, parameters), dtype=np.int64)
    picks = np.indices([len(group.rows) for group in groups]).reshape(len(groups), -1)
    for group, pick in zip(groups, picks, strict=True):
        rows[:, list(group.parameters)] = group.rows[pick]
    order = np.lexsort(rows.T[::-1])
    return rows[order]
