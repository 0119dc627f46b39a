"""What an episode has shown, as the messages of its recording."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from foxglove_schemas_protobuf.Log_pb2 import Log
from foxglove_schemas_protobuf.PosesInFrame_pb2 import PosesInFrame
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from simgate.harness.execution.episode.recordings.mcap import messages
from simgate.harness.execution.episode.recordings.mcap.annotations import found_in, truth_of
from simgate.harness.execution.episode.recordings.pictures import eye_view
from simgate.harness.execution.episode.world_run import Episode
from simgate.harness.execution.pictures.kept_frames import MOST_RAW_BYTES
from simgate.harness.execution.pictures.views import View
from simgate.harness.results.record import Outcome
from simgate.harness.scoring.score import Score
from simgate.harness.trace import Trace
from simgate.policies.perception.outputs import Boxes, Depth, Keypoints, Masks, ModelOutput, Poses

OWN = "/simgate"
"""What is no reading of the robot's lies below it."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One message.

    Attributes:
        step: Physics step at which it came.
        topic: Where it goes.
        make: Makes it; None for a row of numbers.
        names: Of the numbers.
        values: The numbers.
    """

    step: int
    topic: str
    make: Callable[[Timestamp], Message] | None = None
    names: Sequence[str] = ()
    values: Sequence[float] = ()


def entries(episode: Episode, judged: Score) -> list[Entry]:
    """All messages of an episode, in order of time."""
    told = [*_pictures(episode), *_answers(episode.trace), *_rows(episode), *_events(episode.trace, judged)]
    return sorted(told, key=lambda entry: entry.step)


def latency_topic(model: str) -> str:
    """Where the latencies of a model are."""
    return f"{OWN}/latency" + (messages.topic_of(f".{model}") if model else "")


def values_topic(channel: str) -> str:
    """Where a channel's numbers are that have no schema of their own."""
    return f"{messages.topic_of(channel)}/values"


def _pictures(episode: Episode) -> Iterator[Entry]:
    """What cameras and scanners have read, and what was really there."""
    trace, eye = episode.trace, episode.eye
    if eye is not None:
        view = eye_view(episode)
        yield from _view(view) if view is not None else ()
        topic = f"{messages.topic_of(eye.name)}/truth"
        for frame in trace.frames if trace.tells_entities else ():
            if frame.is_told:
                yield Entry(frame.step, topic, partial(truth_of, frame))
    for view in episode.views:
        yield from _view(view)
    for view in episode.scans:
        if view.channel.span_rad is not None:
            yield from _view(view)


def _view(view: View) -> Iterator[Entry]:
    channel, topic = view.channel, messages.topic_of(view.channel.name)
    lens = channel.intrinsics
    if lens is not None and np.isfinite(lens.fovy_deg) and view.steps:
        yield Entry(view.steps[0], f"{topic}/calibration", partial(messages.calibration, channel))
    for k, step in enumerate(view.steps):
        yield Entry(step, topic, partial(_reading, view, k))


def _reading(view: View, k: int, at: Timestamp) -> Message:
    """One of a view's readings, which is looked at now."""
    channel, reading = view.channel, view.readings[k]
    if channel.kind == "ranges":
        return messages.scan(reading, channel, at)
    if channel.kind == "points":
        return messages.points(reading, channel.frame, at)
    if channel.kind == "rgb":
        too_many = len(view.steps) * reading.nbytes > MOST_RAW_BYTES
        return (messages.small_picture if too_many else messages.picture)(reading, channel.frame, at)
    return messages.plane(reading, channel.frame, at)


def _answers(trace: Trace) -> Iterator[Entry]:
    """What models said of which picture, when the policy was told, and how long that took."""
    delivered = zip(trace.answers, trace.delivered_steps, trace.latency_ms.tolist(), strict=True)
    for answer, step, latency_ms in delivered:
        yield Entry(step, latency_topic(answer.model), names=("latency_ms",), values=(latency_ms,))
        yield from _said(trace, answer)


def _said(trace: Trace, answer: ModelOutput) -> Iterator[Entry]:
    """An answer at the time of its picture, so that viewers show both together."""
    channel, step = answer.channel or trace.eye, answer.frame_step
    of = messages.topic_of(channel) + (messages.topic_of(f".{answer.model}") if answer.model else "")
    if isinstance(answer, Boxes | Keypoints):
        yield Entry(step, f"{of}/detections", partial(found_in, answer))
    elif isinstance(answer, Masks):
        yield Entry(step, f"{of}/masks", partial(messages.plane, answer.labels + 1, channel))
    elif isinstance(answer, Depth):
        yield Entry(step, f"{of}/estimated_depth", partial(messages.plane, answer.depth_m, channel))
    elif isinstance(answer, Poses):
        yield Entry(step, f"{of}/poses", partial(_poses, answer, channel))


def _poses(answer: Poses, frame: str, at: Timestamp) -> PosesInFrame:
    found = zip(answer.translations_m, answer.rotations, strict=True)
    return PosesInFrame(
        timestamp=at, frame_id=frame, poses=[messages.pose_of(place, turn) for place, turn in found]
    )


def _rows(episode: Episode) -> Iterator[Entry]:
    """Signals, actions and readings of each control tick."""
    trace, told, robot = episode.trace, episode.told, episode.embodiment
    steps = trace.steps.tolist()
    frames = {channel.name: channel.frame for channel in robot.channels} if robot is not None else {}
    names = [signal.name for signal in trace.declared]
    if names:
        table = np.stack([trace.signals[name] for name in names], axis=1)
        for step, row in zip(steps, table, strict=True):
            yield Entry(step, f"{OWN}/signals", names=names, values=row)
    for step, row in zip(steps, told.values if told is not None else (), strict=False):
        yield Entry(step, f"{OWN}/action", names=told.names if told is not None else (), values=row)
    for reading in trace.readings:
        topic, name, entry_names = messages.topic_of(reading.channel), reading.channel, reading.entries
        frame = frames.get(name, "world")
        for step, row in zip(steps, reading.values.astype(np.float64), strict=True):
            if reading.kind == "joints":
                yield Entry(step, topic, partial(messages.joints, name, entry_names, row.tolist()))
            elif reading.kind == "pose" and len(row) in messages.POSES:
                yield Entry(step, topic, partial(messages.pose, frame, row.tolist()))
                yield Entry(step, "/tf", partial(messages.transform, name, frame, row.tolist()))
            else:
                yield Entry(step, values_topic(name), names=entry_names, values=row.tolist())


def _events(trace: Trace, judged: Score) -> Iterator[Entry]:
    """What the policy did, what was touched, when criteria were lost, and how it ended."""
    steps = trace.steps.tolist()
    for k, mode in enumerate(trace.modes):
        if k == 0 or mode != trace.modes[k - 1]:
            yield _event(steps[k], Log.INFO, "policy", f"mode {mode}")
    for contact in trace.contacts:
        yield _event(contact.step, Log.WARNING, "contact", f"touches {contact.body}")
    for criterion in (*judged.criteria, *judged.hard):
        lost = criterion.lost_at_s
        at = steps[-1] if lost is None else min(round(lost * trace.physics_hz), steps[-1])
        passed = criterion.outcome is Outcome.PASS
        text = f"{criterion.outcome.value} {criterion.statement}: {criterion.observed} {criterion.unit}"
        yield _event(at, Log.INFO if passed else Log.ERROR, "criterion", text.rstrip())
    for reason in trace.invalid_reasons:
        at = steps[-1] if trace.doubt_step is None else trace.doubt_step
        yield _event(at, Log.ERROR, "validity", reason)
    level = Log.INFO if judged.outcome is Outcome.PASS else Log.ERROR
    reported = f"; reported {trace.report}" if trace.report else ""
    yield _event(steps[-1], level, "outcome", f"{judged.outcome.value}: ended by {trace.end}{reported}")


def _event(step: int, level: Log.Level.ValueType, name: str, text: str) -> Entry:
    return Entry(
        step,
        f"{OWN}/events",
        lambda at: Log(timestamp=at, level=level, name=name, message=text),
    )
