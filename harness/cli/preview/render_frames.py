"""Draws the first frame of variants: ``python -m simgate.harness.cli.preview.render_frames JOB.json``.

A process of its own, because the command line never imports a simulator. It speaks in files: simulators
litter stdout.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.harness.cli.preview.frame_job import OUTSIDE, FrameAnswer, FrameJob, FrameRequest, Shown
from simgate.harness.execution.pictures.channel_picture import SEEN, ChannelPictures
from simgate.harness.execution.planning.adapter_options import make_adapter
from simgate.harness.expansion.variant import objects_of
from simgate.harness.packs.worlds import find_world
from simgate.sim_adapters.adapter import SimAdapter
from simgate.sim_adapters.embodiment import eye_of
from simgate.sim_adapters.sensors.effects import apply_effects
from simgate.sim_adapters.sensors.worn import WornRobots, worn_of
from simgate.sim_adapters.traits import traits_of
from simgate.sim_adapters.worlds.declared.repeated import RepeatedWorld


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
        shown = [
            Shown(title=title, path=_write_png(Path(f"{request.stem}-{k}.png"), pixels), is_frame=is_frame)
            for k, (title, pixels, is_frame) in enumerate(first_pictures(adapter, request))
        ]
    except Exception as error:
        # Whatever a world or a simulator raises belongs to this variant's tile, not to the whole sheet.
        return FrameAnswer(variant=request.variant.id, error=f"{type(error).__name__}: {error}")
    return FrameAnswer(variant=request.variant.id, pictures=tuple(shown))


def first_pictures(adapter: SimAdapter, request: FrameRequest) -> list[tuple[str, NDArray[np.uint8], bool]]:
    """What each camera and scanner reads at step 0: title, uint8 of shape (H, W, 3), is it the frame.

    Frames of the first colour camera have their effects, but are never dropped. A robot without one is seen
    from outside, where its simulator can draw that.
    """
    variant = request.variant
    world = RepeatedWorld(find_world(request.world, request.native, Path(request.folder)))
    scene = world.build(variant.parameters, objects_of(variant))
    observation = adapter.reset([scene])
    embodiment = adapter.embodiment
    # No action is told here, so it does not matter how often.
    robots = WornRobots([worn_of(scene)], [variant.seed], embodiment, control_hz=1)
    observation = robots.shown(observation)
    eye = eye_of(embodiment)
    found = []
    if eye is None and traits_of(adapter).overview:
        outside: Any = adapter
        if (pixels := outside.overview(0)) is not None:
            found.append((OUTSIDE, pixels, False))
    for channel in embodiment.channels:
        if channel.kind not in SEEN:
            continue
        reading = observation.channels[channel.name][0]
        if channel is eye:
            reading = apply_effects(reading, replace(scene.effects, dropout_rate=0.0), variant.seed, 0)
            if reading is None:
                raise RuntimeError("the frame was dropped although dropout is off")
        pictures = ChannelPictures(channel, [reading])
        found.append((pictures.title, pictures.draw(reading), channel is eye))
    return found


def _write_png(path: Path, frame: NDArray[np.uint8]) -> str:
    from PIL import Image

    Image.fromarray(frame).save(path, "PNG")
    return str(path)


def main() -> int:
    """Runs the job that the command line names."""
    render(FrameJob.model_validate_json(Path(sys.argv[1]).read_bytes()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
