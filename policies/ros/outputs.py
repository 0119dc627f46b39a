"""What a node that is a model says of a frame: its messages' fields as boxes, maps or tensors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.outputs import Boxes, Depth, Masks, ModelOutput, Tensors, require_sound
from simgate.policies.ros.declaration import PARTS_OF_BOXES, Heard
from simgate.policies.ros.link import RosFailed

CENTRED, CORNERS = ("x", "y", "width", "height"), ("left", "top", "right", "bottom")
"""The two ways of saying where a box is, in pixels of the picture."""
_PIXELS = {
    "mono8": "u1", "8UC1": "u1", "mono16": "u2", "16UC1": "u2", "32SC1": "i4", "32FC1": "f4", "64FC1": "f8",
}  # fmt: skip
_MILLIMETRES = 1e-3
"""Of depth in whole numbers (REP 118)."""


def output_of(
    heard: Sequence[Heard],
    said: Sequence[Mapping[str, Any]],
    classes: tuple[str, ...],
    size: tuple[int, int] | None = None,
) -> ModelOutput:
    """What the messages of one tick say.

    Args:
        heard: The topics, as declared.
        said: The fields of each that were read.
        classes: Names of what the node finds.
        size: (height, width) of the picture that was shown; None where that is none.

    Raises:
        RosFailed: A message holds what cannot be that; it names the topic.
    """
    found = _output_of(heard, said, classes)
    try:
        require_sound([found], 1)
    except ValueError as error:
        topics = ", ".join(one.topic for one in heard)
        raise RosFailed(f"the node's {topics}: {error}") from None
    shape = found.labels.shape if isinstance(found, Masks) else None
    shape = found.depth_m.shape if isinstance(found, Depth) else shape
    if None not in (shape, size) and shape != size:
        raise RosFailed(f"the node's {heard[0].topic} has (height, width) {shape}, its picture {size}")
    return found


def _output_of(
    heard: Sequence[Heard], said: Sequence[Mapping[str, Any]], classes: tuple[str, ...]
) -> ModelOutput:
    first, fields = heard[0], said[0]
    if first.boxes is not None:
        return _boxes(first, fields, classes)
    if first.image == "mask":
        return Masks(labels=_pixels(first, fields).astype(np.int64), classes=classes)
    if first.image == "depth":
        return Depth(depth_m=_metres(_pixels(first, fields)))
    values = {
        name: _array(one, f[path], path)
        for one, f in zip(heard, said, strict=True)
        for name, path in one.values.items()
    }
    return Tensors(values=values)


def _boxes(one: Heard, fields: Mapping[str, Any], classes: tuple[str, ...]) -> Boxes:
    parts = PARTS_OF_BOXES.get(one.type, {}) | (one.boxes or {})
    said = {
        part: list(np.atleast_1d(fields[path]) if np.isscalar(fields[path]) else fields[path])
        for part, path in parts.items()
    }
    counts = {part: len(values) for part, values in said.items()}
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{count} of {part}" for part, count in counts.items())
        raise RosFailed(f"the node's {one.topic} does not say the same number of everything: {listed}")
    count = next(iter(counts.values()))
    scores, labels = np.ones(count), np.zeros(count, np.int64)
    for k in range(count):
        best = 0
        if "score" in said:
            best, scores[k] = _best(one, said["score"][k], parts["score"])
        if "label" in said:
            labels[k] = _class_of(one, said["label"][k], best, classes)
    where = CENTRED if "x" in said else CORNERS
    a, b, c, d = (_array(one, said[part], parts[part]).reshape(count) for part in where)
    corners = (a - c / 2, b - d / 2, a + c / 2, b + d / 2) if where is CENTRED else (a, b, c, d)
    order = np.argsort(-scores, kind="stable")
    return Boxes(
        boxes=np.stack(corners, axis=1).astype(np.float32)[order],
        scores=scores.astype(np.float32)[order],
        class_ids=labels[order],
        classes=classes,
    )


def _best(one: Heard, value: Any, path: str) -> tuple[int, float]:
    """Of the hypotheses of a box the surest one, and how sure it is."""
    found = list(value) if isinstance(value, list | np.ndarray) else [value]
    if not found:
        raise RosFailed(f"the node's {one.topic} has a box without a hypothesis")
    numbers = _array(one, found, path)
    if not np.isfinite(numbers).all():
        raise RosFailed(f"the node's {one.topic} says {numbers.tolist()} at '{path}'")
    return int(numbers.argmax()), float(numbers.max())


def _class_of(one: Heard, value: Any, best: int, classes: tuple[str, ...]) -> int:
    """By its name or its number, which vision_msgs write as text."""
    found = value if isinstance(value, list | np.ndarray) else [value] * (best + 1)
    if best >= len(found):
        raise RosFailed(f"the node's {one.topic} has a box with more scores than classes, {len(found)}")
    said = found[best]
    if str(said) in classes:
        return classes.index(str(said))
    text = str(int(said)) if isinstance(said, float | np.floating) and float(said).is_integer() else str(said)
    number = int(text) if text.isdecimal() else -1
    if not 0 <= number < len(classes):
        raise RosFailed(f"the node's {one.topic} says class '{said}', and classes: has {', '.join(classes)}")
    return number


def _pixels(one: Heard, fields: Mapping[str, Any]) -> NDArray[Any]:
    """(H, W) of a sensor_msgs/msg/Image with one value for each pixel."""
    encoding, (height, width, step) = (
        fields["encoding"],
        (int(fields[name]) for name in ("height", "width", "step")),
    )
    if encoding not in _PIXELS:
        raise RosFailed(
            f"the node's {one.topic} has the encoding '{encoding}', not one of {', '.join(_PIXELS)}"
        )
    kind = np.dtype(_PIXELS[encoding]).newbyteorder(">" if fields["is_bigendian"] else "<")
    data = np.asarray(fields["data"], np.uint8)
    if step < width * kind.itemsize or data.size != height * step:
        raise RosFailed(
            f"the node's {one.topic} says {width}x{height}, step {step}, and has {data.size} bytes"
        )
    rows = np.ascontiguousarray(data.reshape(height, step)[:, : width * kind.itemsize])
    return rows.view(kind)


def _metres(depth: NDArray[Any]) -> NDArray[np.float32]:
    """Whole numbers are millimetres, and 0 and what is not finite say nothing."""
    metres = depth.astype(np.float32) * (_MILLIMETRES if depth.dtype.kind in "ui" else 1.0)
    unknown = (depth == 0) if depth.dtype.kind in "ui" else ~np.isfinite(metres)
    return np.where(unknown, math.nan, metres).astype(np.float32)


def _array(one: Heard, value: Any, path: str) -> NDArray[np.float64]:
    try:
        return np.asarray(value, np.float64)
    except (TypeError, ValueError):
        raise RosFailed(f"the node's {one.topic} has at '{path}' what is no array of numbers") from None
