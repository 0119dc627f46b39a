"""Draws the first frame of variants: ``python -m simgate.harness.cli.preview.render_frames JOB.json``.

A process of its own, because the command line never imports a simulator. It speaks in files: simulators
litter stdout.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simgate.harness.cli.preview.frame_job import FrameAnswer, FrameJob, FrameRequest
from simgate.harness.execution.planning.adapter_options import make_adapter
from simgate.harness.expansion.variant import objects_of
from simgate.harness.packs.worlds import find_world
from simgate.sim_adapters.adapter import SimAdapter
from simgate.sim_adapters.embodiment import eye_of
from simgate.sim_adapters.sensors.effects import apply_effects


def render(job: FrameJob) -> None:
    """Draws every frame of a job; a frame that fails is answered with its error and the next one goes on."""
    if not job.frames:
        return
    adapter = make_adapter(job.sim, Path(job.frames[0].folder))
    try:
        with Path(job.answers).open("a", encoding="utf-8") as answers:
            for request in job.frames:
                answers.write(_answer(adapter, request).model_dump_json() + "\n")
                answers.flush()
    finally:
        adapter.close()


def _answer(adapter: SimAdapter, request: FrameRequest) -> FrameAnswer:
    try:
        _write_png(Path(request.picture), first_frame(adapter, request))
    except Exception as error:
        # Whatever a world or a simulator raises belongs to this variant's tile, not to the whole sheet.
        return FrameAnswer(variant=request.variant.id, error=f"{type(error).__name__}: {error}")
    return FrameAnswer(variant=request.variant.id)


def first_frame(adapter: SimAdapter, request: FrameRequest) -> NDArray[np.uint8]:
    """What the camera sees at step 0, with its effects but never dropped; uint8, shape (H, W, 3)."""
    variant = request.variant
    placed = objects_of(variant)
    world = find_world(request.world, request.native, Path(request.folder))
    scene = world.build(variant.parameters, placed)
    observation = adapter.reset([scene])
    eye = eye_of(adapter.embodiment)
    if eye is None:
        raise ValueError("the robot has no camera of kind rgb to draw by")
    kept = replace(scene.effects, dropout_rate=0.0)
    frame = apply_effects(observation.channels[eye.name][0], kept, variant.seed, 0)
    if frame is None:
        raise RuntimeError("the frame was dropped although dropout is off")
    return frame


def _write_png(path: Path, frame: NDArray[np.uint8]) -> None:
    from PIL import Image

    Image.fromarray(frame).save(path, "PNG")


def main() -> int:
    """Runs the job that the command line names."""
    render(FrameJob.model_validate_json(Path(sys.argv[1]).read_bytes()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
