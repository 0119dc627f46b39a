"""Small frame sets made by hand."""

from __future__ import annotations

import numpy as np

from simgate.policies.perception.outputs import Boxes
from simgate.policies.reference_model.frames import CLASSES, MAX_ENTITIES, FrameSet


def frame_set(*frames: dict) -> FrameSet:
    """Each frame: ``entities`` [(label, box, distance)], and conditions."""
    n = len(frames)
    boxes = np.zeros((n, MAX_ENTITIES, 4), np.float32)
    class_ids = np.full((n, MAX_ENTITIES), -1, np.int64)
    pixels = np.zeros((n, MAX_ENTITIES), np.int64)
    distances = np.full((n, MAX_ENTITIES), np.inf)
    for i, frame in enumerate(frames):
        for k, (label, box, distance) in enumerate(frame.get("entities", [])):
            boxes[i, k], class_ids[i, k], distances[i, k] = box, CLASSES.index(label), distance
            pixels[i, k] = (box[2] - box[0]) * (box[3] - box[1])
    conditions = {
        name: np.array([frame.get(name, default) for frame in frames])
        for name, default in {
            "lux": 400.0,
            "tint": 0.2,
            "opening_deg": 0.0,
            "kind": "glass",
            "door_distance_m": 2.0,
        }.items()
    }
    images = np.zeros((n, 120, 160, 3), np.uint8)
    occlusion = np.zeros((n, MAX_ENTITIES))
    return FrameSet(images, boxes, class_ids, pixels, occlusion, distances, conditions)


def detections(*found: tuple[str, float, tuple[float, float, float, float]]) -> Boxes:
    """One frame's detections: (label, score, box), best first."""
    return Boxes(
        np.array([box for _, _, box in found], np.float32).reshape(-1, 4),
        np.array([score for _, score, _ in found], np.float32),
        np.array([CLASSES.index(label) for label, _, _ in found], np.int64),
        CLASSES,
    )
