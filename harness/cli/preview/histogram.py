"""A histogram of one parameter, drawn with Pillow."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simgate.harness.cli.preview.choice import is_number
from simgate.harness.packs.model import Scalar
from simgate.harness.text import number

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont

    Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

WIDTH, HEIGHT = 290, 132
FEWEST_BINS, MOST_BINS = 6, 28
Numbers = NDArray[np.float64]
MOST_WORDS = 5
INK, SOFT, LINE, BAR = (24, 33, 44), (86, 98, 115), (221, 226, 232), (88, 132, 196)
PAD = 12


def histogram(name: str, values: Sequence[Scalar], log: bool, font: Font, small: Font) -> Image.Image:
    """The panel of one parameter: bars over the range of a number, or counts of words."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, WIDTH - 1, HEIGHT - 1), outline=LINE)
    draw.text((PAD, 8), name, INK, font)
    draw.text((WIDTH - PAD, 9), f"n {len(values)}", SOFT, small, anchor="ra")
    if all(is_number(value) for value in values) and not _are_few_integers(values):
        _draw_numbers(draw, np.array(values, dtype=np.float64), log, small)
    else:
        _draw_words(draw, Counter(values), small)
    return image


def _are_few_integers(values: Sequence[Scalar]) -> bool:
    return all(isinstance(value, int) for value in values) and len(set(values)) <= MOST_WORDS


def bin_counts(values: Numbers, log: bool) -> NDArray[np.int64]:
    """Counts in equal bins from the smallest to the largest value, of logarithms when ``log``.

    Few values get few bins, because in many they would look like a comb whatever they are drawn from.
    """
    bins = min(max(round(1.5 * len(values) ** 0.5), FEWEST_BINS), MOST_BINS)
    scaled = np.log(values) if log else values
    counts, _ = np.histogram(scaled, bins, (float(scaled.min()), float(scaled.max())))
    return counts.astype(np.int64)


def _draw_numbers(draw: ImageDraw.ImageDraw, values: Numbers, log: bool, small: Font) -> None:
    log = log and float(values.min()) > 0
    counts = bin_counts(values, log)
    top, bottom = 32, HEIGHT - 28
    width = (WIDTH - 2 * PAD) / len(counts)
    for index, count in enumerate(counts):
        if count:
            tall = max(1.0, (bottom - top) * float(count) / float(counts.max()))
            left = PAD + index * width
            draw.rectangle((left, bottom - tall, left + width - 2, bottom), fill=BAR)
    draw.line((PAD, bottom + 1, WIDTH - PAD, bottom + 1), fill=SOFT)
    y = HEIGHT - 21
    low, high, median = (
        number(float(values.min()), 3),
        number(float(values.max()), 3),
        number(float(np.median(values)), 3),
    )
    draw.text((PAD, y), low, SOFT, small)
    draw.text((WIDTH / 2, y), f"median {median}{', log' if log else ''}", SOFT, small, anchor="ma")
    draw.text((WIDTH - PAD, y), high, SOFT, small, anchor="ra")


def _draw_words(draw: ImageDraw.ImageDraw, counts: Counter[Scalar], small: Font) -> None:
    shown = counts.most_common(MOST_WORDS)
    if all(is_number(value) for value in counts):
        shown.sort()
    rest = counts.total() - sum(count for _, count in shown)
    rows = [(number(value, 3), count) for value, count in shown] + ([("others", rest)] if rest else [])
    tall = min(20.0, (HEIGHT - 40) / len(rows))
    full = WIDTH - 2 * PAD - 130
    for index, (word, count) in enumerate(rows):
        y = 32 + index * tall
        draw.text((PAD, y), word[:14], SOFT, small)
        width = math.ceil(full * count / counts.total())
        draw.rectangle((PAD + 86, y + 2, PAD + 86 + width, y + tall - 4), fill=BAR)
        draw.text((PAD + 92 + width, y), str(count), SOFT, small)
