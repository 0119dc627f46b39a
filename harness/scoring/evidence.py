"""What is known about one finished episode, with the quantities that several metrics share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from simgate.harness.results.record import LatencySamples, Scalar
from simgate.harness.scoring.matching import ClassMatches, DetectionBoxes, boxes_by_frame, match_class
from simgate.harness.scoring.resources import ResourceUse
from simgate.harness.trace import Trace
from simgate.policies.perception.outputs import Boxes, Said, arrays_of
from simgate.sim_adapters.embodiment import sensor_of
from simgate.sim_adapters.observation import Contact


class SeveralModels(LookupError):  # noqa: N818 - the name says what is wrong
    """Several models say the like, and nobody says which of them is meant."""


class NoTruth(LookupError):  # noqa: N818 - the name says what is wrong
    """What is true of what a model speaks of is not known."""


_Said = TypeVar("_Said", bound=Said)


def _arrays(trace: Trace) -> Iterator[NDArray[Any]]:
    """Those that are the trace's own; poses and vertices of bodies are the simulator's."""
    yield from (trace.steps, trace.latency_ms, *trace.signals.values())
    yield from (one.values for one in trace.readings)
    if trace.actions is not None:
        yield trace.actions.values
    for answer in (*trace.detections, *trace.outputs):
        yield from arrays_of(answer).values()
    yield from (one.depth_m for one in trace.frames if one.depth_m is not None)
    yield from (one.labels for one in trace.truths if one.labels is not None)


class Evidence:
    """A trace with its latency samples. Shared quantities are computed once, when first asked for.

    Args:
        trace: What happened.
        latency: Perception latency.
        resources: What the episode cost its host; for old traces nobody knows.
    """

    def __init__(self, trace: Trace, latency: LatencySamples, resources: ResourceUse | None = None) -> None:
        self.trace = trace
        # A metric that worked in them would change what the next one is told.
        for values in _arrays(trace):
            values.flags.writeable = False
        self.latency = latency
        self.resources = resources or ResourceUse()
        self._of_models: dict[str, Evidence] = {}
        self._matches: dict[tuple[object, ...], ClassMatches] = {}

    @cached_property
    def times_s(self) -> NDArray[np.float64]:
        """Simulated time of each row, seconds, shape (T,)."""
        return self.trace.times_s

    def signal(self, name: str) -> NDArray[np.float64]:
        """A signal of the trace, shape (T,).

        Raises:
            KeyError: The trace has no such signal.
        """
        return self.trace.signals[name]

    @cached_property
    def quantities(self) -> Mapping[str, str]:
        """What each signal of the trace measures; empty words where nobody has said it."""
        known = {one.name: one.quantity for one in self.trace.declared}
        return {name: known.get(name, "") for name in self.trace.signals}

    def of_model(self, name: str) -> Evidence:
        """The same episode with the answers and latencies of one of its models alone."""
        if name not in self._of_models:
            latency = self.latency.models.get(name, LatencySamples(mode=self.latency.mode))
            self._of_models[name] = Evidence(self.trace.of_model(name), latency, self.resources)
        return self._of_models[name]

    def said(self, kind: type[_Said]) -> list[_Said]:
        """The answers of a kind, in order of delivery.

        Raises:
            SeveralModels: They come from more than one model.
        """
        found: list[_Said] = [one for one in self.trace.answers if isinstance(one, kind)]
        if len(names := sorted({one.model for one in found})) > 1:
            what = kind.__name__.lower()
            raise SeveralModels(f"{' and '.join(names)} give {what}; say which one counts: model: {names[0]}")
        return found

    def said_of_eye(self, kind: type[_Said]) -> list[_Said]:
        """As :meth:`said`, of pictures of the camera of which ``frames`` of the trace tell.

        Raises:
            SeveralModels: They come from more than one model.
            NoTruth: The model looks at something else.
        """
        found, eye = self.said(kind), sensor_of(self.trace.eye)
        if strange := [one.channel for one in found if one.channel and sensor_of(one.channel) != eye]:
            known = f"of {self.trace.eye} alone" if self.trace.eye else "of no camera"
            raise NoTruth(
                f"the model looks at {strange[0]}, and what is true of its pictures is known {known}"
            )
        return found

    @property
    def duration_s(self) -> float:
        """Simulated length of the episode."""
        return float(self.times_s[-1]) if len(self.times_s) else 0.0

    @cached_property
    def control_period_steps(self) -> int:
        """Physics steps from one control tick to the next; 1 for a trace of one row."""
        steps = self.trace.steps
        return int(steps[1] - steps[0]) if len(steps) > 1 else 1

    @property
    def control_hz(self) -> int:
        """Rows of the trace in one second of simulated time; physics_hz for a trace of one row."""
        return self.trace.physics_hz // self.control_period_steps

    @property
    def control_period_ms(self) -> float:
        """Control period, milliseconds of simulated time."""
        return 1000.0 * self.control_period_steps / self.trace.physics_hz

    @property
    def contacts(self) -> tuple[Contact, ...]:
        """All contacts of the robot.

        Raises:
            NoTruth: Nobody has looked for any.
        """
        if not self.trace.tells_contacts:
            raise NoTruth("the simulator does not tell what the robot touches")
        return self.trace.contacts

    @cached_property
    def first_contact_s(self) -> float | None:
        """Simulated time of the first contact, None without any."""
        if not self.trace.contacts:
            return None
        return min(contact.step for contact in self.trace.contacts) / self.trace.physics_hz

    @cached_property
    def boxes(self) -> dict[int, DetectionBoxes]:
        """What perception delivered, by physics step of the frame."""
        self.said_of_eye(Boxes)
        return boxes_by_frame(self.trace)

    @cached_property
    def labels_seen(self) -> tuple[str, ...]:
        """Classes of everything that was in view in some frame, sorted."""
        return tuple(sorted({e.label for frame in self.trace.frames for e in frame.entities}))

    @cached_property
    def model_classes(self) -> tuple[str, ...]:
        """The model's classes, sorted; empty when perception delivered nothing."""
        return tuple(sorted({name for found in self.trace.detections for name in found.classes}))

    def matches(self, label: str, options: Mapping[str, Scalar]) -> ClassMatches:
        """Detections of a class paired with the truth, under a criterion's options.

        Raises:
            SeveralModels: They come from more than one model.
            NoTruth: What is true of the frames is not known.
        """
        if self.latency.models:
            return self._matches_of_one(label, options)
        key = (label, *sorted(options.items()))
        if not self.trace.tells_entities:
            raise NoTruth("the simulator does not tell which bodies are in view")
        if key not in self._matches:
            self._matches[key] = match_class(self.trace, self.boxes, label, options, self.latency.in_loop_ms)
        return self._matches[key]

    def _matches_of_one(self, label: str, options: Mapping[str, Scalar]) -> ClassMatches:
        """As :meth:`matches`, of the one of several models that says boxes, or was to say them."""
        if given := self.said(Boxes):
            return self.of_model(given[0].model).matches(label, options)
        # A model that has said nothing may be the one: which of its frames count as missed, and which answers
        # were on their way at the end, follows from its own latency.
        silent = sorted(set(self.latency.models) - {one.model for one in self.trace.answers})
        if not silent:
            raise NoTruth("none of the models gave boxes")
        first, *others = (self.of_model(name).matches(label, options) for name in silent)
        if any(one != first for one in others):
            raise SeveralModels(
                f"{' and '.join(silent)} gave nothing; say which one is to give boxes: model: {silent[0]}"
            )
        return first
