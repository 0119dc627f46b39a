"""A child process of ``simgate doctor --adapter NAME``: one measurement of one simulator.

``python -m simgate.harness.doctor.adapter_probe WHAT ADAPTER OUT OPTIONS`` with WHAT one of ``start``,
``alignment``, ``repeat``, ``memory``. The answer is a JSON object in the file OUT, written before the
simulator is closed: closing is what simulators do worst, and stdout is theirs.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simgate.harness.execution.first_look import first_look
from simgate.harness.registry import load
from simgate.sim_adapters.adapter import SimAdapter, SimulatorUnavailable, Timing
from simgate.sim_adapters.planar_drive import DriveView
from simgate.sim_adapters.scene.body import Body, Material, Part
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.scene.sensing.projection import project
from simgate.sim_adapters.traits import traits_of
from simgate.sim_adapters.worlds.probes.small_room import room

TURNS = 24
"""Frames of the alignment check."""
REPEATED_FRAMES = 20
STAGES = 12
"""Stages of the memory check, after two that warm up."""
_POST_X, _POST_HALF = 3.0, 0.06
Answer = dict[str, object]


def main() -> int:
    """Runs the measurement that the command line names."""
    what, name, out, options = sys.argv[1:]
    answer: Answer
    adapter: SimAdapter | None = None
    try:
        adapter = load("simgate.sim_adapters", name, Path.cwd())(timing=Timing(), options=json.loads(options))
        answer = MEASUREMENTS[what](adapter)
    except SimulatorUnavailable as error:
        answer = {"unavailable": str(error)}
    partial = Path(out).with_suffix(".partial")
    partial.write_text(json.dumps(answer))
    partial.rename(out)
    if adapter is not None:
        adapter.close()
    return 0


def measure_start(adapter: SimAdapter) -> Answer:
    """Time to the first frame, and what drew it."""
    began = time.monotonic()
    frame = first_look(adapter)
    seconds = time.monotonic() - began
    return dataclasses.asdict(adapter.describe()) | {
        "seconds": seconds,
        "health": [reason for reasons in adapter.health() for reason in reasons],
        "spread": None if frame is None else int(frame.max()) - int(frame.min()),
        "planar": traits_of(adapter).planar,
    }


def measure_alignment(adapter: SimAdapter) -> Answer:
    """How far a red post is from where the robot's pose says, in pixels, while the robot turns.

    Also against the pose of the frame before: a renderer that is late by one frame fits that one better.
    """
    scene = _post_room()
    adapter.reset([scene])
    now, before = [], []
    pose = adapter.ground_truth()[0].pose
    for tick in range(TURNS):
        previous = pose
        seen = adapter.step(np.array([[0.0, 1.0 if tick % 12 < 6 else -1.0]]))
        pose = adapter.ground_truth()[0].pose
        column = _red_column(DriveView(seen).rgb[0])
        if column is not None:
            now.append(abs(column - _post_column(scene, pose)))
            before.append(abs(column - _post_column(scene, previous)))
    return {
        "frames": len(now),
        "worst_px": max(now, default=None),
        "mean_px": float(np.mean(now)) if now else None,
        "mean_previous_px": float(np.mean(before)) if before else None,
        "health": [reason for reasons in adapter.health() for reason in reasons],
    }


def measure_repeat(adapter: SimAdapter) -> Answer:
    """The same scene and commands twice."""
    first, second = (_drive(adapter) for _ in range(2))
    differences = [np.abs(a.astype(int) - b.astype(int)) for a, b in zip(first[1], second[1], strict=True)]
    return {
        "same_poses": first[0] == second[0],
        "largest_pose_difference": max(
            abs(a - b)
            for one, other in zip(first[0], second[0], strict=True)
            for a, b in zip(one, other, strict=True)
        ),
        "same_frames": all(not difference.any() for difference in differences),
        "mean_frame_difference": float(np.mean([difference.mean() for difference in differences])),
    }


def measure_memory(adapter: SimAdapter) -> Answer:
    """Growth of the process by each new stage, MiB."""
    sizes = []
    for number in range(STAGES + 2):
        adapter.reset([_crowded_room(number)])
        sizes.append(_resident_mib())
    kept = sizes[2:]
    growth = float(np.polyfit(np.arange(len(kept)), kept, 1)[0])
    return {"stages": len(kept), "mib_per_stage": growth, "mib": kept[-1]}


MEASUREMENTS: Mapping[str, Callable[[SimAdapter], Answer]] = {
    "start": measure_start,
    "alignment": measure_alignment,
    "repeat": measure_repeat,
    "memory": measure_memory,
}


def _post_room() -> Scene:
    base = room()
    post = Part("box", (_POST_HALF, _POST_HALF, 0.8), material=Material(rgb=(0.9, 0.05, 0.05)))
    return dataclasses.replace(base, bodies=(base.bodies[0], Body("post", (post,), (_POST_X, 0.0, 0.8))))


def _crowded_room(number: int) -> Scene:
    """Every number has one body more, so that no stage can be taken over from the last."""
    base = room()
    box = Part("box", (0.1, 0.1, 0.1))
    more = tuple(Body(f"box_{k}", (box,), (2.0 + 0.1 * k, -1.0, 0.1)) for k in range(number))
    return dataclasses.replace(base, bodies=(*base.bodies, *more))


def _red_column(frame: NDArray[np.uint8]) -> float | None:
    """Centre column of what is clearly red; None when nothing is, or the image border cuts it."""
    red, green, blue = (frame[..., channel].astype(int) for channel in range(3))
    columns = np.flatnonzero((red > 2 * np.maximum(green, blue) + 10).any(axis=0))
    if len(columns) == 0 or columns[0] == 0 or columns[-1] == frame.shape[1] - 1:
        return None
    return 0.5 * float(columns[0] + columns[-1] + 1)


def _post_column(scene: Scene, pose: tuple[float, float, float]) -> float:
    """Centre column of the post by the pinhole model."""
    corners = np.array(
        [(_POST_X + i * _POST_HALF, j * _POST_HALF, 0.6) for i in (-1, 1) for j in (-1, 1)], dtype=np.float64
    )
    right, _, ahead = project(corners, scene.camera, pose).T
    columns = 0.5 * scene.camera.width + scene.camera.focal_px * right / ahead
    return 0.5 * float(columns.min() + columns.max())


def _drive(adapter: SimAdapter) -> tuple[list[tuple[float, float, float]], list[NDArray[np.uint8]]]:
    frames = [DriveView(adapter.reset([room()])).rgb[0].copy()]
    poses = []
    for tick in range(REPEATED_FRAMES):
        frames.append(DriveView(adapter.step(np.array([[0.4, 0.3 * (tick % 3 - 1)]]))).rgb[0].copy())
        poses.append(adapter.ground_truth()[0].pose)
    return poses, frames


def _resident_mib() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024.0
    raise RuntimeError("the kernel does not say how large this process is")


if __name__ == "__main__":
    sys.exit(main())
