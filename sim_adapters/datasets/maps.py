"""What labels say of each pixel of a picture, as arrays: classes and depth; and the points of bodies."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.datasets.dataset import MOST_OBJECTS, Outline, Segments
from simgate.sim_adapters.datasets.frames import BadPicture
from simgate.sim_adapters.files.decoded import MOST_PIXELS

_UPSAMPLED = 5.0
"""By so much pycocotools enlarges a polygon before it asks which pixels lie in it."""
_DEEP = "I;16"


def classes_of(
    segments: Segments, content: bytes | None, size: tuple[int, int]
) -> tuple[NDArray[np.uint16], tuple[str | None, ...]]:
    """The class of each pixel, shape (H, W), index into names; an empty one for nothing, None for what is not
    judged.

    Args:
        segments: As the labels say it.
        content: Of their file; None where they have none.
        size: (width, height) of the picture.

    Raises:
        BadPicture: The file is no such map, of another size, or holds a value of which nobody says the class.
    """
    if content is None:
        return _drawn(segments, size)
    values = _png(segments.file, content, ("1", "L", "P", "I;16", "RGB") if segments.is_panoptic else None)
    if values.ndim == 3:
        values = values.astype(np.int64) @ np.array([1, 256, 65536])
    _require_size(segments.file, values, size)
    names = tuple(dict.fromkeys(segments.ids.values()))
    found, places = np.unique(values, return_inverse=True)
    strange = [int(value) for value in found if int(value) not in segments.ids]
    if strange:
        what = "no segment of its picture has" if segments.is_panoptic else "mask_values does not name"
        raise BadPicture(f"mask {segments.file!r} holds the value {strange[0]}, which {what}")
    numbers = np.array([names.index(segments.ids[int(value)]) for value in found], np.uint16)
    return numbers[places].reshape(values.shape), names


def depth_of(name: str, content: bytes, unit_m: float, size: tuple[int, int]) -> NDArray[np.float32]:
    """True distance along the optical axis, metres, shape (H, W); ``inf`` where nobody has measured it.

    Args:
        name: Of the file.
        content: Of it: PNG with one channel of 16 bits.
        unit_m: Metres of one step.
        size: (width, height) of the picture.

    Raises:
        BadPicture: It is no such file, or of another size.
    """
    values = _png(name, content, (_DEEP,))
    _require_size(name, values, size)
    return np.where(values == 0, np.float32(np.inf), values.astype(np.float32) * np.float32(unit_m))


def points_of(name: str, content: bytes) -> NDArray[np.float64]:
    """The vertices of a Wavefront OBJ file, shape (P, 3), metres as they are written.

    Raises:
        BadPicture: It holds none, or what is no number.
    """
    try:
        rows = [line.split()[1:4] for line in content.decode().splitlines() if line.startswith("v ")]
        points = np.array(rows, np.float64)
    except ValueError:
        points = np.zeros(0)
    if points.ndim != 2 or points.shape[1] != 3 or not np.isfinite(points).all():
        raise BadPicture(f"{name!r} is no OBJ file with vertices (lines v X Y Z)")
    if len(points) > MOST_OBJECTS:
        raise BadPicture(f"{name!r} has {len(points):,} vertices, more than {MOST_OBJECTS:,}; thin them out")
    return points


def _png(name: str, content: bytes, modes: Sequence[str] | None) -> NDArray[np.integer]:
    from PIL import Image

    problem = ""
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            if image.width * image.height > MOST_PIXELS:
                problem = f"has more than {MOST_PIXELS:,} pixels"
            elif image.mode not in (modes or ("1", "L", "P", _DEEP)):
                wanted = "16 bits in one channel" if modes == (_DEEP,) else "one channel"
                problem = f"holds {image.mode} values, not {wanted}"
            else:
                return np.array(image).astype(np.int64)
    except (OSError, SyntaxError, ValueError) as error:
        problem = f"is no PNG file, or damaged: {error}"
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        problem = f"has more than {MOST_PIXELS:,} pixels"
    raise BadPicture(f"map {name!r} {problem}")


def _require_size(name: str, values: NDArray[np.integer], size: tuple[int, int]) -> None:
    height, width = values.shape
    if (width, height) != size:
        wanted = "x".join(map(str, size))
        raise BadPicture(f"map {name!r} has {width}x{height} pixels, its picture {wanted}")


def _drawn(segments: Segments, size: tuple[int, int]) -> tuple[NDArray[np.uint16], tuple[str | None, ...]]:
    width, height = size
    labels = np.zeros((height, width), np.uint16)
    names = ("", *dict.fromkeys(label for label, _ in segments.shapes))
    for label, outline in segments.shapes:
        labels[_inside(outline, width, height)] = names.index(label, 1)
    return labels, names


def _inside(outline: Outline, width: int, height: int) -> NDArray[np.bool_]:
    """Which pixels lie in an outline, (H, W), as pycocotools decides it."""
    if outline.runs:
        flags = np.arange(len(outline.runs)) % 2 == 1
        return np.repeat(flags, outline.runs).reshape(width, height).T
    inside = np.zeros((height, width), np.bool_)
    for polygon in outline.polygons:
        turns = np.bincount(_crossings(np.array(polygon), width, height), minlength=width * height + 1)
        inside |= (np.cumsum(turns[:-1]) % 2 == 1).reshape(width, height).T
    return inside


def _crossings(polygon: NDArray[np.float64], width: int, height: int) -> NDArray[np.int64]:
    """Where, down one column after the other, the border of a polygon is crossed."""
    corners = np.trunc(_UPSAMPLED * polygon.reshape(-1, 2) + 0.5).astype(np.int64)
    across, down = [], []
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        xs, ys = _line(int(x0), int(y0), int(x1), int(y1))
        across.append(xs)
        down.append(ys)
    u, v = np.concatenate(across), np.concatenate(down)
    moved = np.flatnonzero(u[1:] != u[:-1])
    x = (np.minimum(u[moved + 1], u[moved]) + 0.5) / _UPSAMPLED - 0.5
    y = (np.minimum(v[moved + 1], v[moved]) + 0.5) / _UPSAMPLED - 0.5
    kept = (np.floor(x) == x) & (x >= 0) & (x <= width - 1)
    at: NDArray[np.int64] = (x[kept] * height + np.ceil(np.clip(y[kept], 0, height))).astype(np.int64)
    return at


def _line(x0: int, y0: int, x1: int, y1: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The points of a line between two corners, both among them."""
    dx, dy = abs(x1 - x0), abs(y1 - y0)
    flip = x0 > x1 if dx >= dy else y0 > y1
    if flip:
        x0, y0, x1, y1 = x1, y1, x0, y0
    steps = np.arange(max(dx, dy) + 1)
    if dx >= dy:
        xs = x0 + steps
        ys = np.trunc(y0 + (y1 - y0) / dx * steps + 0.5).astype(np.int64) if dx else np.full_like(steps, y0)
    else:
        ys = y0 + steps
        xs = np.trunc(x0 + (x1 - x0) / dy * steps + 0.5).astype(np.int64)
    return (xs[::-1], ys[::-1]) if flip else (xs, ys)
