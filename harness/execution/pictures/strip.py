"""One channel's readings at several moments side by side, with what models said of them and a legend."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simgate.harness.execution.pictures.channel_picture import ChannelPictures
from simgate.harness.execution.pictures.colors import Pixels
from simgate.harness.execution.pictures.overlay import picture
from simgate.harness.execution.pictures.views import View
from simgate.harness.trace import Trace
from simgate.policies.perception.outputs import ModelOutput
from simgate.sim_adapters.embodiment import IMAGES, Channel

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_TILES = 6
"""Moments in a strip: as many as fit beside each other on a page."""
TILE_WIDTH = 200
_GAP, _LINE = 4, 16
_INK, _PAPER = (232, 236, 240), (24, 28, 33)


def moments(end_s: float, lost_s: float | None) -> list[float]:
    """Simulated times of a strip: evenly from the start to what went wrong, and the end.

    Args:
        end_s: Of the episode.
        lost_s: When a criterion was lost; None when none was.
    """
    if lost_s is None or lost_s >= end_s:
        lost_s, after = end_s, list[float]()
    else:
        after = [end_s]
    return [*map(float, np.linspace(0.0, max(lost_s, 0.0), MOST_TILES - len(after))), *after]


def said_of(trace: Trace, channel: str, is_eye: bool, step: int) -> list[ModelOutput]:
    """What models that look at a channel said of its reading at a step.

    Args:
        trace: Of the episode.
        channel: Name of the channel.
        is_eye: Whether it is the robot's first colour camera, which models look at that name none.
        step: Physics step of the reading.
    """
    names = {channel, ""} if is_eye else {channel}
    return [one for one in trace.answers if one.frame_step == step and one.channel in names]


def write_strip(path: Path, view: View, trace: Trace, times_s: Sequence[float], is_eye: bool) -> None:
    """Writes the strip of a channel.

    Args:
        path: File to write; its ending says the format.
        view: The channel's readings.
        trace: The episode, for outputs and truth.
        times_s: Moments; each shows the nearest reading, and none is shown twice.
        is_eye: Whether it is the robot's first colour camera.

    Raises:
        OSError: The file cannot be written.
    """
    wanted = [view.nearest(time_s * trace.physics_hz) for time_s in times_s]
    chosen = list(dict.fromkeys(wanted))
    pictures = ChannelPictures(view.channel, [view.readings[k] for k in chosen])
    tiles = [_tile(view, k, pictures.draw(view.readings[k]), trace, is_eye) for k in chosen]
    labels = [f"{view.steps[k] / trace.physics_hz:.2f} s" for k in chosen]
    strip = sheet(_title(view.channel), pictures.legend, tiles, labels)
    if path.suffix == ".jpg":
        strip.save(path, "JPEG", quality=85)
    else:
        strip.save(path, "PNG", compress_level=6)


def _title(channel: Channel) -> str:
    return channel.name if channel.name.endswith(channel.kind) else f"{channel.name} ({channel.kind})"


def _tile(view: View, k: int, pixels: Pixels, trace: Trace, is_eye: bool) -> Image:
    """A reading; on that of a camera also what models said of it, and on the first one what was there."""
    from PIL import Image

    if view.channel.kind not in IMAGES:
        return _fitted(Image.fromarray(pixels, "RGB"))
    step = view.steps[k]
    truth = next((one for one in trace.frames if one.step == step), None) if is_eye else None
    boxes = [entity.box for entity in truth.entities] if truth is not None else []
    depth_m = truth.depth_m if truth is not None else None
    found = said_of(trace, view.channel.name, is_eye, step)
    scale = max(1, TILE_WIDTH // pixels.shape[1])
    return _fitted(picture(pixels, found, scale, boxes, view.channel.intrinsics, depth_m))


def _fitted(image: Image) -> Image:
    """A tile of the strip's height: whole pixels where it is enlarged, so that classes stay apart."""
    from PIL import Image

    if image.height * 2 <= TILE_WIDTH:
        times = TILE_WIDTH // image.height
        return image.resize((image.width * times, image.height * times), Image.Resampling.NEAREST)
    if image.height <= TILE_WIDTH:
        return image
    share = TILE_WIDTH / image.height
    return image.resize((max(1, round(image.width * share)), TILE_WIDTH), Image.Resampling.BOX)


def sheet(
    title: str,
    legend: Sequence[tuple[tuple[int, int, int], str]],
    tiles: Sequence[Image],
    labels: Sequence[str],
) -> Image:
    """Pictures side by side, each over its label, below a title.

    Args:
        title: Of all.
        legend: Colours with what they mean, behind the title.
        tiles: The pictures, of any size.
        labels: One for each.
    """
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(12)
    tall = max(tile.height for tile in tiles)
    width = max(480, sum(tile.width for tile in tiles) + _GAP * (len(tiles) - 1))
    rows = _legend_rows(title, legend, width, font)
    made = Image.new("RGB", (width, _LINE * len(rows) + tall + _LINE), _PAPER)
    draw = ImageDraw.Draw(made)
    for row, entries in enumerate(rows):
        for x, color, text in entries:
            if color is not None:
                draw.rectangle((x, row * _LINE + 3, x + 9, row * _LINE + 12), fill=color)
            draw.text((x + (13 if color is not None else 0), row * _LINE + 1), text, _INK, font)
    left, top = 0, _LINE * len(rows)
    for tile, label in zip(tiles, labels, strict=True):
        made.paste(tile, (left, top))
        draw.text((left + 2, top + tall + 1), label, _INK, font)
        left += tile.width + _GAP
    return made


def _legend_rows(
    title: str, legend: Sequence[tuple[tuple[int, int, int], str]], width: int, font: object
) -> list[list[tuple[int, tuple[int, int, int] | None, str]]]:
    """Lines of (x, colour, text): the title, and as many entries as fit in two lines."""
    from PIL import ImageFont

    assert isinstance(font, ImageFont.FreeTypeFont | ImageFont.ImageFont)
    rows: list[list[tuple[int, tuple[int, int, int] | None, str]]] = [[(2, None, title)]]
    x = 2 + round(font.getlength(title)) + 16
    for k, (color, text) in enumerate(legend):
        needed = 13 + round(font.getlength(text)) + 12
        if x + needed > width:
            if len(rows) == 2:
                rows[-1].append((x, None, f"+{len(legend) - k}"))
                break
            rows.append([])
            x = 2
        rows[-1].append((x, color, text))
        x += needed
    return rows
