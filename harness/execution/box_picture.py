"""A frame with boxes on it, whatever the boxes are: a picture is looked at, it judges nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.detections import Detections

if TYPE_CHECKING:
    from PIL.Image import Image

Box = Sequence[float]
TRUTH_COLOR = (60, 220, 90)
FOUND_COLOR = (255, 176, 0)
_TEXT_HEIGHT = 12


def picture(
    frame: NDArray[np.uint8], found: Sequence[Detections], scale: int, truth: Sequence[Box] = ()
) -> Image:
    """The frame enlarged, truth boxes thin, detections thick with class and score.

    A box that is smaller than a pixel, inverted or partly outside is drawn as what of it lies in the frame,
    at least one pixel of the picture; one that is not finite is left out.

    Args:
        frame: uint8, shape (H, W, 3), RGB.
        found: Detections of this frame.
        scale: Edge of a frame's pixel in the picture; nearest neighbour, so that nothing is smoothed over.
        truth: Boxes x0, y0, x1, y1 in pixels of the frame.
    """
    from PIL import Image, ImageDraw

    height, width = frame.shape[:2]
    size = (width * scale, height * scale)
    image = Image.fromarray(frame, "RGB").resize(size, Image.Resampling.NEAREST)
    draw = ImageDraw.Draw(image)
    for box in truth:
        _draw(draw, box, scale, size, TRUTH_COLOR, 1, "")
    for detections in found:
        for k, box in enumerate(detections.boxes.tolist()):
            text = f"{detections.label(k)} {detections.scores[k]:.2f}"
            _draw(draw, box, scale, size, FOUND_COLOR, 2, text)
    return image


def _draw(
    draw: Any, box: Box, scale: int, size: tuple[int, int], color: tuple[int, int, int], width: int, text: str
) -> None:
    if not np.isfinite(box).all():
        return
    x0, y0, x1, y1 = (
        min(max(scale * edge, 0.0), float(most)) for edge, most in zip(box, (*size, *size), strict=True)
    )
    left, top = min(x0, x1, size[0] - 1), min(y0, y1, size[1] - 1)
    draw.rectangle(
        (left, top, max(left, max(x0, x1) - 1), max(top, max(y0, y1) - 1)), outline=color, width=width
    )
    if text:
        # The font that Pillow brings knows Latin letters only, and fails on others where FreeType is missing.
        shown = text.encode("latin-1", "backslashreplace").decode("latin-1")
        place = (left + 2, max(0.0, top - _TEXT_HEIGHT))
        x0, y0, x1, y1 = draw.textbbox(place, shown)
        draw.rectangle((x0 - 1, y0 - 1, x1 + 1, y1 + 1), fill=(0, 0, 0))
        draw.text(place, shown, fill=color)
