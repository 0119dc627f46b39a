"""What a model said of a picture: a table for people, plain values for programs, by kind of output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from simgate.harness.text import plural
from simgate.policies.perception.outputs import Boxes, Depth, Keypoints, Masks, ModelOutput, Poses, Tensors


@dataclass(frozen=True)
class Told:
    """An output in words.

    Attributes:
        count: How much there is of it, for example ``2 detections``.
        head: Names of a table's columns.
        rows: Its rows; words in the first column, numbers in the others.
        values: The same and more as plain values, for a document.
    """

    count: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    values: Mapping[str, Any]


def told(output: ModelOutput) -> Told:
    """What an output says."""
    for kind, tell in _TELL.items():
        if isinstance(output, kind):
            return tell(output)
    raise TypeError(f"an output of kind {type(output).__name__} has no words")


def _boxes(found: Boxes) -> Told:
    edges = found.boxes.tolist()
    rows = [
        (found.label(k), f"{found.scores[k]:.3f}", *(f"{e:.1f}" for e in box)) for k, box in enumerate(edges)
    ]
    values = [
        {"class": found.label(k), "score": _score(found, k), "box": [round(edge, 3) for edge in box]}
        for k, box in enumerate(edges)
    ]
    head = ("class", "score", "left", "top", "right", "bottom")
    return Told(plural(len(found), "detection"), head, tuple(rows), {"detections": values})


def _masks(found: Masks) -> Told:
    shares = {
        found.classes[k]: float(np.mean(found.labels == k))
        for k in np.unique(found.labels).tolist()
        if k >= 0
    }
    rows = tuple((name, f"{100 * share:.1f}") for name, share in shares.items())
    count = f"mask of {plural(len(shares), 'class', 'classes')}"
    return Told(count, ("class", "% of pixels"), rows, {"mask_shares": shares})


def _depth(found: Depth) -> Told:
    known = found.depth_m[np.isfinite(found.depth_m)]
    names = ("least", "median", "largest")
    ends = (known.min(), np.median(known), known.max()) if known.size else (np.nan,) * 3
    values = {name: float(end) if known.size else None for name, end in zip(names, ends, strict=True)}
    silent = 1.0 - known.size / max(1, found.depth_m.size)
    row = ("depth", *(f"{end:.3f}" for end in ends), f"{100 * silent:.1f}")
    head = ("", *(f"{name} m" for name in names), "% without")
    return Told("depth", head, (row,), {"depth_m": values | {"share_without": silent}})


def _poses(found: Poses) -> Told:
    names = [found.classes[int(k)] for k in found.class_ids]
    places = found.translations_m.tolist()
    rows = [
        (names[k], f"{found.scores[k]:.3f}", *(f"{p:.3f}" for p in place)) for k, place in enumerate(places)
    ]
    values = [
        {
            "class": names[k],
            "score": _score(found, k),
            "translation_m": place,
            "rotation": found.rotations[k].tolist(),
        }
        for k, place in enumerate(places)
    ]
    return Told(
        plural(len(found), "pose"),
        ("class", "score", "right m", "down m", "ahead m"),
        tuple(rows),
        {"poses": values},
    )


def _keypoints(found: Keypoints) -> Told:
    rows, values = [], []
    for k in range(len(found)):
        name = found.classes[int(found.class_ids[k])]
        points = {
            point: [*map(float, found.points[k, j]), float(found.point_scores[k, j])]
            for j, point in enumerate(found.names)
        }
        rows += [
            (f"{name} {point}", f"{at[2]:.3f}", f"{at[0]:.1f}", f"{at[1]:.1f}")
            for point, at in points.items()
        ]
        values.append({"class": name, "score": _score(found, k), "points_x_y_score": points})
    count = f"keypoints of {plural(len(found), 'object')}"
    return Told(count, ("point", "score", "x", "y"), tuple(rows), {"keypoints": values})


def _tensors(found: Tensors) -> Told:
    rows, values = [], {}
    for name, array in found.values.items():
        ends = (float(array.min()), float(array.max())) if array.size else (np.nan, np.nan)
        rows.append((name, "x".join(map(str, array.shape)) or "1", *(f"{end:.4g}" for end in ends)))
        values[name] = array.tolist()
    return Told(
        plural(len(rows), "tensor"), ("tensor", "shape", "least", "largest"), tuple(rows), {"tensors": values}
    )


def _score(found: Boxes | Poses | Keypoints, k: int) -> float:
    return round(float(found.scores[k]), 6)


_TELL: dict[type[Any], Callable[[Any], Told]] = {
    Boxes: _boxes, Masks: _masks, Depth: _depth, Poses: _poses, Keypoints: _keypoints, Tensors: _tensors,
}  # fmt: skip
