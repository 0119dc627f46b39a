"""A frame with boxes on it, whatever the boxes are: a picture is looked at, it judges nothing."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.outputs import Boxes

if TYPE_CHECKING:
    from PIL.Image import Image

Box = Sequence[float]
TRUTH_COLOR = (60, 220, 90)
FOUND_COLOR = (255, 176, 0)
_TEXT_SIZE = 10


def picture(frame: NDArray[np.uint8], found: Sequence[Boxes], scale: int, truth: Sequence[Box] = ()) -> Image:
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
    pen = _Pen(draw, scale, size)
    for box in truth:
        pen.box(box, TRUTH_COLOR, 1, "")
    for detections in found:
        for k, box in enumerate(detections.boxes.tolist()):
            text = f"{detections.label(k)} {detections.scores[k]:.2f}"
            pen.box(box, FOUND_COLOR, 2, text)
    return image


class _Pen:
    """Draws boxes; in a picture of many pixels, of which a screen shows fewer, its lines and letters grow."""

    def __init__(self, draw: Any, scale: int, size: tuple[int, int]) -> None:
        from PIL import ImageFont, features

        self._draw, self._scale, self._size = draw, scale, size
        self._thick = max(1, size[0] // 800)
        self._letters = max(_TEXT_SIZE, size[0] // 80)
        if self._letters > _TEXT_SIZE and features.check("freetype2"):
            draw.font = ImageFont.load_default(self._letters)

    def box(self, box: Box, color: tuple[int, int, int], width: int, text: str) -> None:
        """A box in pixels of the frame, with a text above it."""
        if not np.isfinite(box).all():
            return
        draw, (most_x, most_y) = self._draw, self._size
        x0, x1 = sorted(min(max(self._scale * edge, 0.0), float(most_x)) for edge in box[::2])
        y0, y1 = sorted(min(max(self._scale * edge, 0.0), float(most_y)) for edge in box[1::2])
        left, top = min(x0, most_x - 1), min(y0, most_y - 1)
        corners = (left, top, max(left, x1 - 1), max(top, y1 - 1))
        draw.rectangle(corners, outline=color, width=width * self._thick)
        if text:
            shown = _plain(text)
            place = (left + 2, max(0.0, top - self._letters - 2))
            x0, y0, x1, y1 = draw.textbbox(place, shown)
            draw.rectangle((x0 - 1, y0 - 1, x1 + 1, y1 + 1), fill=(0, 0, 0))
            draw.text(place, shown, fill=color)


def _plain(text: str) -> str:
    """A text in the letters of Pillow's own font, which are ASCII's: u for an umlaut, else an escape."""
    apart = unicodedata.normalize("NFKD", text)
    kept = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return kept.encode("ascii", "backslashreplace").decode("ascii")
