"""The timeline of one episode: the task's signals, what could be seen, detected and sensed.

Each lane is an SVG that stretches with the page (strokes keep their width), and all words are HTML, so
that a phone shows the same text size as a wide screen.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from simgate.harness.results.record import CriterionResult
from simgate.harness.text import plural
from simgate.harness.trace import Trace
from simgate.policies.perception.outputs import Boxes
from simgate.reports.bounds import Bound
from simgate.reports.drawing import svg
from simgate.reports.drawing.signal_lanes import (
    SPAN,
    TALL,
    Lane,
    LaneGroup,
    drawing,
    reading_group,
    signal_groups,
)
from simgate.sim_adapters.embodiment import sensor_of


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
        groups: Lanes from top to bottom.
        moments: Marks through all lanes.
        ticks: (percent from the left, text) of the time axis.
        summary: The same in words.
        has_boxes: Whether pictures of the episode have boxes on them.
    """

    groups: tuple[LaneGroup, ...]
    moments: tuple[Moment, ...]
    ticks: tuple[tuple[float, str], ...]
    summary: str
    has_boxes: bool = False

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """Of all groups."""
        return tuple(lane for group in self.groups for lane in group.lanes)


def timeline(
    trace: Trace,
    criteria: Iterable[CriterionResult] = (),
    bounds: Sequence[Bound] = (),
    looked_at: Collection[str] = (),
) -> Timeline:
    """The timeline of a trace.

    Args:
        trace: Of one episode.
        criteria: They say when they were lost.
        bounds: On its signals, for lines in their lanes.
        looked_at: Signals that criteria are computed from; their lanes come first.
    """
    end_s = max(float(trace.times_s[-1]), 1.0 / trace.physics_hz)
    sights = sight_labels(trace)
    said = [*(_sight_lane(trace, label, end_s) for label in sights), _mode_lane(trace, end_s)]
    title = "what was seen, and what the policy did" if sights else "what the policy did"
    groups = [*signal_groups(trace, end_s, bounds, looked_at), *reading_group(trace, end_s)]
    groups.insert(1, LaneGroup(title, tuple(said), True))
    ticks = tuple((100 * second / end_s, f"{second:g} s") for second in _round_seconds(end_s))
    return Timeline(
        tuple(groups), _moments(trace, criteria, end_s), ticks, _summary(trace, sights), bool(sights)
    )


def sight_labels(trace: Trace) -> list[str]:
    """Classes that were visible or detected at least once, sorted."""
    seen = {entity.label for frame in trace.frames for entity in frame.entities}
    said = {found.label(index) for found in trace.detections for index in range(len(found))}
    return sorted(seen | said)


def _of_eye(trace: Trace, found: Boxes) -> bool:
    """Whether the picture that these boxes are of is one of those of which ``frames`` tell."""
    return trace.tells_entities and (not found.channel or sensor_of(found.channel) == sensor_of(trace.eye))


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
    band = "band: truly visible"
    if not trace.tells_entities:
        band = "nobody tells when it was visible"
    elif not all(_of_eye(trace, found) for found in trace.detections):
        band = f"band: truly visible to {trace.eye or 'no camera'}"
    elif not all(frame.is_told for frame in trace.frames):
        band = "band: truly visible, in the frames that somebody has labelled"
    return Lane(label, f"{band}; ticks: detected, height is the score", drawing(parts), kind="sight")


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
        "policy mode", "what the policy says it does", drawing(parts), kind="mode", words=tuple(words)
    )


def _summary(trace: Trace, labels: Sequence[str]) -> str:
    """How long it took, how it ended, and in how many of its frames each class was detected."""
    sentences = [
        f"{trace.times_s[-1]:.1f} s simulated, ended with {trace.end.replace('_', ' ') or 'no word'}."
    ]
    untold_steps = {frame.step for frame in trace.frames if not frame.is_told}
    known, unknown = (
        {
            (found.channel, found.frame_step, found.label(index))
            for found in trace.detections
            if (_of_eye(trace, found) and found.frame_step not in untold_steps) is has_truth
            for index in range(len(found))
        }
        for has_truth in (True, False)
    )
    detected = {(step, name) for _, step, name in known}
    for label in labels:
        steps = [f.step for f in trace.frames if any(entity.label == label for entity in f.entities)]
        hits = sum((step, label) in detected for step in steps)
        extra = sum(name == label for _, name in detected) - hits
        if steps:
            text = f"{label} was visible in {plural(len(steps), 'frame')} and detected in {hits}"
            sentences.append(f"{text}; detected in {extra} where it was not." if extra else f"{text}.")
        elif extra:
            sentences.append(f"{label} was never visible but detected in {plural(extra, 'frame')}.")
        if untold := sum(name == label for *_, name in unknown):
            what = plural(untold, "frame")
            sentences.append(f"{label} was detected in {what} of which nobody tells what could be seen.")
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
