"""The contact sheet: start frames with their labels, and a histogram of every varied parameter."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from simgate.harness.cli.preview.choice import columns, key_parameters, log_parameters
from simgate.harness.cli.preview.frame_job import OUTSIDE
from simgate.harness.cli.preview.histogram import HEIGHT as PANEL_HEIGHT
from simgate.harness.cli.preview.histogram import INK, LINE, SOFT, histogram
from simgate.harness.cli.preview.histogram import WIDTH as PANEL_WIDTH
from simgate.harness.cli.preview.start_frames import StartFrame
from simgate.harness.expansion.variant import Variant
from simgate.harness.packs.model import Pack, Scalar
from simgate.harness.text import number, plural

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

    from simgate.harness.cli.preview.histogram import Font

COLUMNS, TILE_WIDTH, TILE_HEIGHT, LABEL_HEIGHT, GAP = 6, 240, 180, 78, 12
LINE_HEIGHT = 18
MARGIN, HEAD = 24, 64
PANEL_COLUMNS = 5
PAGE = (244, 246, 248)


def contact_sheet(pack: Pack, variants: Sequence[Variant], frames: Sequence[StartFrame]) -> Image.Image:
    """Draws the sheet.

    Args:
        pack: For the title.
        variants: All variants of the preview; histograms count them.
        frames: Those whose start frame is shown.
    """
    from PIL import Image, ImageDraw, ImageFont

    values, logs = columns(variants), log_parameters(pack)
    fonts = {size: ImageFont.load_default(size) for size in (12, 14, 22)}
    rows, panel_rows = math.ceil(len(frames) / COLUMNS), math.ceil(len(values) / PANEL_COLUMNS)
    tall = TILE_HEIGHT * max((len(frame.pictures) for frame in frames), default=1) or 2 * LINE_HEIGHT
    pitch = tall + LABEL_HEIGHT + GAP
    width = 2 * MARGIN + COLUMNS * TILE_WIDTH + (COLUMNS - 1) * GAP
    height = 2 * MARGIN + HEAD + rows * pitch + panel_rows * (PANEL_HEIGHT + GAP) + 40
    sheet = Image.new("RGB", (width, height), PAGE)
    draw = ImageDraw.Draw(sheet)
    scenarios = len({variant.scenario for variant in variants})
    draw.text((MARGIN, MARGIN - 4), pack.name, INK, fonts[22])
    count = f"{plural(len(variants), 'variant')} of {plural(scenarios, 'scenario')}"
    subtitle = f"{count}; start frames of {len(frames)}, each with its most unusual parameters"
    draw.text((MARGIN, MARGIN + 28), subtitle, SOFT, fonts[14])
    top = MARGIN + HEAD
    names = {variant.scenario for variant in variants}
    own = {name: columns([v for v in variants if v.scenario == name]) for name in names}
    for index, frame in enumerate(frames):
        place = (MARGIN + (index % COLUMNS) * (TILE_WIDTH + GAP), top + (index // COLUMNS) * pitch)
        _tile(sheet, draw, frame, own[frame.variant.scenario], place, tall, fonts)
    top += rows * pitch + 8
    draw.text(
        (MARGIN, top),
        f"{plural(len(values), 'varied parameter')}, each over the variants of the scenarios that draw it",
        INK,
        fonts[14],
    )
    for index, (name, column) in enumerate(values.items()):
        panel = histogram(name, column, name in logs, fonts[14], fonts[12])
        left = MARGIN + (index % PANEL_COLUMNS) * (PANEL_WIDTH + GAP)
        sheet.paste(panel, (left, top + 26 + (index // PANEL_COLUMNS) * (PANEL_HEIGHT + GAP)))
    return sheet


def _tile(
    sheet: Image.Image,
    draw: ImageDraw.ImageDraw,
    frame: StartFrame,
    values: Mapping[str, Sequence[Scalar]],
    place: tuple[int, int],
    tall: int,
    fonts: Mapping[int, Font],
) -> None:
    left, top = place
    right, bottom = left + TILE_WIDTH, top + tall
    draw.rectangle((left, top, right, bottom + LABEL_HEIGHT), fill="white", outline=LINE)
    if frame.error:
        _wrapped(draw, f"no frame: {frame.error}", (left + 8, top + 8), fonts[12])
    elif not frame.pictures:
        _wrapped(draw, "no camera or scanner", (left + 8, top + 8), fonts[12])
    for k, shown in enumerate(frame.pictures):
        y = top + k * TILE_HEIGHT
        _paste(sheet, shown.path, (left, y))
        if len(frame.pictures) > 1 or shown.title == OUTSIDE:
            title = _fit(draw, shown.title, fonts[12])
            draw.rectangle((left, y, left + draw.textlength(title, fonts[12]) + 9, y + 16), fill=INK)
            draw.text((left + 4, y + 1), title, "white", fonts[12])
    draw.text((left + 8, bottom + 6), _fit(draw, frame.variant.id, fonts[14]), INK, fonts[14])
    for line, (name, value) in enumerate(key_parameters(frame.variant, values)):
        text = _fit(draw, f"{name} {number(value, 3)}", fonts[12])
        draw.text((left + 8, bottom + 25 + 16 * line), text, SOFT, fonts[12])


def _paste(sheet: Image.Image, path: str, place: tuple[int, int]) -> None:
    """A picture as large as a tile takes it, in its own proportions."""
    from PIL import Image, ImageOps

    with Image.open(path) as picture:
        enlarged = picture.width * 2 <= TILE_WIDTH
        how = Image.Resampling.NEAREST if enlarged else Image.Resampling.BICUBIC
        fitted = ImageOps.contain(picture.convert("RGB"), (TILE_WIDTH, TILE_HEIGHT), how)
    left, top = (TILE_WIDTH - fitted.width) // 2, (TILE_HEIGHT - fitted.height) // 2
    sheet.paste(fitted, (place[0] + left, place[1] + top))


def _fit(draw: ImageDraw.ImageDraw, text: str, font: Font) -> str:
    """Text cut in its middle when it is wider than a tile: the end of a variant's id tells it apart."""
    if draw.textlength(text, font) <= TILE_WIDTH - 16:
        return text
    keep = len(text)
    while keep > 4 and draw.textlength(_cut(text, keep), font) > TILE_WIDTH - 16:
        keep -= 1
    return _cut(text, keep)


def _cut(text: str, keep: int) -> str:
    tail = keep // 2
    return f"{text[: keep - tail]}\u2026{text[-tail:]}"


def _wrapped(draw: ImageDraw.ImageDraw, text: str, place: tuple[int, int], font: Font) -> None:
    lines = [text[start : start + 36] for start in range(0, min(len(text), 36 * 9), 36)]
    draw.multiline_text(place, "\n".join(lines), SOFT, font)
