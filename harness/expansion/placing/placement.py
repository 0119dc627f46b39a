"""Puts objects on the floor at random, without overlap.

The law is that of joint rejection: all objects independent of each other, with sizes and turns by
their laws and uniform over where each may stand alone (inside its region, clear of the discs), and
sizes, turns and places drawn anew together until no two objects are too close. An object's own limits
are met by redrawing its pose alone, which leaves that law as it is. Numbers and kinds of objects are
not redrawn.

Objects of an attempt are drawn one after the other, and an attempt is given up at the first
overlap: poses are functions of (variant, attempt, object), so nothing depends on that order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simgate.harness.expansion.distributions import draw
from simgate.harness.expansion.errors import ExpansionError
from simgate.harness.expansion.placing.boxes import Boxes, apart
from simgate.harness.expansion.placing.footprints import Footprints, Sizes
from simgate.harness.expansion.placing.slots import Flags, Floats, Integers, Slots, fill_slots
from simgate.harness.expansion.rejection import ExhaustedError, first_accepted
from simgate.harness.expansion.sequences.philox import philox
from simgate.harness.expansion.sequences.streams import Streams, word_to_unit
from simgate.harness.expansion.variant import Placed
from simgate.harness.packs.model import Pack, Scalar, Scenario

if TYPE_CHECKING:
    from simgate.sim_adapters.worlds.world import World

_JOINT_ATTEMPTS = 50_000
"""Draws of all objects of a variant."""
_SINGLE_TRIES = 2_000
"""Draws of one object until it stands in its region and clear of the discs."""
_MOST_DRAWS = 200_000_000
"""Draws of objects that all variants of a scenario together may take; about two minutes."""
_BLOCK = 4_096
"""Variants that are placed together."""


@dataclass(frozen=True, slots=True)
class Objects:
    """Objects of n variants in s slots.

    Attributes:
        group: Name of each slot's group, (s,).
        active: Which slots hold an object, (n, s).
        kind: Index of each object's kind in ``kinds``, (n, s).
        kinds: Names of kinds.
        pose: x, y, yaw, (n, s, 3), metres and radians.
        size: Sides, (n, s, 2), metres; nan where the world decides.
    """

    group: tuple[str, ...]
    active: Flags
    kind: Integers
    kinds: tuple[str, ...]
    pose: Floats
    size: Floats

    def rows(self) -> list[tuple[Placed, ...]]:
        """The objects of each variant."""
        slots = [np.flatnonzero(active).tolist() for active in self.active]
        return [tuple(self._one(row, slot) for slot in own) for row, own in enumerate(slots)]

    def _one(self, row: int, slot: int) -> Placed:
        x, y, yaw = self.pose[row, slot].tolist()
        length, width = self.size[row, slot].tolist()
        is_chosen = not math.isnan(length)
        return Placed(
            group=self.group[slot],
            kind=self.kinds[self.kind[row, slot]],
            x=x,
            y=y,
            yaw=yaw,
            length_m=length if is_chosen else None,
            width_m=width if is_chosen else None,
        )


class Placement:
    """Objects of a scenario's variants as functions of the variant index.

    Args:
        pack: For messages.
        scenario: What to place.
        world: Gives regions, discs and footprints.
        streams: Random streams of the scenario.
    """

    def __init__(self, pack: Pack, scenario: Scenario, world: World, streams: Streams) -> None:
        self._pack, self._scenario, self._world = pack, scenario, world
        self._groups = sorted(scenario.place.items())
        self._streams = streams
        self._sizes = Sizes(self._groups, streams)
        self._keys = [streams[f"@place:{name}:pose"].key for name, _ in self._groups]

    def place(self, index: Integers, parameters: Sequence[Mapping[str, Scalar]]) -> list[Objects]:
        """Objects of these variants, in blocks; empty when the scenario places none.

        Args:
            index: Variant indices, shape (n,).
            parameters: Parameters of each variant.

        Raises:
            ExpansionError: The objects of a variant do not fit.
        """
        if not self._groups:
            return []
        starts = range(0, len(index), _BLOCK)
        return [self._block(index[i : i + _BLOCK], parameters[i : i + _BLOCK]) for i in starts]

    def _block(self, index: Integers, parameters: Sequence[Mapping[str, Scalar]]) -> Objects:
        variants = self._scenario.variants
        slots = fill_slots(self._groups, self._world, variants, self._streams, index, parameters)
        pose = np.zeros((len(index), len(slots.group), 3))
        size = np.full((len(index), len(slots.group), 2), np.nan)
        arrangement = _Arrangement(slots, index, self)
        tried = 0

        def accepts(rows: Integers, attempts: Integers) -> Flags:
            nonlocal tried
            tried += len(rows)
            return arrangement.draw(rows, attempts)

        def keep(rows: Integers, at: Integers) -> None:
            pose[rows], size[rows] = arrangement.pose[at], arrangement.size[at]

        def judge() -> None:
            share = max(1, len(index)) / tried
            if variants.drawn * slots.active.sum(axis=1).mean() / share > _MOST_DRAWS:
                raise self._too_crowded(
                    slots, None, f"only one arrangement in {1 / share:,.0f} is free of overlap"
                )

        try:
            first_accepted(len(index), accepts, _JOINT_ATTEMPTS, keep, judge)
        except ExhaustedError as error:
            what = f"no arrangement without overlap in {_JOINT_ATTEMPTS:,} draws"
            raise self._too_crowded(slots, error.row, what) from None
        names = tuple(self._groups[g][0] for g in slots.group)
        return Objects(names, slots.active, slots.kind, slots.kinds, pose, size)

    def stand(
        self, slots: Slots, slot: int, rows: Integers, index: Integers, attempts: Integers
    ) -> tuple[Footprints, Floats]:
        """One slot's objects in some attempts: inside their region and clear of their discs.

        Args:
            slots: All slots.
            slot: The one.
            rows: Which variants, shape (m,).
            index: Their indices, shape (m,).
            attempts: Attempt of each, shape (m,).

        Returns:
            Footprints, and x, y, yaw, shape (3, m).

        Raises:
            ExpansionError: An object finds no place.
        """
        group = int(slots.group[slot])
        yaws = self._groups[group][1].yaw
        footprints = self._sizes.draw(slots, slot, rows, index, attempts)
        pose = np.zeros((3, len(rows)))
        at = np.arange(len(rows))
        for turn in range(_SINGLE_TRIES):
            counter = (index[at], attempts[at], slots.number[slot], turn)
            words = philox(counter, self._keys[group])
            u_x, u_y, u_yaw = (word_to_unit(word) for word in words[:3])
            yaw = (2.0 * u_yaw - 1.0) * np.pi if yaws is None else np.radians(draw(yaws, u_yaw).astype(float))
            own = footprints.half[at], footprints.radius[at]
            new_x, new_y, good = _stand(slots, group, rows[at], *own, u_x, u_y, yaw)
            done = at[good]
            pose[:, done] = new_x[good], new_y[good], yaw[good]
            at = at[~good]
            if not at.size:
                break
        else:
            raise self._no_room(slots, int(rows[at[0]]), slot)
        return footprints, pose

    def _no_room(self, slots: Slots, row: int, slot: int) -> ExpansionError:
        group = slots.group[slot]
        name, spec = self._groups[group]
        clear = f" clear of {', '.join(spec.keep_clear)}" if spec.keep_clear else ""
        x_min, y_min, x_max, y_max = slots.region[row, group]
        message = (
            f"place group '{name}': no room for a '{slots.kinds[slots.kind[row, slot]]}' in region "
            f"'{spec.region}' ({x_max - x_min:.2f} m x {y_max - y_min:.2f} m){clear}"
        )
        hint = "enlarge the region by its parameters, use smaller kinds, or keep fewer places clear"
        return ExpansionError(self._pack, self._scenario, message, hint)

    def _too_crowded(self, slots: Slots, row: int | None, what: str) -> ExpansionError:
        groups = []
        active = slots.active if row is None else slots.active[[row]]
        for g, (name, spec) in enumerate(self._groups):
            most = int(active[:, slots.group == g].sum(axis=1).max(initial=0))
            groups.append(f"'{name}' ({most} objects, clearance {spec.clearance_m:g} m)")
        message = f"place group {' and '.join(groups)}: {what}"
        hint = "lower count or clearance_m, or enlarge the region by its parameters"
        return ExpansionError(self._pack, self._scenario, message, hint)


class _Arrangement:
    """Draws whole arrangements and says which are free of overlap.

    Attributes:
        pose: x, y, yaw of the last draw, (m, s, 3); of rejected arrangements only a part.
        size: Sides, (m, s, 2); nan where the world decides.
    """

    def __init__(self, slots: Slots, index: Integers, placement: Placement) -> None:
        self._slots, self._index, self._placement = slots, index, placement
        self.pose: Floats = np.zeros((0, len(slots.group), 3))
        self.size: Floats = np.zeros((0, len(slots.group), 2))

    def draw(self, rows: Integers, attempts: Integers) -> Flags:
        """Which of these attempts have every two objects at least their clearance apart."""
        slots = self._slots
        count = len(slots.group)
        self.pose = np.zeros((len(rows), count, 3))
        self.size = np.full((len(rows), count, 2), np.nan)
        boxes = Boxes(*(np.zeros((count, len(rows))) for _ in range(6)))
        radius, reach = np.zeros((2, count, len(rows)))
        alive = np.arange(len(rows))
        for slot in range(count):
            at = alive[slots.active[rows[alive], slot]]
            if not at.size:
                continue
            row = rows[at]
            found, pose = self._placement.stand(slots, slot, row, self._index[row], attempts[at])
            self.pose[at, slot], self.size[at, slot] = pose.T, found.size
            radius[slot, at], reach[slot, at] = found.radius, found.reach
            shape = Boxes.turned(pose[0], pose[1], pose[2], found.half[:, 0], found.half[:, 1])
            for name in Boxes.__slots__:
                getattr(boxes, name)[slot, at] = getattr(shape, name)
            bad = self._too_close(slot, rows, at, boxes, radius, reach)
            if bad.size:
                free = np.zeros(len(rows), dtype=np.bool_)
                free[alive] = True
                free[bad] = False
                alive = np.flatnonzero(free)
        good = np.zeros(len(rows), dtype=np.bool_)
        good[alive] = True
        return good

    def _too_close(
        self, slot: int, rows: Integers, at: Integers, boxes: Boxes, radius: Floats, reach: Floats
    ) -> Integers:
        """Those of the arrangements ``at`` in which the slot's object is too close to one before it."""
        slots = self._slots
        if slot == 0:
            return np.zeros(0, dtype=np.int64)
        row = rows[at]
        gap = np.maximum(slots.clearance[:slot], slots.clearance[slot])
        dx, dy = boxes.x[:slot, at] - boxes.x[slot, at], boxes.y[:slot, at] - boxes.y[slot, at]
        limit = reach[:slot, at] + reach[slot, at] + gap[:, None]
        near = (dx * dx + dy * dy <= limit * limit) & slots.active[row, :slot].T
        other, place = np.nonzero(near)
        if not place.size:
            return np.zeros(0, dtype=np.int64)
        where = at[place]
        radii = radius[other, where] + radius[slot, where]
        free = apart(boxes[slot, where], boxes[other, where], radii, gap[other])
        return np.unique(where[~free])


def _stand(
    slots: Slots,
    group: int,
    row: Integers,
    half: Floats,
    radius: Floats,
    u_x: Floats,
    u_y: Floats,
    yaw: Floats,
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Positions of single objects inside their regions, and which are clear of their discs."""
    region = slots.region[row, group]
    turned = Boxes.turned(u_x, u_y, yaw, half[:, 0], half[:, 1])
    x_extent, y_extent = (extent + radius for extent in turned.extents())
    width = region[:, 2] - region[:, 0] - 2.0 * x_extent
    depth = region[:, 3] - region[:, 1] - 2.0 * y_extent
    x = region[:, 0] + x_extent + u_x * width
    y = region[:, 1] + y_extent + u_y * depth
    good = (width >= 0.0) & (depth >= 0.0)
    boxes = Boxes(x, y, turned.half_x, turned.half_y, turned.cos, turned.sin)
    for disc in np.moveaxis(slots.discs[row, group], 1, 0):
        good &= boxes.distance_to(disc[:, 0], disc[:, 1]) > disc[:, 2] + np.where(disc[:, 2] < 0, 0.0, radius)
    return x, y, good
