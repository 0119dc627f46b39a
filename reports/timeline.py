"""The timeline of one episode: speed, distances, what could be seen and what was detected.

Each lane is an SVG that stretches with the page (strokes keep their width), and all words are HTML, so
that a phone shows the same text size as a wide screen.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from simgate.harness.results.record import CriterionResult
from simgate.harness.text import plural
from simgate.harness.trace import Trace
from simgate.reports import svg

SPAN, TALL = 1000.0, 100.0
"""Units of a lane's drawing; the page stretches them."""
MOST_POINTS = 400
FARTHEST_M = 10.0
"""Distances above are clipped: what matters happens near."""


MOST_SIGNALS = 6
"""So many signals of a declared task have a lane."""
_DRIVING = {"speed_mps", "command_speed_mps", "barrier_distance_m", "clearance_m"}


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of the timeline.

    Attributes:
        name: What it shows.
        legend: Words for its marks.
        drawing: Its SVG.
        top: Text at the upper end of its scale; empty for none.
        kind: ``series``, ``sight`` or ``mode``; sets the height.
        words: (percent from the left, text) written over the lane.
    """

    name: str
    legend: str
    drawing: Markup
    top: str = ""
    kind: str = "series"
    words: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """A vertical mark through all lanes.

    Attributes:
        percent: Place from the left, 0 to 100.
        text: What happened.
        kind: ``lost`` or ``contact``.
    """

    percent: float
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """What the page draws.

    Attributes:
        lanes: From top to bottom.
        moments: Marks through all lanes.
        ticks: (percent from the left, text) of the time axis.
        summary: The same in words.
    """

    lanes: tuple[Lane, ...]
    moments: tuple[Moment, ...]
    ticks: tuple[tuple[float, str], ...]
    summary: str


def timeline(trace: Trace, criteria: Iterable[CriterionResult] = ()) -> Timeline:
    """The timeline of a trace; criteria say when they were lost."""
    end_s = max(float(trace.times_s[-1]), 1.0 / trace.physics_hz)
    sights = sight_labels(trace)
    lanes = _signal_lanes(trace, end_s)
    if trace.signals.keys() >= _DRIVING:
        lanes = [_speed_lane(trace, end_s), _distance_lane(trace, end_s)]
    lanes += [_sight_lane(trace, label, end_s) for label in sights]
    lanes.append(_mode_lane(trace, end_s))
    ticks = tuple((100 * second / end_s, f"{second:g} s") for second in _round_seconds(end_s))
    return Timeline(tuple(lanes), _moments(trace, criteria, end_s), ticks, _summary(trace, sights))


def sight_labels(trace: Trace) -> list[str]:
    """Classes that were visible or detected at least once, sorted."""
    seen = {entity.label for frame in trace.frames for entity in frame.entities}
    said = {found.label(index) for found in trace.detections for index in range(len(found))}
    return sorted(seen | said)


def _round_seconds(end_s: float) -> list[float]:
    step = next((step for step in (0.5, 1, 2, 5, 10, 20, 60) if end_s / step <= 6), 120)
    return [step * index for index in range(int(end_s / step) + 1) if step * index <= end_s * 0.97]


def _moments(trace: Trace, criteria: Iterable[CriterionResult], end_s: float) -> tuple[Moment, ...]:
    moments = []
    for time_s, names in _lost_times(criteria).items():
        place = 100 * min(max(time_s / end_s, 0.0), 1.0)
        moments.append(Moment(place, f"{', '.join(names)} lost at {time_s:.1f} s", "lost"))
    first_touch: dict[str, int] = {}
    for contact in trace.contacts:
        first_touch.setdefault(contact.body, contact.step)
    for body, step in first_touch.items():
        time_s = step / trace.physics_hz
        place = 100 * min(time_s / end_s, 1.0)
        moments.append(Moment(place, f"touches {body} at {time_s:.1f} s", "contact"))
    return tuple(moments)


def _lost_times(criteria: Iterable[CriterionResult]) -> dict[float, list[str]]:
    times: dict[float, list[str]] = {}
    for criterion in criteria:
        if criterion.lost_at_s is not None and math.isfinite(criterion.lost_at_s):
            times.setdefault(round(criterion.lost_at_s, 1), []).append(criterion.metric)
    return times


def _drawing(parts: Sequence[Markup]) -> Markup:
    return svg.element(
        "svg",
        Markup("").join(parts),
        viewBox=f"0 0 {SPAN:g} {TALL:g}",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def _series(
    times_s: NDArray[np.float64], values: NDArray[np.float64], end_s: float, top: float, class_: str
) -> Markup:
    """A line that breaks where a value is not finite."""
    stride = max(1, math.ceil(len(times_s) / MOST_POINTS))
    keep = np.unique(np.append(np.arange(0, len(times_s), stride), len(times_s) - 1))
    parts, pen_down = [], False
    for time_s, value in zip(times_s[keep], values[keep], strict=True):
        if not math.isfinite(value):
            pen_down = False
            continue
        y = TALL - TALL * min(max(value / top, 0.0), 1.0)
        parts.append(f"{'L' if pen_down else 'M'}{SPAN * time_s / end_s:.0f} {y:.0f}")
        pen_down = True
    return svg.element("path", d="".join(parts), class_=class_)


def _largest(values: Iterable[NDArray[np.float64]], at_least: float, at_most: float) -> float:
    finite = [column[np.isfinite(column)] for column in values]
    top = max((float(column.max()) for column in finite if len(column)), default=at_least)
    return min(max(top, at_least), at_most)


def _signal_lanes(trace: Trace, end_s: float) -> list[Lane]:
    """The first signals of a declared task, each between its own extremes."""
    lanes = []
    for signal in trace.declared[:MOST_SIGNALS]:
        values = trace.signals[signal.name]
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
        span = high - low or 1.0
        drawing = _drawing([_series(trace.times_s, values - low, end_s, span, "line")])
        lanes.append(
            Lane(signal.name, signal.meaning, drawing, f"{low:.3g} to {high:.3g} {signal.unit}".strip())
        )
    return lanes


def _speed_lane(trace: Trace, end_s: float) -> Lane:
    speed, command = trace.signals["speed_mps"], trace.signals["command_speed_mps"]
    top = 1.1 * _largest((speed, command), 0.1, 50.0)
    drawing = _drawing(
        [
            _series(trace.times_s, command, end_s, top, "line second"),
            _series(trace.times_s, speed, end_s, top, "line"),
        ]
    )
    return Lane("speed", "solid: driven; dashed: commanded", drawing, f"{top:.2g} m/s")


def _distance_lane(trace: Trace, end_s: float) -> Lane:
    barrier, clearance = trace.signals["barrier_distance_m"], trace.signals["clearance_m"]
    top = _largest((barrier, clearance), 0.5, FARTHEST_M)
    drawing = _drawing(
        [
            _series(trace.times_s, clearance, end_s, top, "line second"),
            _series(trace.times_s, barrier, end_s, top, "line"),
        ]
    )
    legend = "solid: to the barrier; dashed: to the nearest body"
    if not np.isfinite(barrier).any():
        legend = "dashed: to the nearest body; there is no barrier"
    return Lane("distance", legend, drawing, f"{top:.2g} m")


def _sight_lane(trace: Trace, label: str, end_s: float) -> Lane:
    """A band while the class is visible in the frames, a tick for each detection (height is its score)."""
    parts = []
    per_step = SPAN / (end_s * trace.physics_hz)
    for start, stop in _visible_runs(trace, label):
        left, width = start * per_step, max((stop - start) * per_step, 2.0)
        parts.append(svg.element("rect", x=left, y=0, width=width, height=TALL, class_="visible"))
    ticks = []
    for found in trace.detections:
        scores = [float(found.scores[i]) for i in range(len(found)) if found.label(i) == label]
        if scores:
            ticks.append(f"M{found.frame_step * per_step:.0f} {TALL:g}v{-TALL * max(scores):.0f}")
    parts.append(svg.element("path", d="".join(ticks), class_="detected"))
    return Lane(
        label, "band: truly visible; ticks: detected, height is the score", _drawing(parts), kind="sight"
    )


def _visible_runs(trace: Trace, label: str) -> list[tuple[int, int]]:
    """(first step, step after the last) of each stretch of frames in which the class is visible."""
    runs: list[tuple[int, int]] = []
    for index, frame in enumerate(trace.frames):
        if not any(entity.label == label for entity in frame.entities):
            continue
        is_last = index + 1 == len(trace.frames)
        after = int(trace.steps[-1]) if is_last else trace.frames[index + 1].step
        if runs and runs[-1][1] == frame.step:
            runs[-1] = (runs[-1][0], after)
        else:
            runs.append((frame.step, after))
    return runs


def _mode_lane(trace: Trace, end_s: float) -> Lane:
    """Stretches of one policy mode, shaded in turn, with the words written over them."""
    starts = [i for i, mode in enumerate(trace.modes) if i == 0 or mode != trace.modes[i - 1]]
    times = trace.times_s
    parts, words, free = [], [], 0.0
    for order, start in enumerate(starts):
        stop = starts[order + 1] if order + 1 < len(starts) else len(times) - 1
        left, right = 100 * times[start] / end_s, 100 * times[stop] / end_s
        shade = f"mode shade{order % 2}"
        rect = svg.element("rect", x=10 * left, y=0, width=10 * (right - left), height=TALL, class_=shade)
        parts.append(rect)
        if right - left > 1.2 * len(trace.modes[start]) and left >= free:
            words.append((float(left), trace.modes[start]))
            free = left + 1.2 * len(trace.modes[start])
    return Lane(
        "policy mode", "what the policy says it does", _drawing(parts), kind="mode", words=tuple(words)
    )


def _summary(trace: Trace, labels: Sequence[str]) -> str:
    """How long it took, how it ended, and in how many of its frames each class was detected."""
    sentences = [
        f"{trace.times_s[-1]:.1f} s simulated, ended with {trace.end.replace('_', ' ') or 'no word'}."
    ]
    detected = {
        (found.frame_step, found.label(index)) for found in trace.detections for index in range(len(found))
    }
    for label in labels:
        steps = [f.step for f in trace.frames if any(entity.label == label for entity in f.entities)]
        hits = sum((step, label) in detected for step in steps)
        extra = sum(name == label for _, name in detected) - hits
        if steps:
            text = f"{label} was visible in {plural(len(steps), 'frame')} and detected in {hits}"
            sentences.append(f"{text}; detected in {extra} where it was not." if extra else f"{text}.")
        else:
            sentences.append(f"{label} was never visible but detected in {plural(extra, 'frame')}.")
    dropped = sum(frame.dropped for frame in trace.frames)
    if dropped:
        sentences.append(f"{plural(dropped, 'frame')} of {len(trace.frames)} never reached the model.")
    if "barrier_kind" not in trace.facts:
        return " ".join(sentences)
    said = f"The robot reported {trace.report}." if trace.report else "The robot reported nothing."
    truth = (
        f"In the way: {trace.facts['barrier_kind']}." if trace.facts["barrier_kind"] else "The way was open."
    )
    return " ".join([*sentences, said, truth])
