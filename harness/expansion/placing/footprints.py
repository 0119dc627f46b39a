"""Sizes of placed objects: the pack's choice in an attempt, else the world's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simgate.harness.expansion.distributions import draw
from simgate.harness.expansion.placing.slots import Floats, Groups, Integers, Slots
from simgate.harness.expansion.sequences.streams import Stream, Streams
from simgate.harness.packs.values import ValueSpec


@dataclass(frozen=True, slots=True)
class Footprints:
    """Footprints of m objects.

    Attributes:
        half: Half extents along the object's own X and Y; 0 for round ones, (m, 2), metres.
        radius: Radius of round ones, 0 for boxes, (m,), metres.
        size: Sides, or twice the diameter, (m, 2), metres; nan where the world decides.
    """

    half: Floats
    radius: Floats
    size: Floats

    @property
    def reach(self) -> Floats:
        """Radius of the circle around each, (m,), metres."""
        circle: Floats = np.hypot(self.half[:, 0], self.half[:, 1]) + self.radius
        return circle


class Sizes:
    """Draws footprints.

    Args:
        groups: Name and specification, sorted by name.
        streams: Random streams of the scenario.
    """

    def __init__(self, groups: Groups, streams: Streams) -> None:
        self._chosen: list[list[tuple[ValueSpec, Stream, slice]]] = []
        for name, spec in groups:
            sides = (("length_m", spec.length, slice(0, 1)), ("width_m", spec.width, slice(1, 2)))
            parts = (*sides, ("diameter_m", spec.diameter, slice(0, 2)))
            self._chosen.append(
                [
                    (size, streams[f"@place:{name}:{key}"], axes)
                    for key, size, axes in parts
                    if size is not None
                ]
            )

    def draw(
        self, slots: Slots, slot: int, rows: Integers, index: Integers, attempts: Integers
    ) -> Footprints:
        """Footprints of one slot's objects in some attempts.

        Args:
            slots: All slots.
            slot: The one.
            rows: Which variants, shape (m,).
            index: Their indices, shape (m,).
            attempts: Attempt of each, shape (m,).
        """
        kind = slots.kind[rows, slot]
        half, is_round = slots.extents[kind], slots.is_round[kind]
        size = np.full(half.shape, np.nan)
        chosen = self._chosen[slots.group[slot]]
        if chosen:
            half = half.copy()
            for spec, stream, axes in chosen:
                uniform = stream.uniform(index, attempts, slots.number[slot])
                half[:, axes] = 0.5 * draw(spec, uniform).astype(np.float64)[:, None]
            # One side alone may be chosen: the other is the world's, and the object says both.
            size = 2.0 * half
        if not is_round.any():
            return Footprints(half, np.zeros(len(rows)), size)
        radius = np.where(is_round, half[:, 0], 0.0)
        return Footprints(np.where(is_round[:, None], 0.0, half), radius, size)
