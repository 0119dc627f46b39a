"""What a perception model says about one frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Boxes:
    """K boxes of one frame, best first.

    Attributes:
        boxes: float32, shape (K, 4): x0, y0, x1, y1 in pixels of the camera frame.
        scores: float32, shape (K,), 0 to 1.
        class_ids: int64, shape (K,), index into ``classes``.
        classes: Names of the model's classes.
        frame_step: Physics step at which the frame was taken.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    class_ids: NDArray[np.int64]
    classes: tuple[str, ...]
    frame_step: int = 0

    def __len__(self) -> int:
        return len(self.scores)

    def label(self, index: int) -> str:
        """Class name of a detection."""
        return self.classes[int(self.class_ids[index])]


def require_sound(found: Sequence[Boxes], frames: int) -> None:
    """Refuses what no model may say, whichever runtime it came from. Boxes may be inverted, empty or outside.

    Args:
        found: What a runtime gave.
        frames: How many it was given.

    Raises:
        ValueError: A frame has no entry, arrays have other shapes, a number is not finite, or a class is none
            of the model's; the message names the value.
    """
    if len(found) != frames:
        raise ValueError(f"{frames} frames went in, detections of {len(found)} came out")
    for one in found:
        count = len(one)
        if one.boxes.shape != (count, 4) or one.class_ids.shape != (count,):
            shapes = f"boxes {one.boxes.shape}, scores {one.scores.shape}, classes {one.class_ids.shape}"
            raise ValueError(f"detections of one frame must be (K, 4), (K,) and (K,), they are {shapes}")
        if not (np.isfinite(one.boxes).all() and np.isfinite(one.scores).all()):
            raise ValueError("a box or a score is not finite")
        strange = one.class_ids[(one.class_ids < 0) | (one.class_ids >= len(one.classes))]
        if len(strange):
            raise ValueError(
                f"class {int(strange[0])} was found, but the package names {len(one.classes)} classes "
                f"(0 to {len(one.classes) - 1}: {', '.join(one.classes)})"
            )
