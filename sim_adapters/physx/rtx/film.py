"""Frames of a shown stage, and whether they can be believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.isaacsim.readiness import BLACK_LEVEL, CONSTANT_SPREAD
from simgate.sim_adapters.physx.rtx.products import COLOUR, DEPTH
from simgate.sim_adapters.physx.rtx.shown_stage import ShownStage

if TYPE_CHECKING:
    from ovrtx import Renderer

NO_FRAME = "ovrtx has delivered no frame"
LATE_FRAMES = 4
"""Frames that are rendered for one moment until one arrives."""
_NEAR_M, _NEAR_SHARE = 0.03, 0.03
"""So far a depth may be from that of the geometry: metres, and a share of it."""
_AGREE = 0.9
"""Share of the pixels whose depth must be that of the geometry."""


@dataclass(frozen=True, slots=True)
class RtxFrame:
    """What came of one step for one camera; copies.

    Attributes:
        rgb: uint8, shape (H, W, 3).
        depth_m: Along the optical axis, float32, shape (H, W); ``inf`` or 0 where nothing is.
        began_s: The renderer's own time at its start, seconds.
    """

    rgb: NDArray[np.uint8]
    depth_m: NDArray[np.float32]
    began_s: float


class Film:
    """Has a renderer draw one stage after the other.

    Args:
        renderer: The process' own.
        period_s: Simulated time from frame to frame.
        ready_frames: Most frames for the first one to be believed.
        settle_frames: Frames that are thrown away after it.

    Attributes:
        problem: Why the frames of this stage cannot be believed; empty while they can.
    """

    def __init__(self, renderer: Renderer, period_s: float, ready_frames: int, settle_frames: int) -> None:
        self._renderer: Any = renderer
        self._period_s, self._most, self._settle = period_s, ready_frames, settle_frames
        self._stage: ShownStage | None = None
        self.problem = ""

    def open(self, stage: ShownStage, sizes: dict[str, tuple[int, int]]) -> None:
        """Takes a stage over, in place of the one before.

        Args:
            stage: Closed when another one comes.
            sizes: Path of a product -> width and height of its pictures.
        """
        self.close()
        self._renderer.attach_ovstage(stage.native)
        self._stage, self._sizes, self.problem = stage, sizes, ""
        self._last: dict[str, float] = {}

    def close(self) -> None:
        """Detaches the stage, if any; safe to call twice."""
        if self._stage is not None:
            self._renderer.detach_ovstage()
            self._stage.close()
            self._stage = None

    def take(self, product: str, clear: NDArray[np.bool_], depth_m: NDArray[np.float32]) -> RtxFrame | None:
        """A frame of what the stage shows now; None where none has come, which makes the run INVALID.

        Args:
            product: Of the camera.
            clear: Where the geometry lets light through, or nothing is: nobody knows what depth RTX tells
                there; shape (H, W).
            depth_m: Of the geometry, shape (H, W).
        """
        first = product not in self._last
        frame, problem = None, NO_FRAME
        for _ in range(self._most if first else LATE_FRAMES):
            frame = self._render(product)
            problem = NO_FRAME if frame is None else _problem_of(frame, first, clear, depth_m)
            if frame is not None and not (first and problem):
                break
        for _ in range(self._settle if first and not problem else 0):
            frame = self._render(product) or frame
        if frame is not None and first and not problem:
            problem = _problem_of(frame, False, clear, depth_m)
        if problem and not self.problem:
            self.problem = problem
        return frame

    def _render(self, product: str) -> RtxFrame | None:
        assert self._stage is not None
        outputs = self._renderer.step(
            render_products={product}, delta_time=self._period_s, ordinal=self._stage.ordinal
        )
        frames = outputs[product].frames if product in outputs else []
        if not frames:
            return None
        newest = frames[-1]
        began_s = float(newest.start_time)
        if began_s <= self._last.get(product, -1.0):
            return None  # It is the one that was there before.
        self._last[product] = began_s
        width, height = self._sizes[product]
        rgba = _mapped(newest, f"{product}/{COLOUR}", (height, width, 4), np.dtype(np.uint8))
        depth = _mapped(newest, f"{product}/{DEPTH}", (height, width, 1), np.dtype(np.float32))
        return RtxFrame(rgba[..., :3].copy(), depth[..., 0].copy(), began_s)


def _mapped(frame: Any, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    """A render variable, copied.

    Raises:
        RuntimeError: There is none of this name, or it is not what ovrtx documents.
    """
    import ovrtx

    if name not in frame.render_vars:
        known = ", ".join(sorted(frame.render_vars)) or "none"
        raise RuntimeError(f"ovrtx renders no {name}; it tells of {known}")
    with frame.render_vars[name].map(device=ovrtx.Device.CPU) as mapped:
        found = np.array(np.from_dlpack(mapped))
    if found.shape != shape or found.dtype != dtype:
        raise RuntimeError(
            f"ovrtx renders {name} as {found.dtype} {found.shape}, and it must be {dtype} {shape}"
        )
    return found


def _problem_of(frame: RtxFrame, first: bool, clear: NDArray[np.bool_], depth_m: NDArray[np.float32]) -> str:
    brightest, darkest = int(frame.rgb.max()), int(frame.rgb.min())
    # A robot may come to stand before a wall; the run's own checks count such frames.
    if first and brightest <= BLACK_LEVEL:
        return "ovrtx delivers black frames"
    if first and brightest - darkest <= CONSTANT_SPREAD:
        return "ovrtx delivers frames of one colour"
    there = ~clear
    off = np.abs(frame.depth_m[there] - depth_m[there])
    agrees = np.mean(off <= _NEAR_M + _NEAR_SHARE * depth_m[there]) if there.any() else 1.0
    if not agrees >= _AGREE:
        return (
            f"what ovrtx draws is not where the world is: {agrees:.0%} of its depths are those of the "
            f"geometry, of at least {_AGREE:.0%}"
        )
    return ""
