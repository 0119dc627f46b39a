"""Measures a detector on fresh frames: ``python -m simgate.policies.reference_model.evaluate MODEL_YAML``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.outputs import Boxes, ModelOutput, only_boxes
from simgate.policies.perception.package import ModelPackage, PackageError, load_package
from simgate.policies.perception.runtime import PerceptionRuntime
from simgate.policies.reference_model.frames import CLASSES, DOORS, FrameSet, load_plugin, render
from simgate.policies.reference_model.measurement import Measurement, Row
from simgate.policies.reference_model.metrics import (
    ajar,
    average_precision,
    best_score,
    closed,
    match,
    open_doorway,
    recall_at,
)
from simgate.policies.reference_model.model_card import card_text, shortfalls
from simgate.policies.reference_model.sampling import OPERATING_DOMAIN

# 730001 was looked at when the rule for thresholds was made.
HELD_OUT_SEED = 730_002
HELD_OUT_FRAMES = 2000
_QUIETEST = 0.05
_BATCH = 50


def detect(package: ModelPackage, frames: FrameSet, threshold: float) -> list[Boxes]:
    """Detections of every frame above one threshold for all classes, through the real runtime."""
    decoder = package.spec.decoder.model_copy(update={"score_threshold": threshold})
    spec = package.spec.model_copy(update={"decoder": decoder})
    loud = replace(package, spec=spec)
    runtime: PerceptionRuntime = load_plugin("runtimes", "onnxruntime")(loud)
    try:
        found: list[ModelOutput] = []
        for start in range(0, len(frames), _BATCH):
            found += runtime.infer(frames.images[start : start + _BATCH])
        return only_boxes(found)
    finally:
        runtime.close()


def measure(package: ModelPackage, frames: FrameSet) -> Measurement:
    """All numbers of a detector on a frame set."""
    detections = detect(package, frames, _QUIETEST)
    thresholds = dict(zip(package.classes, package.score_thresholds, strict=True))
    counted = frames.counted()
    within = counted & (frames.distances_m <= 4.0)
    ap50 = {label: average_precision(match(frames, detections, label, within)) for label in CLASSES}
    recall, ajar_recall, alarms = {}, {}, {}
    for label in DOORS:
        near = counted & (frames.distances_m <= 3.0)
        threshold = thresholds[label]
        recall[label] = [
            Row(name, *recall_at(match(frames, detections, label, near & share[:, None]), threshold))
            for name, share in _slices(frames, closed(frames), with_tint=label == "glass_door").items()
        ]
        half_open = match(frames, detections, label, near & ajar(frames)[:, None])
        ajar_recall[label] = Row("ajar", *recall_at(half_open, threshold))
        alarmed = best_score(detections, label) >= threshold
        alarms[label] = [
            Row(name, int((alarmed & share).sum()), int(share.sum()))
            for name, share in _slices(frames, open_doorway(frames), with_tint=False).items()
        ]
    return Measurement(len(frames), ap50, recall, ajar_recall, alarms)


def _slices(frames: FrameSet, base: NDArray[np.bool_], *, with_tint: bool) -> dict[str, NDArray[np.bool_]]:
    lux, tint = frames.conditions["lux"], frames.conditions["tint"]
    slices = {
        "all": base,
        "dim, below 80 lux": base & (lux < 80.0),
        "80 to 400 lux": base & (lux >= 80.0) & (lux < 400.0),
        "bright, 400 lux and more": base & (lux >= 400.0),
    }
    if with_tint:
        slices["tint below 0.1"] = base & (tint < 0.1)
        slices["tint 0.1 to 0.25"] = base & (tint >= 0.1) & (tint < 0.25)
        slices["tint 0.25 and more"] = base & (tint >= 0.25)
    return slices


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; 0 when all requirements are met, 1 when not, 2 when there is no model."""
    parser = argparse.ArgumentParser(
        prog="python -m simgate.policies.reference_model.evaluate", description=__doc__, allow_abbrev=False
    )
    parser.add_argument("model", type=Path, help="model.yaml of the detector")
    parser.add_argument("--cache", type=Path, default=Path(".train"), help="folder for rendered frames")
    parser.add_argument("--frames", type=int, default=HELD_OUT_FRAMES, help="number of held-out frames")
    parser.add_argument("--seed", type=int, default=HELD_OUT_SEED, help="seed of the held-out frames")
    parser.add_argument("--processes", type=int, default=2, help="rendering processes")
    parser.add_argument("--write-card", action="store_true", help="write model_card.md beside the model")
    options = parser.parse_args(arguments)
    try:
        package = load_package(options.model)
    except PackageError as error:
        print(error, file=sys.stderr)
        return 2
    frames = render(
        options.cache, OPERATING_DOMAIN, options.seed, options.frames, processes=options.processes
    )
    measurement = measure(package, frames)
    text = card_text(package, measurement, options.seed)
    print(text)
    if options.write_card:
        (package.path.parent / "model_card.md").write_text(text)
    return 1 if shortfalls(measurement) else 0


if __name__ == "__main__":
    sys.exit(main())
