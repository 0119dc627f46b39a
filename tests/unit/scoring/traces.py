"""Hand-made traces: 10 Hz control over 200 Hz physics, everything quiet unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simgate.harness.results.record import LatencySamples
from simgate.harness.trace import FrameTruth, Trace
from simgate.policies.perception.outputs import Boxes
from simgate.sim_adapters.observation import Contact, VisibleEntity

PHYSICS_HZ = 200
PERIOD = 20
"""Physics steps in one control tick."""
CLASSES = ("glass_door", "wooden_door", "person")
BOX = (40, 20, 100, 110)


def make_trace(
    rows: int = 11,
    signals: Mapping[str, Sequence[float] | float] | None = None,
    frames: Sequence[FrameTruth] = (),
    detections: Sequence[Boxes] = (),
    delay_steps: int = 0,
    **changes: Any,
) -> Trace:
    """A trace of ``rows`` control ticks; scalars in ``signals`` are held.

    Every detection is delivered ``delay_steps`` after its frame.
    """
    columns: dict[str, Any] = {
        "x_m": 0.0,
        "y_m": 0.0,
        "yaw_rad": 0.0,
        "speed_mps": 0.0,
        "yaw_rate_rps": 0.0,
        "command_speed_mps": 0.0,
        "command_yaw_rate_rps": 0.0,
        "clearance_m": 1.0,
        "barrier_distance_m": np.nan,
        "goal_distance_m": 5.0,
        "lidar_min_m": 1.0,
        "person_distance_m": np.nan,
    }
    columns.update(signals or {})
    fields: dict[str, Any] = {
        "physics_hz": PHYSICS_HZ,
        "steps": np.arange(rows, dtype=np.int64) * PERIOD,
        "signals": {
            name: np.broadcast_to(np.asarray(v, float), (rows,)).copy() for name, v in columns.items()
        },
        "modes": ("cruise",) * rows,
        "frames": tuple(frames),
        "detections": tuple(detections),
        "delivered_steps": tuple(found.frame_step + delay_steps for found in detections),
        "latency_ms": np.full(len(detections), 1000.0 * delay_steps / PHYSICS_HZ),
        "contacts": (),
        "report": None,
        "end": "time_limit",
        "facts": {"barrier_kind": None, "has_barrier": False, "goal_radius_m": 0.5},
        "image_size": (160, 120),
    }
    facts = {name: changes.pop(name) for name in fields["facts"] if name in changes}
    fields.update(changes, facts=fields["facts"] | facts)
    return Trace(**fields)


def barrier_trace(distance_m: float = 0.8, **changes: Any) -> Trace:
    """The robot drives up to a glass door in one second and stands before it for another."""
    rows = 21
    speed = np.where(np.arange(rows) < 10, 1.0, 0.0)
    x = np.minimum(np.arange(rows) * 0.1, 1.0)
    signals = {
        "speed_mps": speed,
        "x_m": x,
        "clearance_m": distance_m + 1.0 - x,
        "barrier_distance_m": distance_m + 1.0 - x,
        "goal_distance_m": 5.0 - x,
        **changes.pop("signals", {}),
    }
    fields: dict[str, Any] = {
        "has_barrier": True,
        "barrier_kind": "glass",
        "report": "glass",
        "end": "done",
        **changes,
    }
    return make_trace(rows, signals, **fields)


def open_trace(**changes: Any) -> Trace:
    """The robot drives 4.5 m straight to the goal's radius at 1 m/s, the way is open."""
    rows = 46
    x = np.arange(rows) * 0.1
    signals = {"speed_mps": 1.0, "x_m": x, "goal_distance_m": 5.0 - x, **changes.pop("signals", {})}
    return make_trace(rows, signals, **{"end": "goal", **changes})


def seen(
    label: str = "glass_door",
    box: tuple[int, int, int, int] = BOX,
    distance_m: float = 2.0,
    pixels: int = 500,
    occlusion: float = 0.0,
    name: str = "door",
    transmittance: float = 1.0,
) -> VisibleEntity:
    """An entity in view."""
    return VisibleEntity(
        name, label, box, pixels, occlusion, distance_m, truncated=False, transmittance=transmittance
    )


def frame(tick: int, *entities: VisibleEntity, dropped: bool = False) -> FrameTruth:
    """The frame of a control tick."""
    return FrameTruth(tick * PERIOD, entities, dropped)


def found(tick: int, *boxes: tuple[str, float, Sequence[float]]) -> Boxes:
    """Boxes (class, score, box) in the frame of a control tick."""
    return Boxes(
        boxes=np.array([box for _, _, box in boxes], dtype=np.float32).reshape(-1, 4),
        scores=np.array([score for _, score, _ in boxes], dtype=np.float32),
        class_ids=np.array([CLASSES.index(label) for label, _, _ in boxes], dtype=np.int64),
        classes=CLASSES,
        frame_step=tick * PERIOD,
    )


def touch(tick: int, body: str = "door", impulse_ns: float = 1.5) -> Contact:
    """A contact reported at a control tick."""
    return Contact(body, impulse_ns, 0.001, tick * PERIOD)


def samples(*in_loop_ms: float, measured_ms: Sequence[float] = ()) -> LatencySamples:
    """Latency samples."""
    return LatencySamples(in_loop_ms=in_loop_ms, measured_ms=tuple(measured_ms))
