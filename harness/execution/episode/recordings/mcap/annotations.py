"""What models say of a picture, and what was really there, as annotations on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields

import numpy as np
from foxglove_schemas_protobuf.Color_pb2 import Color
from foxglove_schemas_protobuf.ImageAnnotations_pb2 import ImageAnnotations
from foxglove_schemas_protobuf.KeyValuePair_pb2 import KeyValuePair
from foxglove_schemas_protobuf.Point2_pb2 import Point2
from foxglove_schemas_protobuf.PointsAnnotation_pb2 import PointsAnnotation
from foxglove_schemas_protobuf.TextAnnotation_pb2 import TextAnnotation
from google.protobuf.timestamp_pb2 import Timestamp

from simgate.harness.execution.pictures.overlay import FOUND_COLOR, TRUTH_COLOR
from simgate.harness.trace import FrameTruth
from simgate.policies.perception.outputs import Boxes, Keypoints

_LETTERS = 6.0


def truth_of(frame: FrameTruth, at: Timestamp) -> ImageAnnotations:
    """The labelled bodies in a picture, with all that is known of them; ``read_truth`` of logs reads it."""
    made = ImageAnnotations(timestamp=at, metadata=_pairs({"dropped": frame.dropped}))
    for entity in frame.entities:
        known = {one.name: getattr(entity, one.name) for one in fields(entity) if one.name != "box"}
        _box(made, at, entity.box, TRUTH_COLOR, 1.0, entity.label, known)
    return made


def found_in(answer: Boxes | Keypoints, at: Timestamp) -> ImageAnnotations:
    """Boxes or keypoints of a model."""
    made = ImageAnnotations(timestamp=at, metadata=_pairs({"model": answer.model}))
    for k in range(len(answer.scores)):
        number, score = int(answer.class_ids[k]), float(answer.scores[k])
        label = answer.classes[number] if number < len(answer.classes) else f"class {number}"
        known = {"label": label, "score": score}
        if isinstance(answer, Boxes):
            _box(made, at, answer.boxes[k].tolist(), FOUND_COLOR, 2.0, f"{label} {score:.2f}", known)
        else:
            shown = [(x, y) for x, y in answer.points[k].tolist() if np.isfinite((x, y)).all()]
            made.points.append(
                PointsAnnotation(
                    timestamp=at,
                    type=PointsAnnotation.POINTS,
                    points=[Point2(x=x, y=y) for x, y in shown],
                    outline_color=_color(FOUND_COLOR),
                    thickness=4.0,
                    metadata=_pairs(known),
                )
            )
    return made


def _box(
    made: ImageAnnotations,
    at: Timestamp,
    box: Sequence[float],
    color: tuple[int, int, int],
    thickness: float,
    text: str,
    known: Mapping[str, object],
) -> None:
    x0, y0, x1, y1 = box
    corners = [Point2(x=x, y=y) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))]
    made.points.append(
        PointsAnnotation(
            timestamp=at,
            type=PointsAnnotation.LINE_LOOP,
            points=corners,
            outline_color=_color(color),
            thickness=thickness,
            metadata=_pairs(known),
        )
    )
    made.texts.append(
        TextAnnotation(
            timestamp=at,
            position=Point2(x=x0, y=max(y0, _LETTERS)),
            text=text,
            font_size=_LETTERS,
            text_color=_color(color),
            background_color=Color(a=0.6),
        )
    )


def _color(color: tuple[int, int, int]) -> Color:
    red, green, blue = color
    return Color(r=red / 255, g=green / 255, b=blue / 255, a=1.0)


def _pairs(known: Mapping[str, object]) -> list[KeyValuePair]:
    return [KeyValuePair(key=key, value=str(value)) for key, value in known.items()]
