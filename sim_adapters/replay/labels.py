"""What a log says was really there: labels of pictures, by the stamps of these."""

from __future__ import annotations

import math
from typing import Any

from simgate.sim_adapters.observation import VisibleEntity

ANNOTATIONS = "foxglove.ImageAnnotations"
DETECTIONS = "vision_msgs/msg/Detection2DArray"
LABEL_TYPES = (ANNOTATIONS, DETECTIONS, "vision_msgs/Detection2DArray")
"""Types of messages that tell it: the truth in recordings of simgate, and boxes of ROS."""


def read_labels(kind: str, said: Any) -> tuple[VisibleEntity, ...]:
    """The labelled bodies of one message.

    Args:
        kind: Its type.
        said: The message.

    Raises:
        ValueError: It is something else.
    """
    if kind == ANNOTATIONS:
        return read_truth(said)[0]
    return tuple(_of_detection(k, one) for k, one in enumerate(said.detections))


def read_truth(said: Any) -> tuple[tuple[VisibleEntity, ...], bool]:
    """What a recording says of a picture: the bodies in it, and whether it was lost on its way.

    Raises:
        ValueError: It is something else.
    """
    entities = []
    for outline in said.points:
        known = {pair.key: pair.value for pair in outline.metadata}
        xs, ys = [point.x for point in outline.points], [point.y for point in outline.points]
        try:
            entities.append(
                VisibleEntity(
                    name=known["name"],
                    label=known["label"],
                    box=(int(min(xs)), int(min(ys)), int(max(xs)), int(max(ys))),
                    pixels=int(known["pixels"]),
                    occlusion=float(known["occlusion"]),
                    distance_m=float(known["distance_m"]),
                    truncated=known["truncated"] == "True",
                    transmittance=float(known["transmittance"]),
                )
            )
        except KeyError as error:
            raise ValueError(f"an annotation of the truth lacks {error}") from None
    return tuple(entities), is_lost(said)


def is_lost(said: Any) -> bool:
    """Whether a recording says of a picture that it was lost on its way."""
    return any(pair.key == "dropped" and pair.value == "True" for pair in said.metadata)


def _of_detection(number: int, said: Any) -> VisibleEntity:
    """A box of ROS, whose centre and class have changed their places from release to release."""
    centre = getattr(said.bbox.center, "position", said.bbox.center)
    wide, tall = float(said.bbox.size_x), float(said.bbox.size_y)
    if not said.results:
        raise ValueError("a labelled box names no class")
    best = said.results[0]
    label = str(best.hypothesis.class_id if hasattr(best, "hypothesis") else best.id)
    if not all(map(math.isfinite, (centre.x, centre.y, wide, tall))) or wide <= 0 or tall <= 0:
        raise ValueError(f"the box of '{label}' is none: {wide:g} x {tall:g} at {centre.x:g}, {centre.y:g}")
    x0, y0 = round(centre.x - 0.5 * wide), round(centre.y - 0.5 * tall)
    box = (x0, y0, max(x0 + 1, round(centre.x + 0.5 * wide)), max(y0 + 1, round(centre.y + 0.5 * tall)))
    name = str(getattr(said, "id", "")) or f"{label}-{number}"
    area = (box[2] - box[0]) * (box[3] - box[1])
    return VisibleEntity(name, label, box, area, 0.0, math.nan, False)
