"""Walks to a mark: ``python -m simgate.policies.quadruped.evaluate gait.onnx copied.onnx [--walks 100]``.

One line a condition: alone, then all together, so that one sees which of them tell good gaits from bad ones.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from simgate.policies.quadruped.conditions import WALKS, Ranges, draw
from simgate.policies.quadruped.gait import Floats
from simgate.policies.quadruped.interface import CONTROL_HZ, command_to
from simgate.policies.quadruped.robots import YARD, Robots

Gait = Callable[[NDArray[np.float32]], Floats]
_LIMIT_S, _DISTANCE_M, _BEARING_RAD = 20.0, 4.0, np.pi / 3.0
_MARK_M, _HOLD_S = 0.3, 1.0
_KICKS = 3


@dataclass(frozen=True, slots=True)
class Walks:
    """How N walks ended: standing on the mark, fallen, or neither in time."""

    arrived: NDArray[np.bool_]
    fallen: NDArray[np.bool_]

    def __str__(self) -> str:
        late = ~(self.arrived | self.fallen)
        return f"{self.arrived.sum()}/{len(late)} ({self.fallen.sum()} fell, {late.sum()} late)"


def load(path: Path) -> Gait:
    """A gait from its ONNX file, on one thread."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda seen: np.asarray(session.run(None, {"observation": seen})[0], dtype=np.float64)


def walk(
    gait: Gait,
    count: int,
    seed: int,
    names: Iterable[str] | None = None,
    ranges: Ranges = WALKS,
    yard: Path = YARD,
) -> Walks:
    """N walks to a mark 4 m away, at most 60 deg to either side; it has to stand within 0.3 m of it for 1 s.

    Args:
        gait: What walks.
        count: N.
        seed: Of conditions, marks, kicks and noise.
        names: Conditions that vary, all by default. ``push_mps`` are three kicks, at 1 to 8 s.
        ranges: What they are drawn from.
        yard: MJCF file.
    """
    rng = np.random.default_rng(seed)
    robots = Robots(yard, count, seed + 1)
    conditions = draw(rng, count, ranges, names)
    robots.reset(np.arange(count), conditions, yaw=np.zeros(count))
    bearing = rng.uniform(-_BEARING_RAD, _BEARING_RAD, count)
    mark = _DISTANCE_M * np.stack([np.cos(bearing), np.sin(bearing)], axis=1)
    kick_step = rng.integers(CONTROL_HZ, 8 * CONTROL_HZ, (count, _KICKS))
    kick_angle = rng.uniform(-np.pi, np.pi, (count, _KICKS))
    kick = conditions.values["push_mps"][:, None, None] * np.stack(
        [np.cos(kick_angle), np.sin(kick_angle)], axis=2
    )
    fallen, arrived, held = np.zeros(count, bool), np.zeros(count, bool), np.zeros(count, int)
    for step in range(round(_LIMIT_S * CONTROL_HZ)):
        for k in range(_KICKS):
            kicked = np.flatnonzero(kick_step[:, k] == step)
            robots.kick(kicked, kick[kicked, k])
        robots.command = command_to(mark, robots.place[:, :2], robots.yaw)
        robots.step(gait(robots.observe()))
        fallen |= robots.fallen & ~arrived
        away = mark - robots.place[:, :2]
        held = np.where((np.hypot(away[:, 0], away[:, 1]) < _MARK_M) & ~fallen, held + 1, 0)
        arrived |= held >= _HOLD_S * CONTROL_HZ
        if (arrived | fallen).all():
            break
    return Walks(arrived, fallen)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m simgate.policies.quadruped.evaluate", description=__doc__
    )
    parser.add_argument("gaits", type=Path, nargs="+", metavar="ONNX")
    parser.add_argument("--walks", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1000)
    options = parser.parse_args(arguments)
    sets: dict[str, Sequence[str]] = {"nominal": (), **{name: (name,) for name in WALKS}, "all": tuple(WALKS)}
    for path in options.gaits:
        gait = load(path)
        for title, names in sets.items():
            print(f"{path.name:14} {title:12} {walk(gait, options.walks, options.seed, names)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
