"""A render product and the buffers that annotators show; each render overwrites them in place."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import warp
from numpy.typing import NDArray

LARGEST_DENOMINATOR = 1_000_000


class RenderProduct:
    """Frames of one camera.

    Attributes:
        camera: Path of its camera.
        annotators: Names of those that are attached.
    """

    def __init__(self, path: str, camera: str, size: tuple[int, int]) -> None:
        self.path = path
        self.camera = camera
        self.size = size
        self.annotators: set[str] = set()
        self.time: tuple[int, int] | None = None
        self.labels: dict[int, str] = {}
        self.has_frame = False
        self.rgba = warp.zeros((*size, 4), dtype=warp.uint8, device="cpu")
        self.ids = warp.zeros((*size, 1), dtype=warp.uint32, device="cpu")
        self.depth = warp.zeros((*size, 1), dtype=warp.float32, device="cpu")

    def fill(
        self,
        colour: NDArray[np.uint8],
        bodies: NDArray[np.int64],
        depth: NDArray[np.float32],
        paths: dict[int, str],
        time_s: float,
    ) -> None:
        """Takes over a picture.

        Raises:
            ValueError: The picture has another size than the product; height and width were mixed up.
        """
        if colour.shape[:2] != self.size:
            raise ValueError(f"the sensor's resolution is {self.size}, the scene's camera {colour.shape[:2]}")
        self.rgba.numpy()[..., :3] = colour
        self.rgba.numpy()[..., 3] = 255
        self.ids.numpy()[..., 0] = bodies + 2
        self.depth.numpy()[..., 0] = depth
        present = {int(number) for number in np.unique(bodies + 2)}
        named = {0: "BACKGROUND", 1: "UNLABELLED"} | paths
        self.labels = {number: named[number] for number in sorted(present)}
        stamp = Fraction(time_s).limit_denominator(LARGEST_DENOMINATOR)
        self.time = (stamp.numerator, stamp.denominator)
        self.has_frame = True
