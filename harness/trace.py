"""The trace: everything that happened in one episode, in simulated time, immutable after it.

Metrics are computed from a trace and never inside the loop, so that a new metric can be
computed for an old run, and so that the loop stays small.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.harness.results.record import Scalar
from simgate.policies.perception.outputs import Boxes, ModelOutput, arrays_of
from simgate.sim_adapters.observation import CameraView, Contact, VisibleEntity

FACTS_OF_SCENE = ("barrier_kind", "has_barrier", "goal_radius_m")
"""Facts that every trace held before tasks declared their own."""


NOT_JUDGED = "(not judged)"
"""In place of a class's name: what nobody has labelled."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A named series of numbers, one a control tick, for criteria, formulas, plots and slices.

    Attributes:
        name: For example ``clearance_m``.
        unit: Empty for none.
        meaning: What it tells, without a full stop.
        quantity: What it measures, for metrics that need one kind (``position``, ``joint velocity``, as
            :func:`simgate.sim_adapters.quantities.kind_of` says it); empty where it has no such name.
    """

    name: str
    unit: str
    meaning: str
    quantity: str = ""


@dataclass(frozen=True, slots=True)
class Actions:
    """What the policy has told the robot at each control tick, as it said it.

    Attributes:
        names: Of the entries.
        low: float64, shape (A,): smallest value of each, ``-inf`` without a bound.
        high: Likewise the largest.
        values: float64, shape (T, A).
    """

    names: tuple[str, ...]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one channel of numbers has read, one row a control tick; to look at, no part of the digest.

    Attributes:
        channel: Its name.
        kind: What the numbers are, as :data:`simgate.sim_adapters.embodiment.Kind` says it.
        unit: Of every number; several where they differ.
        entries: A name for each column.
        values: float32, shape (T, E); lines in a lane need no more, and recordings stay small.
    """

    channel: str
    kind: str
    unit: str
    entries: tuple[str, ...]
    values: NDArray[np.float32] = field(compare=False)


@dataclass(frozen=True, slots=True)
class FrameTruth:
    """Labelled bodies in one camera frame.

    Attributes:
        step: Physics step of the frame.
        entities: What is visible.
        dropped: The frame never reached the model.
        is_told: Whether anybody says what is visible; else it is not judged.
        depth_m: True distance along the optical axis, float32, shape (H, W), ``inf`` where nothing is;
            None unless the adapter rendered it and the model estimates it.
    """

    step: int
    entities: tuple[VisibleEntity, ...]
    dropped: bool = False
    depth_m: NDArray[np.float32] | None = field(default=None, compare=False)
    is_told: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class CameraTruth:
    """What is true of one picture, lost on its way or not.

    Attributes:
        channels: Of the camera that took it; an empty one among them where models look at it that name none.
        step: Physics step of the picture.
        labels: Class of each pixel, index into ``classes``, shape (H, W); None where that was not asked for,
            or the camera does not tell.
        classes: Names; an empty one for nothing, :data:`NOT_JUDGED` for what nobody has labelled.
        view: Where the camera and the bodies are that criteria name; None where that was not asked for.
    """

    channels: tuple[str, ...]
    step: int
    labels: NDArray[np.unsignedinteger] | None
    classes: tuple[str, ...]
    view: CameraView | None

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All its arrays, by name; the vertices of bodies, which stay the same, as ``vertices.<body>``."""
        found: dict[str, NDArray[Any]] = {} if self.labels is None else {"labels": self.labels}
        if self.view is not None:
            found["camera"] = self.view.pose
            for body in self.view.bodies:
                found |= {f"pose.{body.name}": body.pose, f"vertices.{body.name}": body.vertices}
        return found

    def words(self) -> list[dict[str, Any]]:
        """Of each body what is no array."""
        bodies = self.view.bodies if self.view is not None else ()
        return [
            {
                "name": b.name,
                "pixels": b.pixels,
                "occlusion": b.occlusion,
                "size_px": b.size_px,
                "points": dict(b.points),
            }
            for b in bodies
        ]


@dataclass(frozen=True, slots=True)
class Trace:
    """Time series of one episode, one row per control tick, the first at step 0.

    Attributes:
        physics_hz: Physics steps a second.
        steps: int64, shape (T,): physics step of each row.
        signals: Name -> float64, shape (T,). Those of the task, all of them.
        modes: Policy mode of each row.
        frames: Truth of each camera frame.
        detections: Boxes that perception delivered, by frame, in order of delivery.
        delivered_steps: Physics step at which each entry of ``detections`` or ``outputs`` reached the policy.
        latency_ms: float64: latency that acted in the loop, by entry of ``detections`` or ``outputs``.
        contacts: All contacts of the robot.
        report: What the robot reported last, or None.
        end: The task's word for how it ended, or ``invalid`` (going on made no sense; see
            ``invalid_reasons``).
        facts: What was true of this world from start to end, as the task says it.
        image_size: (width, height) pixels.
        invalid_reasons: Why the episode cannot be believed; empty when it can.
        doubt_step: Physics step from which on it cannot, None without doubt.
        declared: What each of ``signals`` is; empty for recordings of older versions.
        outputs: What perception delivered that is no boxes, in order of delivery.
        readings: What the channels of numbers have read; empty for recordings of older versions.
        actions: What the policy has told the robot; None unless a criterion needs it.
        boxes_at: Of several models the places of ``detections`` among all that was delivered; empty where
            these follow from the frames.
        truths: What is true of each picture; empty unless a criterion needs it.
        eye: The channel that a model looks at which names none, of whose pictures ``frames`` tell.
        tells_entities: Whether ``frames`` hold all labelled bodies that are seen; False where nobody knows.
        tells_contacts: Whether ``contacts`` are all; False where nobody has looked for any.
    """

    physics_hz: int
    steps: NDArray[np.int64]
    signals: Mapping[str, NDArray[np.float64]]
    modes: tuple[str, ...]
    frames: tuple[FrameTruth, ...]
    detections: tuple[Boxes, ...]
    delivered_steps: tuple[int, ...]
    latency_ms: NDArray[np.float64]
    contacts: tuple[Contact, ...]
    report: str | None
    end: str
    facts: Mapping[str, Scalar | None]
    image_size: tuple[int, int]
    invalid_reasons: tuple[str, ...] = field(default=())
    doubt_step: int | None = None
    declared: tuple[Signal, ...] = ()
    outputs: tuple[ModelOutput, ...] = ()
    readings: tuple[Reading, ...] = ()
    actions: Actions | None = None
    boxes_at: tuple[int, ...] = ()
    truths: tuple[CameraTruth, ...] = ()
    eye: str = ""
    tells_entities: bool = True
    tells_contacts: bool = True

    @property
    def answers(self) -> tuple[ModelOutput, ...]:
        """All that perception delivered, in order of delivery."""
        if not (self.detections and self.outputs):
            return self.detections or self.outputs
        if self.boxes_at:
            answers: list[ModelOutput] = list(self.outputs)
            for place, boxes in zip(self.boxes_at, self.detections, strict=True):
                answers.insert(place, boxes)
            return tuple(answers)
        # One model's come in the order of the frames, so that both kinds can be put into one row again.
        return tuple(sorted((*self.detections, *self.outputs), key=lambda one: one.frame_step))

    @property
    def times_s(self) -> NDArray[np.float64]:
        """Simulated time of each row, seconds."""
        return self.steps / self.physics_hz

    def before(self, step: int) -> Trace:
        """The episode as far as it came before a physics step, after the first row."""
        rows = int(np.searchsorted(self.steps, step, side="left"))
        arrived = sum(at < step for at in self.delivered_steps)
        answers = self.answers[:arrived]
        return replace(
            self,
            steps=self.steps[:rows],
            signals={name: values[:rows] for name, values in self.signals.items()},
            modes=self.modes[:rows],
            frames=tuple(frame for frame in self.frames if frame.step < step),
            detections=tuple(one for one in answers if isinstance(one, Boxes)),
            outputs=tuple(one for one in answers if not isinstance(one, Boxes)),
            boxes_at=places_of_boxes(answers),
            delivered_steps=self.delivered_steps[:arrived],
            latency_ms=self.latency_ms[:arrived],
            contacts=tuple(contact for contact in self.contacts if contact.step < step),
            readings=tuple(replace(one, values=one.values[:rows]) for one in self.readings),
            actions=self.actions and replace(self.actions, values=self.actions.values[:rows]),
            truths=tuple(one for one in self.truths if one.step < step),
            invalid_reasons=(),
            doubt_step=None,
        )

    def of_model(self, name: str) -> Trace:
        """The episode with the answers of one of its models alone."""
        kept = [k for k, one in enumerate(self.answers) if one.model == name]
        answers = [self.answers[k] for k in kept]
        return replace(
            self,
            detections=tuple(one for one in answers if isinstance(one, Boxes)),
            outputs=tuple(one for one in answers if not isinstance(one, Boxes)),
            boxes_at=(),
            delivered_steps=tuple(self.delivered_steps[k] for k in kept),
            latency_ms=self.latency_ms[kept],
        )

    def digest(self) -> str:
        """SHA-256 over all that was simulated, hex; wall-clock values are not part of a trace."""
        h = hashlib.sha256()

        def add(name: str, array: NDArray[np.generic]) -> None:
            h.update(f"{name}{array.dtype.str}{array.shape}".encode())
            h.update(np.ascontiguousarray(array).tobytes())

        add("steps", self.steps)
        for name in sorted(self.signals):
            add(name, self.signals[name])
        add("latency_ms", self.latency_ms)
        for found in self.detections:
            add(f"det{found.frame_step}", found.boxes)
            add("scores", found.scores)
            add("ids", found.class_ids)
        for output in self.outputs:
            for name, array in arrays_of(output).items():
                add(f"{type(output).__name__}{output.frame_step}.{name}", array)
        if self.actions is not None:
            add("actions", self.actions.values)
        for one in self.truths:
            for name, array in one.arrays().items():
                add(f"truth{one.step}.{name}", array)
        for frame in self.frames:
            if frame.depth_m is not None:
                add(f"truth{frame.step}.depth_m", frame.depth_m)
        truth = [self._frame_row(one) for one in self.frames]
        contacts = [[c.body, c.step, c.impulse_ns, c.depth_m] for c in self.contacts]
        ending = [self.report, self.end, self.invalid_reasons]
        rest: list[object] = [truth, contacts, self.modes, self.delivered_steps, *ending]
        # Facts of the scene alone stay out, as they were before tasks and policies had others to say.
        said = {name: fact for name, fact in self.facts.items() if name not in FACTS_OF_SCENE}
        if said:
            rest.append(said)
        if any(one.model for one in self.answers):
            rest.append([one.model for one in self.answers])
        if self.truths:
            rest.append([[one.channels, one.classes, *one.words()] for one in self.truths])
        h.update(json.dumps(rest, sort_keys=True).encode())
        return h.hexdigest()

    def _frame_row(self, one: FrameTruth) -> list[object]:
        row: list[object] = [one.step, one.dropped, [_entity_row(e) for e in one.entities]]
        return row if one.is_told or not self.tells_entities else [*row, "untold"]


def places_of_boxes(answers: Sequence[ModelOutput]) -> tuple[int, ...]:
    """Where boxes stand among the answers of several models; empty for one model, and where all are alike."""
    found = tuple(k for k, one in enumerate(answers) if isinstance(one, Boxes))
    return found if len({one.model for one in answers}) > 1 and 0 < len(found) < len(answers) else ()


def _entity_row(entity: VisibleEntity) -> list[object]:
    return [
        entity.name,
        entity.label,
        entity.box,
        entity.pixels,
        entity.occlusion,
        entity.distance_m,
        entity.truncated,
        entity.transmittance,
    ]
