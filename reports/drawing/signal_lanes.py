"""Lanes of a timeline for a task's signals, whatever they are, and for what the robot's sensors read."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from simgate.harness.text import number
from simgate.harness.trace import Reading, Signal, Trace
from simgate.reports.bounds import Bound
from simgate.reports.drawing import svg
from simgate.reports.wording import unit_of

SPAN, TALL = 1000.0, 100.0
"""Units of a lane's drawing; the page stretches them."""
BUCKETS = 150
"""A line of more rows keeps of each bucket its largest and its smallest value, so that no peak is lost."""
MOST_LINES = 16
"""Entries of a channel that have a line; as many joints as a robot with two arms has."""
MOST_OPEN = 9
"""Lanes that are open when the page opens; the others unfold."""
COMMAND = "command_"
"""A signal of this name with that of another behind it is drawn dashed in the other's lane."""
_MARGIN = 0.06
_STILL = 1e-4
"""A line whose values differ by less than this share of them is drawn nearly level."""
_FAR = 2.0
"""A bound that lies farther outside than so many times the values' range would flatten them."""

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of the timeline.

    Attributes:
        name: What it shows.
        legend: Words for its marks.
        drawing: Its SVG.
        scale: Text of its lower and upper end; empty for none.
        kind: ``series``, ``sight`` or ``mode``; sets the height.
        words: (percent from the left, text) written over the lane.
        bounds: What lines across it stand for.
        keys: (class, text) of its lines, where it has several.
    """

    name: str
    legend: str
    drawing: Markup
    scale: str = ""
    kind: str = "series"
    words: tuple[tuple[float, str], ...] = ()
    bounds: tuple[str, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class LaneGroup:
    """Lanes under one heading.

    Attributes:
        title: What they have in common.
        lanes: From top to bottom.
        is_open: Whether they show when the page opens.
    """

    title: str
    lanes: tuple[Lane, ...]
    is_open: bool


def signals_of(trace: Trace) -> tuple[Signal, ...]:
    """What the signals are; in older recordings, which do not say it, with the unit of their name."""
    return trace.declared or tuple(Signal(name, unit_of(name), "") for name in trace.signals)


def signal_groups(
    trace: Trace, end_s: float, bounds: Sequence[Bound], looked_at: Collection[str]
) -> list[LaneGroup]:
    """A lane for each signal: first those that the verdict rests on, then the others by their unit.

    Args:
        trace: Of one episode.
        end_s: Right end of the lanes.
        bounds: Lines across them.
        looked_at: Signals that criteria are computed from.
    """
    declared = signals_of(trace)
    names = {signal.name for signal in declared}
    second = {s.name: s for s in declared if s.name.startswith(COMMAND) and s.name[len(COMMAND) :] in names}
    own = [signal for signal in declared if signal.name not in second]
    silent = [signal for signal in own if not np.isfinite(trace.signals[signal.name]).any()]
    own = [signal for signal in own if signal not in silent]
    held = {bound.signal for bound in bounds} | set(looked_at)
    units = list(dict.fromkeys(signal.unit for signal in own))
    rest = sorted((s for s in own if s.name not in held), key=lambda s: units.index(s.unit))
    parts = {
        "signals that the verdict looks at": [s for s in own if s.name in held],
        "other signals" if len(rest) < len(own) else "signals": rest,
    }
    groups, shown = [], 0
    for title, signals in parts.items():
        lanes = tuple(_lane(trace, s, second.get(COMMAND + s.name), end_s, bounds) for s in signals)
        if lanes:
            groups.append(LaneGroup(title, lanes, shown == 0 or shown + len(lanes) <= MOST_OPEN))
            shown += len(lanes)
    if silent:
        lanes = tuple(Lane(s.name, "has no value in this episode", Markup(), kind="silent") for s in silent)
        groups.append(LaneGroup("signals without a value", lanes, False))
    return groups


def reading_group(trace: Trace, end_s: float) -> list[LaneGroup]:
    """A lane for each channel of numbers that the robot has read, a line for each of its entries."""
    lanes = tuple(_reading_lane(trace, reading, end_s) for reading in trace.readings)
    return [LaneGroup("what the sensors read", lanes, False)] if lanes else []


def drawing(parts: Sequence[Markup]) -> Markup:
    """The SVG of a lane."""
    return svg.element(
        "svg",
        Markup("").join(parts),
        viewBox=f"0 0 {SPAN:g} {TALL:g}",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def _lane(
    trace: Trace, signal: Signal, command: Signal | None, end_s: float, bounds: Sequence[Bound]
) -> Lane:
    columns = [trace.signals[signal.name]]
    legend = signal.meaning
    if command is not None:
        columns.append(trace.signals[command.name])
        legend = f"{legend}; dashed: {command.name}".removeprefix("; ")
    own = [bound for bound in bounds if bound.signal == signal.name]
    low, high = _range(columns)
    near = [
        b for b in own if low - _FAR * (high - low) <= b.value <= high + _FAR * (high - low) or low == high
    ]
    low, high = _range(columns, [bound.value for bound in near])
    scale = _Scale(low, high)
    lines = [
        _line(trace.times_s, c, end_s, scale, f"line{' second' if k else ''}") for k, c in enumerate(columns)
    ]
    lines += [svg.element("path", d=f"M0 {scale.y(b.value):.0f}H{SPAN:g}", class_="bound") for b in near]
    far = [f"beyond this scale: {b.text} ({b.value:g})" for b in own if b not in near]
    return Lane(
        signal.name,
        "; ".join(part for part in (legend, *far) if part),
        drawing(lines),
        scale.text(signal.unit),
        bounds=tuple(f"{number(b.value)}: {b.text}" for b in near),
    )


def _reading_lane(trace: Trace, reading: Reading, end_s: float) -> Lane:
    columns = [
        reading.values[:, k].astype(np.float64) for k in range(min(reading.values.shape[1], MOST_LINES))
    ]
    scale = _Scale(*_range(columns))
    lines = [_line(trace.times_s, c, end_s, scale, f"line key{k % 8}") for k, c in enumerate(columns)]
    keys = tuple((f"key{k % 8}", name) for k, name in enumerate(reading.entries[: len(columns)]))
    left_out = reading.values.shape[1] - len(columns)
    legend = reading.kind + (f"; {left_out} more entries have no line" if left_out else "")
    return Lane(reading.channel, legend, drawing(lines), scale.text(reading.unit), keys=keys)


@dataclass(frozen=True, slots=True)
class _Scale:
    """From values to places in a lane."""

    low: float
    high: float

    def y(self, value: float) -> float:
        span = max(self.high - self.low, _STILL * max(abs(self.low), abs(self.high))) or 1.0
        room = _MARGIN * TALL
        return room + (TALL - 2 * room) * (1.0 - (value - self.low) / span)

    def text(self, unit: str) -> str:
        digits = 3
        while digits < 6 and number(self.low, digits) == number(self.high, digits):
            digits += 1
        ends = dict.fromkeys(number(end, digits) for end in (self.low, self.high))
        # What is level is told in few digits.
        told = ends if len(ends) > 1 else [number(self.low, 3)]
        return f"{' to '.join(told)} {unit}".strip()


def _range(columns: Iterable[Values], more: Iterable[float] = ()) -> tuple[float, float]:
    """Smallest and largest finite value; (0, 0) without any."""
    finite = [column[np.isfinite(column)] for column in columns]
    ends = [float(end) for column in finite if len(column) for end in (column.min(), column.max())]
    ends += [value for value in more if math.isfinite(value)]
    return (min(ends), max(ends)) if ends else (0.0, 0.0)


def _line(times_s: Values, values: Values, end_s: float, scale: _Scale, class_: str) -> Markup:
    """A line that breaks where a value is not finite; of what lies level only the ends are written."""
    keep = _kept_rows(values)
    finite = np.isfinite(values[keep])
    xs = np.round(SPAN * times_s[keep] / end_s).astype(int)
    ys = np.round(scale.y(np.where(finite, values[keep], 0.0))).astype(int)  # type: ignore[arg-type]
    level = np.zeros(len(keep), dtype=np.bool_)
    level[1:-1] = finite[:-2] & finite[1:-1] & finite[2:] & (ys[:-2] == ys[1:-1]) & (ys[1:-1] == ys[2:])
    parts, pen_down = [], False
    for x, y, there, skipped in zip(xs.tolist(), ys.tolist(), finite.tolist(), level.tolist(), strict=True):
        if there and not skipped:
            parts.append(f"{'L' if pen_down else 'M'}{x} {y}")
        pen_down = there
    return svg.element("path", d="".join(parts), class_=class_)


def _kept_rows(values: Values) -> NDArray[np.int64]:
    """Rows that are drawn: all, or of each bucket the extremes and the first that is not finite."""
    count = len(values)
    if count <= 3 * BUCKETS:
        return np.arange(count)
    edges = np.linspace(0, count, BUCKETS + 1).astype(np.int64)
    finite = np.isfinite(values)
    high, low = np.where(finite, values, -np.inf), np.where(finite, values, np.inf)
    kept = {0, count - 1}
    for first, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        kept |= {first + int(high[first:stop].argmax()), first + int(low[first:stop].argmin())}
        if not finite[first:stop].all():
            kept.add(first + int(finite[first:stop].argmin()))
    return np.array(sorted(kept))
