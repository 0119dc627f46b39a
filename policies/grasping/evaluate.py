"""Lifts bricks: ``python -m simgate.policies.grasping.evaluate brick.onnx brick_plain.onnx [--tables 50]``.

For each network: how far its poses are off, and how many bricks were lifted by 10 cm and held for 1 s.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import mujoco
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from simgate.policies.grasping.motion import CONTROL_HZ, BrickPose, Floats, Lift, brick_seen
from simgate.policies.grasping.scenes import SIZE, TABLE, Tables, look
from simgate.policies.perception.decoding.poses import rotation_matrices

Finder = Callable[[NDArray[np.uint8], NDArray[np.float32]], BrickPose]
_LIMIT_S, _LIFTED_M, _HOLD_S = 6.5, 0.1, 1.0


@dataclass(frozen=True, slots=True)
class Lifts:
    """How N tries went, one entry a try.

    Attributes:
        lifted: By 10 cm, for 1 s without a break.
        place_error_m: How far from the brick's middle it was looked for.
        yaw_error_deg: 0 to 90: a brick turned by half a turn is the same.
        grip_n: Largest force of a finger on anything.
    """

    lifted: NDArray[np.bool_]
    place_error_m: Floats
    yaw_error_deg: Floats
    grip_n: Floats

    def __str__(self) -> str:
        place = 1000.0 * np.percentile(self.place_error_m, [50, 95])
        yaw = np.percentile(self.yaw_error_deg, [50, 95])
        return (
            f"{self.lifted.sum()}/{len(self.lifted)} lifted; "
            f"place off by {place[0]:.1f} mm (95%: {place[1]:.1f}), "
            f"yaw by {yaw[0]:.1f} deg (95%: {yaw[1]:.1f}); grip up to {self.grip_n.max():.1f} N"
        )


def load(path: Path) -> Finder:
    """A network from its ONNX file, on one thread."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def find(rgb: NDArray[np.uint8], depth_m: NDArray[np.float32]) -> BrickPose:
        seen = {"rgb": np.moveaxis(rgb, -1, 0)[None].astype(np.float32) / 255.0, "depth": depth_m[None, None]}
        place, turned = (output[0, 0].astype(float) for output in session.run(None, seen))
        return brick_seen(place, rotation_matrices(turned[None], "six_d")[0])

    return find


def lift(find: Finder, tries: int, seed: int, varied: bool = True, table: Path = TABLE) -> Lifts:
    """Looks once, then lifts, on ``tries`` tables.

    Args:
        find: What finds the brick.
        tries: N.
        seed: Of the tables.
        varied: Whether light, colours and clutter vary.
        table: MJCF file.
    """
    tables = Tables(table, seed, varied)
    rows = []
    with mujoco.Renderer(tables.model, SIZE, SIZE) as renderer:
        for _ in range(tries):
            true = tables.next()
            found = find(*look(renderer, tables.data))
            yaw = np.rad2deg(abs((found.yaw - true.yaw + np.pi / 2.0) % np.pi - np.pi / 2.0))
            rows.append((*_try(tables, found), np.hypot(found.x - true.x, found.y - true.y), yaw))
    lifted, grip, place, turn = np.array(rows).T
    return Lifts(lifted.astype(bool), place, turn, grip)


def _try(tables: Tables, found: BrickPose) -> tuple[bool, float]:
    """Whether the brick was lifted and held, and the largest force on a finger; out of reach is a miss."""
    model, data = tables.model, tables.data
    try:
        motion = Lift(found)
    except ValueError:
        return False, 0.0
    steps = round(1.0 / (CONTROL_HZ * model.opt.timestep))
    start, held, grip = float(data.body("brick").xpos[2]), 0, 0.0
    for tick in range(round(_LIMIT_S * CONTROL_HZ)):
        data.ctrl[:] = motion.targets(tick / CONTROL_HZ)
        for _ in range(steps):
            mujoco.mj_step(model, data)
        grip = max(grip, _finger_force(model, data))
        held = held + 1 if data.body("brick").xpos[2] > start + _LIFTED_M else 0
        if held >= _HOLD_S * CONTROL_HZ:
            return True, grip
    return False, grip


def _finger_force(model: mujoco.MjModel, data: mujoco.MjData) -> float:
    """Normal force on the finger that is pressed more, all its contacts together, newtons."""
    total, force = {model.geom("left").id: 0.0, model.geom("right").id: 0.0}, np.zeros(6)
    for k in range(data.ncon):
        for finger in total.keys() & set(data.contact.geom[k].tolist()):
            mujoco.mj_contactForce(model, data, k, force)
            total[finger] += float(force[0])
    return max(total.values())


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m simgate.policies.grasping.evaluate", description=__doc__)
    parser.add_argument("networks", type=Path, nargs="+", metavar="ONNX")
    parser.add_argument("--tables", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1000)
    options = parser.parse_args(arguments)
    for path in options.networks:
        for title, varied in (("as in the file", False), ("varied", True)):
            result = lift(load(path), options.tables, options.seed, varied)
            print(f"{path.name:18} {title:15} {result}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
