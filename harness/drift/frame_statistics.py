"""What is measured of a frame and of what the model says of it: named numbers, the same for every camera."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.outputs import Boxes, Depth, ModelOutput

_GRID = (4, 6)
"""Rows and columns of the picture's layout."""
_FLOOR = 1e-3

NAMED = (
    "brightness",
    "contrast",
    "log_contrast",
    "sharpness",
    "edge_width",
    "red_over_green",
    "blue_over_green",
    "green_over_magenta",
    "saturation",
    "dark_share",
    "bright_share",
    "edge_row",
    "edge_column",
    "detections",
    "best_score",
    "box_area",
    "box_x",
    "box_y",
)
"""Statistics that are tested each for itself."""
LAYOUT = tuple(f"layout_{row}_{column}" for row in range(_GRID[0]) for column in range(_GRID[1]))
"""Mean brightness of the parts of the picture, over that of the whole."""
NAMES = (*NAMED, *LAYOUT)


def frame_statistics(frame: NDArray[np.uint8], answer: ModelOutput | None) -> NDArray[np.float64]:
    """The numbers of :data:`NAMES`, float64, shape (len(NAMES),).

    Args:
        frame: uint8, shape (H, W, 3), RGB.
        answer: What the model said of it; None for nothing.
    """
    pixels = frame.astype(np.float64) / 255.0
    grey = pixels @ np.array([0.299, 0.587, 0.114])
    red, green, blue = (float(pixels[..., k].mean()) + _FLOOR for k in range(3))
    across, along = np.abs(np.diff(grey, axis=1)), np.abs(np.diff(grey, axis=0))
    slope = float(across.mean() + along.mean()) + _FLOOR
    second = float(np.abs(np.diff(grey, 2, axis=1)).mean() + np.abs(np.diff(grey, 2, axis=0)).mean())
    mean = float(grey.mean()) + _FLOOR
    spread = pixels.max(axis=2) - pixels.min(axis=2)
    logs = np.log(grey + _FLOOR)
    low, high = np.quantile(logs, (0.1, 0.9))
    by_row, by_column = along.mean(axis=1) + 1e-9, across.mean(axis=0) + 1e-9
    values = [
        mean,
        float(grey.std()),
        float(high - low),
        float(np.log(slope)),
        float(np.log(second + _FLOOR) - np.log(slope)),
        float(np.log(red / green)),
        float(np.log(blue / green)),
        float(np.log(green) - 0.5 * np.log(red * blue)),
        float(spread.mean()),
        float((grey < 0.02).mean()),
        float((grey > 0.98).mean()),
        float(by_row @ np.arange(len(by_row)) / by_row.sum() / len(by_row)),
        float(by_column @ np.arange(len(by_column)) / by_column.sum() / len(by_column)),
        *_said(answer, frame.shape[1], frame.shape[0]),
    ]
    layout = [
        float(part.mean()) / mean
        for rows in np.array_split(grey, _GRID[0], axis=0)
        for part in np.array_split(rows, _GRID[1], axis=1)
    ]
    return np.array([*values, *layout], np.float64)


def _said(answer: ModelOutput | None, width: int, height: int) -> list[float]:
    """How much the model finds, how sure it is, and where."""
    if isinstance(answer, Depth):
        known = np.nan_to_num(answer.depth_m, nan=0.0)
        return [float((known > 0).mean()), float(known.mean()), 0.0, 0.5, 0.5]
    if not isinstance(answer, Boxes) or not len(answer.scores):
        return [0.0, 0.0, 0.0, 0.5, 0.5]
    x0, y0, x1, y1 = answer.boxes[int(np.argmax(answer.scores))].astype(np.float64).tolist()
    area = (x1 - x0) * (y1 - y0) / (width * height)
    centre = 0.5 * (x0 + x1) / width, 0.5 * (y0 + y1) / height
    return [float(len(answer.scores)), float(answer.scores.max()), area, *centre]


def episode_statistics(frames: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """What stands for an episode: mean and spread of its frames' numbers, whatever their order.

    Frames of an episode resemble each other, so that the episode is what is compared.

    Args:
        frames: Each float64, shape (len(NAMES),); at least one.
    """
    table = np.sort(np.stack(frames), axis=0)  # Sums do not depend on the order then, to the last bit.
    return np.concatenate([table.mean(axis=0), table.std(axis=0)])
