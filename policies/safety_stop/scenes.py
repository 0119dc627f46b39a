"""Aisles by chance with their scans, drawn by the pack's own world and lidar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.policies.safety_stop.interface import (
    CONTROL_HZ,
    EARLIER_TICKS,
    FRONT_M,
    HEIGHT_M,
    SPEEDS_MPS,
    Floats,
    encode,
    in_lane,
)
from simgate.policies.safety_stop.labels import PERSON_X_M, Walker, nearest_m, too_fast
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.articulated.machine import build_machine
from simgate.sim_adapters.mujoco.articulated.rays import Rays
from simgate.sim_adapters.mujoco.native.source import open_source
from simgate.sim_adapters.scene.articulated import ArticulatedSite, LidarSensor

AISLE = Path(__file__).resolve().parents[2] / "scenarios" / "safety_stop" / "site" / "aisle.xml"
"""The shipped pack's world, in a checkout."""
LIDAR = LidarSensor(
    "site/lidar", beams=61, fov_deg=120.0, range_m=8.0, rows=30, low_deg=-75.0, high_deg=12.0, points=True,
    dark_range_m=6.0,
)  # fmt: skip
"""As the pack declares it."""
KINDS = ("box", "shelf", "person", "free")
"""What may be in the way."""
_PERSON_START_M = -8.0
_EARLIER_S = EARLIER_TICKS / CONTROL_HZ
_SEEN = 3
"""A person of whom fewer points came back has not been seen."""


@dataclass(frozen=True, slots=True)
class Aisle:
    """One aisle.

    Attributes:
        values: Target of the file -> value.
        blocked_m: Where something that stands ends the lane; ``inf`` for nowhere.
        person_mps: How fast the person walks; 0 for one who stands, None for nobody.
    """

    values: dict[str, float] = field(default_factory=dict)
    blocked_m: float = np.inf
    person_mps: float | None = None


def draw(rng: np.random.Generator, kind: str, plain: bool) -> Aisle:
    """An aisle.

    Args:
        rng: Where it comes from.
        kind: One of :data:`KINDS`.
        plain: Shelves are over the robot, boxes tall and bright, and people stand.
    """
    values: dict[str, float] = {
        "geom/shelf.pos.z": rng.uniform(HEIGHT_M + 0.15, 2.0),
        "geom/shelf.pos.x": rng.uniform(2.0, 9.0),
        "geom/shelf.pos.y": rng.uniform(0.2, 0.8),
        "geom/shelf.rgba": rng.uniform(0.05, 0.9),
        "geom/crate.pos.x": rng.uniform(1.5, 9.0),
        "geom/crate.pos.y": rng.uniform(0.72, 0.95),
        "geom/crate.size.z": rng.uniform(0.1, 1.0),
        "geom/barrel.pos.x": rng.uniform(1.5, 9.0),
        "geom/barrel.pos.y": rng.uniform(-1.0, -0.7),
        "geom/crate.rgba": rng.uniform(0.05, 0.9),
        "geom/barrel.rgba": rng.uniform(0.05, 0.9),
        "geom/box.pos.x": rng.uniform(1.5, 9.0),
        "geom/box.pos.y": rng.choice([-1.0, 1.0]) * rng.uniform(0.75, 1.0),
    }
    blocked, person = np.inf, None
    if kind == "box":
        middle = np.array([rng.uniform(2.0, 9.0), rng.uniform(-0.3, 0.3)])
        half = np.array([0.25, rng.uniform(0.1, 0.6)])
        height = rng.uniform(0.8, 1.2) if plain else rng.uniform(0.1, 1.2)
        turn = rng.uniform(-45.0, 45.0)
        values |= {"geom/box.pos.x": middle[0], "geom/box.pos.y": middle[1], "geom/box.size.y": half[1]}
        bright = rng.uniform(0.4, 0.9) if plain else np.exp(rng.uniform(*np.log([0.02, 0.9])))
        values |= {"geom/box.size.z": height, "geom/box.turn_deg": turn, "geom/box.rgba": bright}
        blocked = nearest_m(_rectangle(middle, half, np.radians(turn)))
    elif kind == "shelf" and not plain:
        middle = np.array([rng.uniform(2.0, 9.0), rng.uniform(0.2, 0.8)])
        values |= {"geom/shelf.pos.x": middle[0], "geom/shelf.pos.y": middle[1]}
        values |= {"geom/shelf.pos.z": rng.uniform(0.4, HEIGHT_M + 0.03)}
        values["geom/shelf.rgba"] = np.exp(rng.uniform(*np.log([0.05, 0.9])))
        blocked = nearest_m(_rectangle(middle, np.array([0.3, 0.7]), 0.0))
    elif kind == "person":
        person = 0.0 if plain or rng.random() < 0.3 else rng.uniform(0.5, 1.6)
    return Aisle({target: float(value) for target, value in values.items()}, blocked, person)


def samples(
    rng: np.random.Generator, aisles: int, each: int, plain: bool, kinds: Sequence[str] = KINDS
) -> Iterator[tuple[NDArray[np.float32], Floats]]:
    """Inputs (K, 4) and targets (S,) of moments in aisles.

    Args:
        rng: Where all comes from.
        aisles: How many.
        each: Moments in each.
        plain: See :func:`draw`.
        kinds: What they are, in turn.
    """
    sha256 = open_source(AISLE).sha256
    timing = Timing(physics_hz=200, control_hz=CONTROL_HZ, camera_hz=CONTROL_HZ)
    for number in range(aisles):
        aisle = draw(rng, kinds[number % len(kinds)], plain)
        site = ArticulatedSite(
            "aisle", "mjcf", str(AISLE), sha256, "base", values=tuple(aisle.values.items()), seed=number
        )
        scanner = _Scanner(build_machine(site, timing).built.model, number)
        for _ in range(each):
            yield _moment(rng, aisle, scanner)


class _Scanner:
    """The pack's lidar in a world whose robot and person are put where they are wanted."""

    def __init__(self, model: mujoco.MjModel, seed: int) -> None:
        self._model, self._data = model, mujoco.MjData(model)
        self._rays = Rays("lidar", LIDAR, CONTROL_HZ, model, self._data, seed)
        self._out = tuple(np.zeros(channel.shape) for channel in self._rays.channels)

    def scan(self, base: Floats, person_y: float) -> Floats:
        """Points (K, 3) in the axes of the lane."""
        data = self._data
        data.joint("drive").qpos, data.joint("side").qpos, data.joint("turn").qpos = base
        data.joint("walk").qpos = person_y - _PERSON_START_M
        mujoco.mj_forward(self._model, data)
        self._rays.sample(self._out)
        return in_lane(self._out[1], base)


def _moment(rng: np.random.Generator, aisle: Aisle, scanner: _Scanner) -> tuple[NDArray[np.float32], Floats]:
    end = aisle.blocked_m if aisle.person_mps is None else PERSON_X_M - 0.2
    if np.isfinite(end) and rng.random() < 0.85:
        x = end - FRONT_M - rng.uniform(0.1, 2.4)
    else:
        x = rng.uniform(0.0, min(end - 0.1 - FRONT_M, 9.0))
    speed = rng.uniform(0.0, SPEEDS_MPS[-1])
    base = np.array([x, rng.normal(0.0, 0.05), rng.normal(0.0, 0.03)])
    person_y = _PERSON_START_M
    if aisle.person_mps is not None:
        person_y = -rng.uniform(0.95, 2.6) if aisle.person_mps == 0.0 else -rng.uniform(0.0, 3.5)
    walk = aisle.person_mps or 0.0
    back = np.array([speed * _EARLIER_S, 0.0, 0.0])
    earlier = scanner.scan(base - back, person_y - walk * _EARLIER_S)
    now = scanner.scan(base, person_y)
    walker = None
    if aisle.person_mps is not None and _sees(now, person_y):
        walker = Walker(person_y, aisle.person_mps)
    return encode(now, earlier, x)[0], too_fast(x + FRONT_M, aisle.blocked_m, walker)


def _sees(points: Floats, person_y: float) -> bool:
    close = np.hypot(points[:, 0] - PERSON_X_M, points[:, 1] - person_y) < 0.22
    return int((close & (points[:, 2] > 0.03)).sum()) >= _SEEN


def _rectangle(middle: Floats, half: Floats, turn: float) -> Floats:
    cos, sin = np.cos(turn), np.sin(turn)
    corners = half * np.array([[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]])
    return np.asarray(middle + corners @ np.array([[cos, sin], [-sin, cos]]))
