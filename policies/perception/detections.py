"""What a perception model says about one frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Detections:
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
