"""Random episodes that hang together: what is driven, touched, seen and detected, and when answers came."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simgate.harness.results.record import LatencySamples
from simgate.harness.trace import FrameTruth, Trace
from simgate.policies.perception.outputs import Boxes
from simgate.sim_adapters.observation import Contact, VisibleEntity

PHYSICS_HZ = 200
CLASSES = ("glass_door", "wooden_door", "person")
IMAGE_SIZE = (160, 120)
_BARRIERS = {"glass": "glass_door", "wood": "wooden_door"}
_LENGTHS = (1, 2, 6, 25, 60, 110)
_CONTROL_HZ = (5, 10, 20)


@dataclass(frozen=True, slots=True)
class Episode:
    """What metrics are computed from."""

    trace: Trace
    latency: LatencySamples


@lru_cache(maxsize=256)
def random_episode(seed: int, *, plain: bool = False) -> Episode:
    """An episode; the same for the same seed.

    Args:
        seed: Six in a row have one, two, and ever more rows.
        plain: Without detections of equal score and without glass before things, which public tools treat in
            ways of their own.
    """
    rng = np.random.default_rng(seed)
    period = PHYSICS_HZ // int(rng.choice(_CONTROL_HZ))
    rows = _LENGTHS[seed % len(_LENGTHS)]
    steps = np.arange(rows, dtype=np.int64) * period
    barrier = str(rng.choice(list(_BARRIERS))) if rng.random() < 0.5 else None
    signals = _signals(rng, steps, barrier is not None)
    frames = _frames(rng, steps, barrier, plain)
    given = [frame for frame in frames if not frame.dropped]
    samples = np.round(rng.gamma(3.0, 15.0 if rng.random() < 0.7 else 60.0, len(given)), 3)
    samples = _on_borders(rng, samples, 50.0)
    answers = _answers(rng, given, samples, steps, plain)
    contacts = _contacts(rng, steps, period)
    ends = ["done", "time_limit", *(["collision"] if contacts else [])]
    trace = Trace(
        physics_hz=PHYSICS_HZ,
        steps=steps,
        signals=signals,
        modes=tuple(rng.choice(["cruise", "stop"], rows).tolist()),
        frames=tuple(frames),
        detections=tuple(found for _, found, _ in answers),
        delivered_steps=tuple(step for step, _, _ in answers),
        latency_ms=np.array([ms for _, _, ms in answers], np.float64),
        contacts=contacts,
        report=str(rng.choice([*_BARRIERS, "none"])) if rng.random() < 0.7 else None,
        end=str(rng.choice(ends)),
        facts={"barrier_kind": barrier, "has_barrier": barrier is not None, "goal_radius_m": 0.5},
        image_size=IMAGE_SIZE,
    )
    measured = tuple(np.round(rng.gamma(3.0, 4.0, len(given)), 3).tolist())
    return Episode(trace, LatencySamples(in_loop_ms=tuple(samples.tolist()), measured_ms=measured))


def _signals(
    rng: np.random.Generator, steps: NDArray[np.int64], has_barrier: bool
) -> dict[str, NDArray[np.float64]]:
    rows = len(steps)
    seconds = np.diff(steps / PHYSICS_HZ, prepend=0.0)
    speed = np.clip(np.cumsum(rng.normal(0.02, 0.15, rows)) + 0.6, -0.4, 1.5)
    if rng.random() < 0.5:
        speed[rows // 2 :] = rng.choice([0.0, 0.05, -0.03])  # It has come to rest.
    turn = rng.normal(0.0, 0.3, rows)
    yaw = np.cumsum(turn * seconds)
    x, y = np.cumsum(speed * np.cos(yaw) * seconds), np.cumsum(speed * np.sin(yaw) * seconds)
    way = np.cumsum(speed * seconds)
    nowhere = np.full(rows, np.nan)
    # Who drives into it overlaps by what a simulator lets pass.
    barrier = np.maximum(rng.uniform(0.2, 4.0) - way, -0.02) if has_barrier else nowhere
    person = np.abs(rng.uniform(0.3, 3.0) - way + 0.2 * np.sin(way)) if rng.random() < 0.6 else nowhere
    walls = rng.uniform(0.3, 2.0, rows) if rng.random() < 0.7 else np.full(rows, np.inf)
    goal = rng.uniform(0.3, 3.0)
    lidar = rng.uniform(0.1, 8.0, rows)
    lidar[rng.random(rows) < 0.2] = np.inf
    return {
        "x_m": x,
        "y_m": y,
        "yaw_rad": yaw,
        "speed_mps": speed,
        "yaw_rate_rps": turn,
        "command_speed_mps": speed + rng.normal(0.0, 0.05, rows),
        "command_yaw_rate_rps": turn + rng.normal(0.0, 0.05, rows),
        "clearance_m": np.fmin(np.fmin(barrier, person), walls),
        "barrier_distance_m": barrier,
        "goal_distance_m": np.hypot(goal - x, y),
        "lidar_min_m": lidar,
        "person_distance_m": person,
    }


def _on_borders(rng: np.random.Generator, values: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    """The values, some on whole steps: thresholds are round numbers, and there definitions differ."""
    return np.where(rng.random(values.shape) < 0.3, np.maximum(np.round(values / step), 1.0) * step, values)


def _contacts(rng: np.random.Generator, steps: NDArray[np.int64], period: int) -> tuple[Contact, ...]:
    """At most one for each body and control period; simulators that do not tell the steps are among them."""
    if rng.random() < 0.5:
        return ()
    tells, found = rng.random() < 0.6, []
    for tick in range(len(steps)):
        for body in ("door", "person", "wall"):
            if rng.random() < 0.12:
                first = max(0, int(steps[tick]) - int(rng.integers(0, period)))
                touched = tuple(range(first, int(steps[tick]) + 1, int(rng.integers(1, 3)))) if tells else ()
                found.append(
                    Contact(body, float(rng.gamma(2.0, 1.0)), float(rng.gamma(1.0, 0.002)), first, touched)
                )
    return tuple(found)


def _frames(
    rng: np.random.Generator, steps: NDArray[np.int64], barrier: str | None, plain: bool
) -> list[FrameTruth]:
    if rng.random() < 0.1:
        return []  # No camera.
    every = int(rng.choice([1, 2]))
    things = [_thing(rng, "person", k) for k in range(int(rng.integers(0, 3)))]
    if barrier is not None:
        things.append(_thing(rng, _BARRIERS[barrier], len(things)))
    return [
        FrameTruth(
            int(step),
            tuple(
                _seen(rng, name, label, place, plain) for name, label, place in things if rng.random() < 0.85
            ),
            dropped=bool(rng.random() < 0.1),
        )
        for step in steps[::every]
    ]


def _thing(rng: np.random.Generator, label: str, number: int) -> tuple[str, str, tuple[int, int]]:
    return f"{label}_{number}", label, (int(rng.integers(0, 110)), int(rng.integers(0, 60)))


def _seen(
    rng: np.random.Generator, name: str, label: str, place: tuple[int, int], plain: bool
) -> VisibleEntity:
    left, top = place[0] + int(rng.integers(0, 5)), place[1] + int(rng.integers(0, 5))
    box = (left, top, left + int(rng.integers(15, 45)), top + int(rng.integers(20, 55)))
    return VisibleEntity(
        name,
        label,
        box,
        pixels=64 if rng.random() < 0.3 else int(rng.integers(20, 1500)),
        occlusion=float(np.round(rng.uniform(0.0, 0.9), 1)),
        distance_m=float(_on_borders(rng, rng.uniform(0.5, 6.0, 1), 1.0)[0]),
        truncated=False,
        transmittance=1.0 if plain or rng.random() < 0.7 else float(np.round(rng.uniform(0.1, 1.0), 1)),
    )


def _answers(
    rng: np.random.Generator,
    given: list[FrameTruth],
    samples: NDArray[np.float64],
    steps: NDArray[np.int64],
    plain: bool,
) -> list[tuple[int, Boxes, float]]:
    """(step of delivery, what was detected, latency); without answers that never came or came too late."""
    period = int(steps[1] - steps[0]) if len(steps) > 1 else 1
    answers = []
    for frame, taken_ms in zip(given, samples.tolist(), strict=True):
        ready = frame.step + taken_ms * PHYSICS_HZ / 1000.0
        delivered = math.ceil(ready / period) * period
        if delivered <= int(steps[-1]) and rng.random() > 0.05:
            answers.append((delivered, _detections(rng, frame, plain), taken_ms))
    return sorted(answers, key=lambda answer: answer[0])


def _detections(rng: np.random.Generator, frame: FrameTruth, plain: bool) -> Boxes:
    rows = []
    for entity in frame.entities:
        for _ in range(int(rng.choice([0, 1, 1, 1, 2]))):
            label = entity.label if rng.random() < 0.9 else str(rng.choice(CLASSES))
            rows.append((label, np.add(entity.box, rng.normal(0.0, 4.0, 4))))
    for _ in range(int(rng.poisson(0.4))):
        left, top = rng.uniform(0, 100), rng.uniform(0, 60)
        size = rng.uniform(10, 50, 2)
        rows.append((str(rng.choice(CLASSES)), np.array([left, top, left + size[0], top + size[1]])))
    scores = rng.uniform(0.05, 1.0, len(rows))
    scores = np.sort(scores if plain else np.round(scores, 1))[::-1]
    return Boxes(
        boxes=np.array([box for _, box in rows], np.float32).reshape(-1, 4),
        scores=scores.astype(np.float32),
        class_ids=np.array([CLASSES.index(label) for label, _ in rows], np.int64),
        classes=CLASSES,
        frame_step=frame.step,
    )
