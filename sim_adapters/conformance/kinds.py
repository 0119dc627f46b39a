"""What must hold of the readings of a channel, by its kind, and of channels that tell of the same thing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.embodiment import IMAGES, Channel
from simgate.sim_adapters.observation import Observation

_UNIT_LENGTH = 1e-6
_SAME_M = 1e-6
"""By so much a point may be nearer or farther than its range says, metres."""
_MISFIT = 0.8
"""Share of the speeds by which they may miss what the positions say: within a period they change, but neither
their sign nor their unit does."""
_SLOW = 0.02
"""Metres or radians a second; what comes to rest more slowly jolts within a period."""
Rows = NDArray[Any]


def _segments(channel: Channel, rows: Rows) -> str:
    return "" if len(np.unique(rows)) > 1 else "every pixel shows the same thing"


def _picture(channel: Channel, rows: Rows) -> str:
    return "" if float(rows.std()) > 0.0 else "every pixel has one colour"


def _depth(channel: Channel, rows: Rows) -> str:
    return "" if bool((rows > 0.0).all()) and len(np.unique(rows)) > 1 else "no distances"


def _pose(channel: Channel, rows: Rows) -> str:
    turned = [channel.entries.index(name) for name in ("qw", "qx", "qy", "qz") if name in channel.entries]
    if len(turned) < 4:
        return ""
    off = np.abs(np.linalg.norm(rows[..., turned], axis=-1) - 1.0).max()
    return "" if off < _UNIT_LENGTH else f"its quaternion is {off:g} from a turn"


def _points(channel: Channel, rows: Rows) -> str:
    missing = ~np.isfinite(rows)
    return "" if (missing.all(axis=-1) == missing.any(axis=-1)).all() else "half a point is missing"


def _finite(channel: Channel, rows: Rows) -> str:
    return "" if bool(np.isfinite(rows).all()) else "a reading is not finite"


PROFILES: dict[str, Callable[[Channel, Rows], str]] = {
    "rgb": _picture,
    "depth": _depth,
    "semantic": _segments,
    "instance": _segments,
    "points": _points,
    "pose": _pose,
    **dict.fromkeys(("joints", "twist", "imu", "wrench", "touch"), _finite),
}
"""Kind -> what must hold of N worlds beside declared shape, type and range; "" when it does."""


def problems_of(channel: Channel, rows: Rows, worlds: int) -> str:
    """What is wrong with the readings of a channel; empty when nothing is.

    Args:
        channel: As declared.
        rows: Readings, shape (N, ...).
        worlds: N.
    """
    if rows.shape != (worlds, *channel.shape) or rows.dtype != np.dtype(channel.dtype):
        return f"{rows.dtype} of shape {rows.shape} where {channel.dtype} of {channel.shape} is declared"
    if channel.dtype.startswith("float") and bool(np.isnan(rows).any()):
        return "a reading is not a number"
    if bool((rows < channel.low).any() or (rows > channel.high).any()):
        return f"a reading lies outside {channel.low:g} to {channel.high:g}"
    check = PROFILES.get(channel.kind)
    return check(channel, rows) if check is not None else ""


def contradictions(channels: Sequence[Channel], sensed: Observation) -> Iterator[str]:
    """Where channels of one sensor tell different things at one moment.

    Ranges and points of one scanner have the same lengths; pictures of one camera are of one moment, and
    what is nowhere in one of its segmentations is nowhere in the other.
    """
    for first in channels:
        for second in channels:
            if first.frame != second.frame or first.name == second.name:
                continue
            rows, others = sensed.channels[first.name], sensed.channels[second.name]
            pair = f"{first.name} and {second.name}"
            if (first.kind, second.kind) == ("ranges", "points") and first.shape[:1] == second.shape[:1]:
                hit, there = np.isfinite(rows), np.isfinite(others).all(axis=-1)
                if (hit != there).any():
                    yield f"{pair}: a beam has hit something in one of them only"
                elif np.abs(np.linalg.norm(others[there], axis=-1) - rows[hit]).max(initial=0.0) > _SAME_M:
                    yield f"{pair}: a point is not as far as its range"
            are_pictures = {first.kind, second.kind} <= IMAGES and first.rate_hz == second.rate_hz
            if are_pictures and sensed.stamps[first.name] != sensed.stamps[second.name]:
                yield f"{pair}: one camera, two moments"
            if (first.kind, second.kind) == ("semantic", "instance") and ((rows > 0) & (others == 0)).any():
                yield f"{pair}: a class where no body is"


def rates_of_change(channels: Sequence[Channel]) -> list[tuple[Channel, Channel, list[int], list[int]]]:
    """Channels of which the second is the first one's rate of change, and their columns."""
    found = []
    for first in channels:
        for second in channels:
            if first.frame != second.frame or not (first.entries and second.entries):
                continue
            if first.kind == second.kind == "joints" and first.entries == second.entries:
                if second.unit.split(", ") == [f"{unit}/s" for unit in first.unit.split(", ")]:
                    every = list(range(len(first.entries)))
                    found.append((first, second, every, every))
            elif (first.kind, second.kind) == ("pose", "twist") and first.frame == "world":
                axes = [axis for axis in "xyz" if axis in first.entries and f"v{axis}" in second.entries]
                if axes and first.name.rpartition(".")[0] == second.name.rpartition(".")[0]:
                    at = [first.entries.index(axis) for axis in axes]
                    found.append((first, second, at, [second.entries.index(f"v{axis}") for axis in axes]))
    return found


def misfit(times_s: Sequence[float], positions: Rows, velocities: Rows) -> str:
    """Why velocities cannot be those of positions; empty when they can.

    Args:
        times_s: Of T readings.
        positions: Shape (T, E).
        velocities: Shape (T, E).
    """
    spans = np.diff(np.array(times_s))[:, None]
    moved, said = np.diff(positions, axis=0) / spans, 0.5 * (velocities[1:] + velocities[:-1])
    size, told, off = (float(np.sqrt(np.mean(part**2))) for part in (moved, said, moved - said))
    if off <= _MISFIT * max(size, told) or max(size, told) < _SLOW:
        return ""
    return f"positions change by {size:.3g} a second where velocities say {told:.3g}"
