"""Can a frame be believed? Frames that are missing, black, of one colour or of another moment cannot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLACK_LEVEL = 1
"""A frame whose brightest value is at most this shows nothing."""
CONSTANT_SPREAD = 2
"""A frame whose values differ by at most this shows nothing."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What the annotators gave after one render.

    Attributes:
        rgb: uint8, shape (H, W, 3), a copy; None when nothing has arrived.
        ids: Instance of each pixel, uint32, shape (H, W), a copy; None when nothing has arrived.
        paths: Prim path of each instance.
        depth_m: Distance along the optical axis, float32, shape (H, W); None when not asked for or missing.
        time_s: Simulated time at which the renderer took the frame; None when it does not say.
        device_rgba: The colours where they were rendered, uint8 (H, W, 4); offers DLPack.
    """

    rgb: NDArray[np.uint8] | None
    ids: NDArray[np.uint32] | None
    paths: dict[int, str]
    depth_m: NDArray[np.float32] | None = None
    time_s: float | None = None
    device_rgba: Any = None


@dataclass(frozen=True, slots=True)
class FrameGate:
    """Judges frames.

    Attributes:
        step_s: Length of a physics step; a frame may be off by half of it.
        with_depth: Whether depth must be there.
        with_time: Whether the frame must say its time.
    """

    step_s: float
    with_depth: bool = False
    with_time: bool = True

    def problem(self, frame: Frame, now_s: float) -> str:
        """Why a frame cannot be believed, or empty.

        Args:
            frame: From the annotators.
            now_s: Simulated time of the state that it is to show.
        """
        if frame.rgb is None or frame.ids is None or (self.with_depth and frame.depth_m is None):
            return "the renderer has delivered no frame"
        skew = self.skew_problem(frame, now_s)
        if skew:
            return skew
        brightest, darkest = int(frame.rgb.max()), int(frame.rgb.min())
        if brightest <= BLACK_LEVEL:
            return "the renderer delivers black frames"
        if brightest - darkest <= CONSTANT_SPREAD:
            return "the renderer delivers frames of one colour"
        return ""

    def skew_problem(self, frame: Frame, now_s: float) -> str:
        """Why a frame is of another moment, or empty."""
        if not self.with_time:
            return ""
        if frame.time_s is None:
            return "the renderer does not say when it took its frame"
        off_s = frame.time_s - now_s
        if abs(off_s) <= 0.5 * self.step_s:
            return ""
        when = "before" if off_s < 0 else "after"
        return f"the frame was taken {abs(off_s) * 1e3:.1f} ms {when} the state that it should show"
