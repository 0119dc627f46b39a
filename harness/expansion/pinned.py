"""Pinned variants: exact values, computed where the pack computes, and objects where the pin has them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simgate.harness.expansion.errors import ExpansionError
from simgate.harness.expansion.evaluate import Columns
from simgate.harness.expansion.placing.placement import Objects
from simgate.harness.expansion.sampling import Sampler
from simgate.harness.expansion.sequences.streams import Streams
from simgate.harness.expansion.variant import Variant
from simgate.harness.packs.model import Pack, PinnedObject, PinnedVariant, Scalar, Scenario
from simgate.harness.packs.values import ValueSpec
from simgate.harness.packs.variants import VariantsSpec

if TYPE_CHECKING:
    from simgate.sim_adapters.worlds.world import World


class PinnedValues:
    """Parameters of a pinned variant: its own, then the scenario's constants, then the world's defaults.

    An ``expr`` or ``when`` that the pin leaves out is computed from these.

    Args:
        pack: For messages.
        scenario: The pin's.
        world: Gives defaults and types.
        pin: The exact values.

    Raises:
        ExpansionError: The pin leaves out what the scenario draws.
    """

    def __init__(self, pack: Pack, scenario: Scenario, world: World, pin: PinnedVariant) -> None:
        missing = pin.left_out(scenario.parameters, bool(scenario.place))
        if missing:
            message = (
                f"the pinned variant '{pin.id}' leaves out {', '.join(missing)}, which the scenario draws"
            )
            raise ExpansionError(pack, scenario, message, "pin the variant again: simgate pin RUN VARIANT")
        exact = {name: _constant(value) for name, value in pin.parameters.items()}
        parameters = {**scenario.parameters, **exact}
        plain = scenario.model_copy(
            update={"parameters": parameters, "where": (), "variants": VariantsSpec(count=1)}
        )
        self._sampler = Sampler(pack, plain, world, Streams("", "", 0))

    def columns(self, index: NDArray[np.int64]) -> Columns:
        """Every parameter of the world, by name in order, each (n,)."""
        return self._sampler.columns(index)


def _constant(value: Scalar) -> ValueSpec:
    return ValueSpec(kind="constant", choices=(value,))


def pinned_objects(placed: Sequence[PinnedObject]) -> list[Objects]:
    """The objects of one pinned variant, in its order; empty when there are none."""
    if not placed:
        return []
    kinds = tuple(dict.fromkeys(item.kind for item in placed))
    return [
        Objects(
            group=tuple(item.group for item in placed),
            active=np.ones((1, len(placed)), dtype=np.bool_),
            kind=np.array([[kinds.index(item.kind) for item in placed]], dtype=np.int64),
            kinds=kinds,
            pose=np.array([[(item.x_m, item.y_m, item.yaw_rad) for item in placed]]),
            size=np.array([[(_or_nan(item.length_m), _or_nan(item.width_m)) for item in placed]]),
        )
    ]


def pin_of(variant: Variant, pin_id: str) -> PinnedVariant:
    """The pin that is this variant: all its values, its objects in order, and its seed."""
    return PinnedVariant(
        id=pin_id,
        parameters=variant.parameters,
        placed=tuple(
            PinnedObject(
                group=item.group,
                kind=item.kind,
                x_m=item.x,
                y_m=item.y,
                yaw_rad=item.yaw,
                length_m=item.length_m,
                width_m=item.width_m,
            )
            for item in variant.placed
        ),
        seed=variant.seed,
    )


def _or_nan(size: float | None) -> float:
    return math.nan if size is None else size
