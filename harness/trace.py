"""The trace: everything that happened in one episode, in simulated time, immutable after it.

Metrics are computed from a trace and never inside the loop, so that a new metric can be
computed for an old run, and so that the loop stays small.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from simgate.harness.results.record import Scalar
from simgate.policies.perception.outputs import Boxes, ModelOutput, arrays_of
from simgate.sim_adapters.observation import Contact, VisibleEntity

FACTS_OF_SCENE = ("barrier_kind", "has_barrier", "goal_radius_m")
"""Facts that every trace held before tasks declared their own."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A named series of numbers, one a control tick, for criteria, formulas, plots and slices.

    Attributes:
        name: For example ``clearance_m``.
        unit: Empty for none.
        meaning: What it tells, without a full stop.
    """

    name: str
    unit: str
    meaning: str


@dataclass(frozen=True, slots=True)
class FrameTruth:
    """Labelled bodies in one camera frame.

    Attributes:
        step: Physics step of the frame.
        entities: What is visible.
        dropped: The frame never reached the model.
        depth_m: True distance along the optical axis, float32, shape (H, W), ``inf`` where nothing is;
            None unless the adapter rendered it and the model estimates it.
    """

    step: int
    entities: tuple[VisibleEntity, ...]
    dropped: bool = False
    depth_m: NDArray[np.float32] | None = field(default=None, compare=False)


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

    @property
    def answers(self) -> tuple[ModelOutput, ...]:
        """All that perception delivered, in order of delivery."""
        if not (self.detections and self.outputs):
            return self.detections or self.outputs
        # The loop delivers in the order of the frames, so that both kinds can be put into one row again.
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
            delivered_steps=self.delivered_steps[:arrived],
            latency_ms=self.latency_ms[:arrived],
            contacts=tuple(contact for contact in self.contacts if contact.step < step),
            invalid_reasons=(),
            doubt_step=None,
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
        for frame in self.frames:
            if frame.depth_m is not None:
                add(f"truth{frame.step}.depth_m", frame.depth_m)
        truth = [[f.step, f.dropped, [_entity_row(e) for e in f.entities]] for f in self.frames]
        contacts = [[c.body, c.step, c.impulse_ns, c.depth_m] for c in self.contacts]
        ending = [self.report, self.end, self.invalid_reasons]
        rest: list[object] = [truth, contacts, self.modes, self.delivered_steps, *ending]
        # Facts of the scene alone stay out, as they were before tasks and policies had others to say.
        said = {name: fact for name, fact in self.facts.items() if name not in FACTS_OF_SCENE}
        if said:
            rest.append(said)
        h.update(json.dumps(rest, sort_keys=True).encode())
        return h.hexdigest()


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
