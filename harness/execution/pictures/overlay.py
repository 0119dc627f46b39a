"""A frame with what a model says of it drawn on it, whatever kind of output that is."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simgate.harness.execution.pictures.colors import Color, class_color, class_colors, scale_of_depth
from simgate.policies.perception.outputs import Boxes, Depth, Keypoints, Masks, ModelOutput, Poses
from simgate.sim_adapters.embodiment import Intrinsics

if TYPE_CHECKING:
    from PIL.Image import Image

Box = Sequence[float]
Place = tuple[float, float]
TRUTH_COLOR = (60, 220, 90)
FOUND_COLOR = (255, 176, 0)
AXES: tuple[Color, ...] = ((235, 64, 52), (80, 200, 80), (70, 130, 255))
"""X, Y and Z of an object's pose."""
_AXIS_SHARE = 0.12
"""Length of a drawn axis, as a share of the object's distance: it looks the same near and far."""
_MASK_SHARE = 0.45
_SURE = 0.5
"""Points with a lower score are drawn hollow."""
_TEXT_SIZE = 10
SMALL_PX = 400
"""Frames up to this width are small."""


def scale_for(width: int) -> int:
    """Edge of a frame's pixel in a picture: small frames are enlarged, so that words on them can be read."""
    return 3 if width <= SMALL_PX else 1


def picture(
    frame: NDArray[np.uint8],
    found: Sequence[ModelOutput],
    scale: int,
    truth: Sequence[Box] = (),
    lens: Intrinsics | None = None,
    depth_m: NDArray[np.floating] | None = None,
) -> Image:
    """The frame enlarged, with masks over it, boxes, poses and keypoints on it, and depth beside it.

    A box that is smaller than a pixel, inverted or partly outside is drawn as what of it lies in the frame,
    at least one pixel of the picture; one that is not finite is left out.

    Args:
        frame: uint8, shape (H, W, 3), RGB.
        found: What models say of this frame.
        scale: Edge of a frame's pixel in the picture; nearest neighbour, so that nothing is smoothed over.
        truth: Boxes x0, y0, x1, y1 in pixels of the frame, drawn thin.
        lens: Of the camera; poses are drawn where it is known.
        depth_m: True depth of the frame, drawn beside that of a model.
    """
    from PIL import ImageDraw

    for one in found:
        if isinstance(one, Masks):
            frame = _under_mask(frame, one)
    image = _enlarged(frame, scale)
    pen = _Pen(ImageDraw.Draw(image), scale, image.size)
    for box in truth:
        pen.box(box, TRUTH_COLOR, 1, "")
    for one in found:
        if isinstance(one, Boxes):
            for k, box in enumerate(one.boxes.tolist()):
                pen.box(box, FOUND_COLOR, 2, f"{one.label(k)} {one.scores[k]:.2f}")
        elif isinstance(one, Masks):
            pen.legend([(class_color(k), one.classes[k]) for k in np.unique(one.labels).tolist() if k >= 0])
        elif isinstance(one, Poses) and lens is not None:
            _draw_poses(pen, one, lens)
        elif isinstance(one, Keypoints):
            _draw_keypoints(pen, one)
    depths = [one.depth_m for one in found if isinstance(one, Depth)]
    return _with_depths(image, depths, depth_m, scale) if depths else image


def _enlarged(pixels: NDArray[np.uint8], scale: int) -> Image:
    from PIL import Image

    height, width = pixels.shape[:2]
    return Image.fromarray(pixels, "RGB").resize((width * scale, height * scale), Image.Resampling.NEAREST)


def _under_mask(frame: NDArray[np.uint8], mask: Masks) -> NDArray[np.uint8]:
    there = (mask.labels >= 0)[..., None]
    tinted = (1.0 - _MASK_SHARE) * frame + _MASK_SHARE * class_colors(mask.labels)
    return np.where(there, tinted, frame).astype(np.uint8)


def _draw_poses(pen: _Pen, poses: Poses, lens: Intrinsics) -> None:
    for k in range(len(poses)):
        origin = poses.translations_m[k]
        if origin[2] <= 0.0:
            continue  # Behind the camera.
        middle = _pixel(origin, lens)
        ends = [middle]
        for axis, color in enumerate(AXES):
            end = origin + _AXIS_SHARE * origin[2] * poses.rotations[k][:, axis]
            if end[2] > 0.0:
                ends.append(_pixel(end, lens))
                pen.line(middle, ends[-1], color)
        pen.text(_top(ends), f"{poses.classes[int(poses.class_ids[k])]} {poses.scores[k]:.2f}", FOUND_COLOR)


def _top(places: Sequence[Place]) -> Place:
    """Left and top of all places, where a name covers none of them."""
    return min(x for x, _ in places), min(y for _, y in places)


def _pixel(point: NDArray[np.float64], lens: Intrinsics) -> Place:
    x, y, z = point.tolist()
    return lens.centre_px[0] + lens.focal_px * x / z, lens.centre_px[1] + lens.focal_px * y / z


def _draw_keypoints(pen: _Pen, found: Keypoints) -> None:
    for k in range(len(found)):
        places = [(float(x), float(y)) for x, y in found.points[k].tolist()]
        for j, place in enumerate(places):
            pen.dot(place, class_color(j), filled=bool(found.point_scores[k, j] >= _SURE))
        known = [place for place in places if np.isfinite(place).all()]
        if known:
            label = f"{found.classes[int(found.class_ids[k])]} {found.scores[k]:.2f}"
            pen.text(_top(known), label, FOUND_COLOR)


def _with_depths(
    image: Image, said: Sequence[NDArray[np.floating]], true: NDArray[np.floating] | None, scale: int
) -> Image:
    """The picture with the depths at its right, all in one scale."""
    from PIL import Image, ImageDraw

    shared = scale_of_depth([true] if true is not None else said)
    panels = [("model's depth", depth) for depth in said]
    panels += [("true depth", true)] if true is not None else []
    wide = Image.new("RGB", (image.width * (1 + len(panels)), image.height))
    wide.paste(image, (0, 0))
    for k, (name, depth) in enumerate(panels):
        heat = _enlarged(shared.colors(depth), scale)
        pen = _Pen(ImageDraw.Draw(heat), 1, heat.size)
        pen.text((0.0, heat.height), f"{name}, {shared.text('m')}", (255, 255, 255))
        wide.paste(heat, (image.width * (k + 1), 0))
    return wide


class _Pen:
    """Draws in pixels of a frame; in a picture of many pixels, of which a screen shows fewer, its lines and
    letters grow."""

    def __init__(self, draw: Any, scale: int, size: tuple[int, int]) -> None:
        from PIL import ImageFont, features

        self._draw, self._scale, self._size = draw, scale, size
        self._thick = max(1, size[0] // 800)
        self._letters = max(_TEXT_SIZE, size[0] // 80)
        if self._letters > _TEXT_SIZE and features.check("freetype2"):
            draw.font = ImageFont.load_default(self._letters)

    def box(self, box: Box, color: Color, width: int, text: str) -> None:
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
            self._write(left + 2, max(0.0, top - self._letters - 2), text, color)

    def line(self, start: tuple[float, float], end: tuple[float, float], color: Color) -> None:
        """A line from a place to another."""
        places = [self._place(start), self._place(end)]
        if None not in places:
            self._draw.line(places, fill=color, width=2 * self._thick)

    def dot(self, place: tuple[float, float], color: Color, filled: bool) -> None:
        """A dot at a place."""
        if (at := self._place(place)) is not None:
            r = 3 * self._thick
            circle = (at[0] - r, at[1] - r, at[0] + r, at[1] + r)
            self._draw.ellipse(circle, fill=color if filled else None, outline=color, width=self._thick)

    def text(self, place: tuple[float, float], text: str, color: Color) -> None:
        """A text above a place, inside of the picture."""
        if (at := self._place(place)) is not None:
            x = min(max(at[0], 1.0), max(1.0, self._size[0] - 6.0 * len(text)))
            self._write(
                x, min(max(0.0, at[1] - self._letters - 4), self._size[1] - self._letters - 2.0), text, color
            )

    def legend(self, entries: Sequence[tuple[Color, str]]) -> None:
        """Names of colours, from the top left corner down."""
        for k, (color, name) in enumerate(entries):
            self._write(2.0, 2.0 + k * (self._letters + 3), name, color)

    def _place(self, place: tuple[float, float]) -> tuple[float, float] | None:
        """A place in the picture, not farther outside than Pillow takes; None where it is not finite."""
        if not np.isfinite(place).all():
            return None
        far = 4.0 * max(self._size)
        x, y = (min(max(self._scale * part, -far), far) for part in place)
        return x, y

    def _write(self, x: float, y: float, text: str, color: Color) -> None:
        shown = _plain(text)
        x0, y0, x1, y1 = self._draw.textbbox((x, y), shown)
        self._draw.rectangle((x0 - 1, y0 - 1, x1 + 1, y1 + 1), fill=(0, 0, 0))
        self._draw.text((x, y), shown, fill=color)


def _plain(text: str) -> str:
    """A text in the letters of Pillow's own font, which are ASCII's: u for an umlaut, else an escape."""
    apart = unicodedata.normalize("NFKD", text)
    kept = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return kept.encode("ascii", "backslashreplace").decode("ascii")
