"""Values of pinned variants: exact, computed where the pack computes, never drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simgate.harness.expansion.evaluate import Columns
from simgate.harness.expansion.sampling import Sampler
from simgate.harness.expansion.streams import Streams
from simgate.harness.packs.model import Pack, PinnedVariant, Scalar, Scenario, VariantsSpec
from simgate.harness.packs.values import Case, ValueSpec

if TYPE_CHECKING:
    from simgate.sim_adapters.worlds.world import World


class PinnedValues:
    """Parameters of a pinned variant: its own, then the scenario's constants, then the world's defaults.

    An ``expr`` or ``when`` that the pin leaves out is computed from these; a branch that would be drawn gives
    the world's default.

    Args:
        pack: For messages.
        scenario: The pin's.
        world: Gives defaults and types.
        pin: The exact values.
    """

    def __init__(self, pack: Pack, scenario: Scenario, world: World, pin: PinnedVariant) -> None:
        parameters = {}
        for name, parameter in world.parameters.items():
            spec = scenario.parameters.get(name)
            if name in pin.parameters:
                parameters[name] = _constant(pin.parameters[name])
            elif spec is not None:
                parameters[name] = _undrawn(spec, parameter.default)
        plain = scenario.model_copy(
            update={"parameters": parameters, "where": (), "variants": VariantsSpec(count=1)}
        )
        self._sampler = Sampler(pack, plain, world, Streams("", "", 0))

    def columns(self, index: NDArray[np.int64]) -> Columns:
        """Every parameter of the world, by name in order, each (n,)."""
        return self._sampler.columns(index)


def _constant(value: Scalar) -> ValueSpec:
    return ValueSpec(kind="constant", choices=(value,))


def _undrawn(spec: ValueSpec, default: Scalar) -> ValueSpec:
    """The specification without chance."""
    if spec.kind in ("constant", "expr"):
        return spec
    if spec.kind == "when":
        cases = tuple(Case(condition=c.condition, value=_undrawn(c.value, default)) for c in spec.cases)
        return spec.model_copy(update={"cases": cases})
    return _constant(default)
