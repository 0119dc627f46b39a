"""Reader of JSON lines: boxes, masks, depth and poses of one picture a line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from simgate.sim_adapters.datasets.dataset import (
    Dataset,
    Labelled,
    LabelledPose,
    Picture,
    Segments,
    about_of,
    bad,
    box_of,
    numbers,
    word,
)
from simgate.sim_adapters.datasets.text_files import json_of, text_of

_OWN = frozenset({"image", "boxes", "mask", "depth", "poses"})
_ORTHONORMAL = 1e-3


def json_lines(path: Path, images: Path | None, *, of_log: bool = False) -> Dataset:
    """A line a picture: ``{"image": "a.png", "boxes": [{"label": "person", "box": [x0, y0, x1, y1]}]}``, and
    ``mask``, ``depth`` (paths) and ``poses``; other keys are metadata. Pictures ``of_log`` need no name."""
    pictures, classes = [], dict[str, None]()
    for number, line in enumerate(text_of(path).splitlines(), start=1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        said = json_of(where, line)
        if not isinstance(said, dict) or not isinstance(said.get("boxes", []), list):
            raise bad(where, 'a line is {"image": PATH, "boxes": [...], ...}')
        objects = []
        for entry in said.get("boxes", []):
            if not isinstance(entry, dict):
                raise bad(where, 'a box is {"label": CLASS, "box": [x0, y0, x1, y1]}')
            label = word(where, "label", entry.get("label"))
            corners = numbers(where, "box (x0, y0, x1, y1)", entry.get("box"), 4)
            hidden = bool(entry.get("ignore")), bool(entry.get("crowd"))
            objects.append(Labelled(label, box_of(where, corners), *hidden))
        poses = None if said.get("poses") is None else _poses(where, said["poses"])
        classes |= dict.fromkeys(one.label for one in objects)
        classes |= dict.fromkeys(one.label for one in poses or ())
        mask, depth = (said.get(key) for key in ("mask", "depth"))
        pictures.append(
            Picture(
                word(where, "image", said.get("image", f"line {number} (no image)" if of_log else None)),
                tuple(objects),
                about_of(where, said, _OWN),
                segments=None if mask is None else Segments(word(where, "mask", mask)),
                depth="" if depth is None else word(where, "depth", depth),
                poses=poses,
            )
        )
    return Dataset(images or path.parent, tuple(pictures), tuple(classes))


def _poses(where: str, said: object) -> tuple[LabelledPose, ...]:
    if not isinstance(said, list):
        raise bad(where, "poses are a list")
    found: dict[str, LabelledPose] = {}
    for entry in said:
        if not isinstance(entry, dict):
            raise bad(where, 'a pose is {"label": CLASS, "rotation": [...], "translation_m": [x, y, z]}')
        label = word(where, "label", entry.get("label"))
        if label in found:
            raise bad(where, f"two poses of class {label}", "give each body a class of its own")
        x, y, z = numbers(where, "translation_m", entry.get("translation_m"), 3)
        (hidden,) = numbers(where, "occlusion", [entry.get("occlusion", 0.0)], 1)
        (pixels,) = numbers(where, "pixels", [entry.get("pixels", 1)], 1)
        if not 0.0 <= hidden <= 1.0 or pixels < 0 or pixels != int(pixels):
            raise bad(where, "occlusion is a share from 0 to 1, and pixels a whole number")
        found[label] = LabelledPose(label, _rotation(where, entry), (x, y, z), hidden, int(pixels))
    return tuple(found.values())


def _rotation(where: str, entry: Mapping[str, Any]) -> tuple[float, ...]:
    """The matrix by rows, from itself or from a quaternion w, x, y, z."""
    if "quaternion" in entry:
        w, x, y, z = numbers(where, "quaternion (w, x, y, z)", entry["quaternion"], 4)
        length = math.sqrt(w * w + x * x + y * y + z * z)
        if abs(length - 1.0) > _ORTHONORMAL:
            raise bad(where, f"the quaternion has the length {length:.4g}, not 1")
        w, x, y, z = (part / length for part in (w, x, y, z))
        return (
            *(1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
            *(2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
            *(2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
        )
    rows = entry.get("rotation")
    if isinstance(rows, list) and len(rows) == 3 and all(isinstance(row, list) for row in rows):
        rows = [value for row in rows for value in row]
    found = numbers(where, "rotation (a matrix of three rows, or quaternion: [w, x, y, z])", rows, 9)
    matrix = np.array(found).reshape(3, 3)
    if np.abs(matrix @ matrix.T - np.eye(3)).max() > _ORTHONORMAL or np.linalg.det(matrix) < 0.0:
        raise bad(where, "the rotation is none: not orthonormal, or a mirror image")
    return tuple(found)
