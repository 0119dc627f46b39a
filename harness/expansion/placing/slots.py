"""What stands in the places for objects of a scenario's variants: kinds, regions, places kept clear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simgate.harness.expansion.distributions import draw
from simgate.harness.expansion.sequences.points import uniform_points
from simgate.harness.expansion.sequences.streams import Streams
from simgate.harness.packs.model import Scalar
from simgate.harness.packs.placing import PlaceSpec
from simgate.harness.packs.variants import VariantsSpec
from simgate.sim_adapters.worlds.world import ROUND_KINDS

if TYPE_CHECKING:
    from simgate.sim_adapters.worlds.world import World

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Groups = Sequence[tuple[str, PlaceSpec]]


@dataclass(frozen=True, slots=True)
class Slots:
    """Places for objects: n variants, s slots, g groups, d discs.

    Attributes:
        group: Index of each slot's group, (s,).
        number: Number of each slot in its group, (s,).
        active: Which slots hold an object, (n, s).
        kind: Index of each object's kind in ``kinds``, (n, s).
        kinds: Names of kinds.
        extents: The world's half extents of each kind, (kinds, 2), metres.
        is_round: Which kinds are discs, (kinds,).
        region: x_min, y_min, x_max, y_max, (n, g, 4), metres.
        discs: x, y, radius, (n, g, d, 3), metres; a negative radius is no disc.
        clearance: Free space that each object asks for, (s,), metres.
    """

    group: Integers
    number: Integers
    active: Flags
    kind: Integers
    kinds: tuple[str, ...]
    extents: Floats
    is_round: Flags
    region: Floats
    discs: Floats
    clearance: Floats


def fill_slots(
    groups: Groups,
    world: World,
    variants: VariantsSpec,
    streams: Streams,
    index: Integers,
    parameters: Sequence[Mapping[str, Scalar]],
) -> Slots:
    """Everything about the objects of some variants but their sizes and poses.

    Args:
        groups: Name and specification, sorted by name.
        world: Gives regions, discs and footprints.
        variants: Gives the method for the number of objects.
        streams: Random streams of the scenario.
        index: Variant indices, shape (n,).
        parameters: Parameters of each variant.
    """
    first = np.zeros(index.shape, dtype=np.int64)
    counts, group, number = [], [], []
    for g, (name, spec) in enumerate(groups):
        uniform = uniform_points(variants, streams[f"@place:{name}:count"], index, first)
        counts.append(draw(spec.count, uniform).astype(np.int64))
        most = int(counts[-1].max(initial=0))
        group += [g] * most
        number += list(range(most))
    n, s = len(index), len(group)
    active = [counts[g] > i for g, i in zip(group, number, strict=True)]
    region, discs = _places(groups, world, parameters)
    slots = Slots(
        group=np.array(group, dtype=np.int64),
        number=np.array(number, dtype=np.int64),
        active=np.array(active, dtype=np.bool_).reshape(s, n).T,
        kind=np.zeros((n, s), dtype=np.int64),
        kinds=tuple(world.object_kinds),
        extents=np.array(list(world.object_kinds.values()), dtype=np.float64).reshape(-1, 2),
        is_round=np.array([kind in ROUND_KINDS.of(world) for kind in world.object_kinds], dtype=np.bool_),
        region=region,
        discs=discs,
        clearance=np.array([groups[g][1].clearance_m for g in group], dtype=np.float64),
    )
    for g, (name, spec) in enumerate(groups):
        _fill(slots, np.flatnonzero(slots.group == g), name, spec, streams, index)
    return slots


def _fill(
    slots: Slots, of_group: Integers, name: str, spec: PlaceSpec, streams: Streams, index: Integers
) -> None:
    """Kinds of one group's slots: the kind whose clock rings first, and the heavier the kind, the faster.

    An exponential race with a stream for every kind (Efraimidis and Spirakis 2006): in law a weighted choice,
    but the order of the kinds means nothing, and a further kind takes objects over without swapping others.
    """
    lanes = (index[:, None], 0, slots.number[of_group][None, :])
    weights: dict[str, float] = {}
    for kind, weight in zip(spec.kinds.choices, spec.kinds.weights or (1.0,), strict=True):
        weights[str(kind)] = weights.get(str(kind), 0.0) + weight
    names = sorted(weights)
    slots.kind[:, of_group] = slots.kinds.index(names[0])
    if len(names) == 1:
        return
    rings = [-np.log(streams[f"@place:{name}:kind:{kind}"].uniform(*lanes)) / weights[kind] for kind in names]
    codes = np.array([slots.kinds.index(kind) for kind in names], dtype=np.int64)
    slots.kind[:, of_group] = codes[np.argmin(rings, axis=0)]


def _places(
    groups: Groups, world: World, parameters: Sequence[Mapping[str, Scalar]]
) -> tuple[Floats, Floats]:
    """Region and discs of every variant and group; each place of a variant is asked for once."""
    most = max(len(spec.keep_clear) for _, spec in groups)
    region = np.zeros((len(parameters), len(groups), 4))
    discs = np.full((len(parameters), len(groups), most, 3), -1.0)
    for name in dict.fromkeys(spec.region for _, spec in groups):
        areas = [world.region(name, values) for values in parameters]
        found = np.array([(a.x_min, a.y_min, a.x_max, a.y_max) for a in areas]).reshape(-1, 4)
        for g, (_, spec) in enumerate(groups):
            if spec.region == name:
                region[:, g] = found
    for name in dict.fromkeys(place for _, spec in groups for place in spec.keep_clear):
        kept = [world.keep_clear(name, values) for values in parameters]
        found = np.array([(disc.x, disc.y, disc.radius) for disc in kept]).reshape(-1, 3)
        for g, (_, spec) in enumerate(groups):
            for i, place in enumerate(spec.keep_clear):
                if place == name:
                    discs[:, g, i] = found
    return region, discs
