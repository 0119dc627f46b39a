"""What happened in one episode, in sentences with times: where the robot drove, what could be seen, what the
model said, when it reached the policy, what the policy did, and how it ended.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from simgate.harness.tasks.telling import Telling, telling_of
from simgate.harness.text import number, plural
from simgate.harness.trace import Trace
from simgate.policies.perception.outputs import Boxes

MOST_MODES = 12
"""So many changes of the policy's mode are told."""
_ENDS = {
    "done": "the policy said that it was done",
    "goal": "the robot reached its goal",
    "collision": "the robot had hit something",
    "time_limit": "its time was up",
    "invalid": "going on made no sense",
    "success": "the task had succeeded",
    "failure": "the task had failed",
    "end": "the task's own end had come",
    "terminated": "the environment had ended it",
    "truncated": "the environment had cut it off",
    "end_of_log": "the log had ended",
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence.

    Attributes:
        time_s: Simulated time of what it tells, for the order.
        text: It.
    """

    time_s: float
    text: str


def how_it_ended(end: str) -> str:
    """The words for why an episode ended."""
    return _ENDS.get(end, end)


def story(trace: Trace) -> list[Sentence]:
    """The episode of a trace, in the order of time: in its task's own words, else by what its signals did."""
    end_s, telling = float(trace.times_s[-1]), telling_of(trace)
    ended = how_it_ended(trace.end)
    told = [*_sights(trace), *_modes(trace, telling), *_contacts(trace, telling)]
    if telling is None:
        told = [*_extremes(trace), *_answers(trace), *told]
        start, end = f"at the start {_signals(trace, 0)}", f"it ended: {ended}; {_signals(trace, -1)}"
    else:
        start = telling.start(trace)
        end = f"it ended, {telling.left(trace)}: {ended}; it reported {trace.report or 'nothing'}"
    told.sort(key=lambda sentence: sentence.time_s)
    return [Sentence(0.0, start), *told, Sentence(end_s, f"after {end_s:.1f} s {end}")]


def _signals(trace: Trace, row: int) -> str:
    found = [f"{name} is {_value(trace, name, values[row])}" for name, values in trace.signals.items()]
    return ", ".join(found) or "no signal tells anything"


def _value(trace: Trace, name: str, value: float) -> str:
    if np.isnan(value):
        return "without a value"
    unit = next((f" {signal.unit}" for signal in trace.declared if signal.name == name and signal.unit), "")
    return f"{number(float(value), 3)}{unit}"


def _extremes(trace: Trace) -> Iterator[Sentence]:
    """For each signal the largest and the smallest value that lie between start and end."""
    for name, values in trace.signals.items():
        if not np.isfinite(values).any():
            continue
        ends = (values[0], values[-1])
        for word, row in (("largest", int(np.nanargmax(values))), ("smallest", int(np.nanargmin(values)))):
            if values[row] not in ends:
                time_s = float(trace.times_s[row])
                yield Sentence(
                    time_s, f"at {time_s:.1f} s {name} is {word}, {_value(trace, name, values[row])}"
                )


def _answers(trace: Trace) -> Iterator[Sentence]:
    """What models said that is no boxes: how often, and when the policy first heard of it."""
    for kind in dict.fromkeys(type(one) for one in trace.outputs):
        own = [one for one in trace.outputs if isinstance(one, kind)]
        heard = dict(zip(map(id, trace.answers), trace.delivered_steps, strict=True))
        first_s = heard[id(own[0])] / trace.physics_hz
        times = plural(len(own), "time")
        yield Sentence(
            first_s, f"at {first_s:.2f} s the policy hears of {kind.__name__.lower()} first, {times} in all"
        )


def _sights(trace: Trace) -> Iterator[Sentence]:
    """For each class: when it could be seen, and when the model said so."""
    seen = {entity.label for frame in trace.frames for entity in frame.entities}
    said = {found.label(index) for found in trace.detections for index in range(len(found))}
    for label in sorted(seen | said):
        yield from _of_class(trace, label)


def _of_class(trace: Trace, label: str) -> Iterator[Sentence]:
    visible = {
        frame.step: min(entity.distance_m for entity in frame.entities if entity.label == label)
        for frame in trace.frames
        if any(entity.label == label for entity in frame.entities)
    }
    found = {
        detections.frame_step: (
            max(float(detections.scores[k]) for k in range(len(detections)) if detections.label(k) == label),
            delivered,
        )
        for detections, delivered in zip(trace.answers, trace.delivered_steps, strict=True)
        if isinstance(detections, Boxes) and any(detections.label(k) == label for k in range(len(detections)))
    }
    hz = trace.physics_hz
    if visible:
        first = min(visible)
        yield Sentence(
            first / hz,
            f"a {label} is in view from {first / hz:.1f} s on, first {visible[first]:.1f} m away, in "
            f"{plural(len(visible), 'frame')}",
        )
    right = sorted(step for step in found if step in visible)
    if right:
        step = right[0]
        score, delivered = found[step]
        yield Sentence(
            delivered / hz,
            f"the model finds the {label} first in the frame of {step / hz:.1f} s (score {score:.2f}, "
            f"{visible[step]:.1f} m away); the policy hears of it at {delivered / hz:.2f} s",
        )
    if trace.detections or not trace.outputs:  # What gives no boxes is not asked for classes.
        yield from _missed(trace, label, visible, found)
    untold = {frame.step for frame in trace.frames if not frame.is_told}
    false = sorted(step for step in found if step not in visible and step not in untold)
    if false:
        yield Sentence(
            false[0] / hz,
            f"the model reports a {label} where none is in view, in {plural(len(false), 'frame')}, first at "
            f"{false[0] / hz:.1f} s (score {found[false[0]][0]:.2f})",
        )


def _missed(
    trace: Trace, label: str, visible: dict[int, float], found: dict[int, tuple[float, int]]
) -> Iterator[Sentence]:
    """Frames that reached the model, show the class, and in which it was not found."""
    looked_at = {detections.frame_step for detections in trace.detections}
    missed = sorted(step for step in visible if step in looked_at and step not in found)
    if not missed:
        return
    near = min(missed, key=lambda step: visible[step])
    hz = trace.physics_hz
    yield Sentence(
        missed[0] / hz,
        f"the model misses the {label} in {len(missed)} of {plural(len(visible), 'frame')} that show it, "
        f"from {missed[0] / hz:.1f} s to {missed[-1] / hz:.1f} s; the nearest at {visible[near]:.1f} m",
    )


def _modes(trace: Trace, telling: Telling | None) -> Iterator[Sentence]:
    changes = [k for k in range(1, len(trace.modes)) if trace.modes[k] != trace.modes[k - 1]]
    for k in changes[:MOST_MODES]:
        step, time_s = int(trace.steps[k]), float(trace.times_s[k])
        detail = f", {telling.moment(trace, step)}{_known_at(trace, step)}" if telling is not None else ""
        text = f"at {time_s:.1f} s the policy goes from '{trace.modes[k - 1]}' to '{trace.modes[k]}'{detail}"
        yield Sentence(time_s, text)
    if len(changes) > MOST_MODES:
        time_s, more = float(trace.times_s[changes[MOST_MODES]]), len(changes) - MOST_MODES
        yield Sentence(time_s, f"from {time_s:.1f} s on it changes {more} times more")


def _known_at(trace: Trace, step: int) -> str:
    """What the policy had heard last when it decided."""
    place = bisect.bisect_right(trace.delivered_steps, step) - 1
    if place < 0:
        return ", before it had heard anything of the model"
    last = trace.answers[place]
    if not isinstance(last, Boxes):
        return f"; the model had answered the frame of {last.frame_step / trace.physics_hz:.1f} s"
    labels = sorted({last.label(index) for index in range(len(last))})
    heard = f"saw {', '.join(labels)}" if labels else "saw nothing"
    return f"; the model {heard} in the frame of {last.frame_step / trace.physics_hz:.1f} s"


def _contacts(trace: Trace, telling: Telling | None) -> Iterator[Sentence]:
    first: dict[str, int] = {}
    for contact in trace.contacts:
        first.setdefault(contact.body, contact.step)
    for body, step in first.items():
        time_s = step / trace.physics_hz
        detail = f", {telling.touch(trace, step)}" if telling is not None else ""
        yield Sentence(time_s, f"at {time_s:.1f} s the robot touches {body}{detail}")


def paragraph(sentences: Sequence[Sentence]) -> list[str]:
    """The sentences with a capital letter and a full stop."""
    return [f"{one.text[:1].upper()}{one.text[1:]}." for one in sentences]
