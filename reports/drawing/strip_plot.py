"""Failed against passed variants along one parameter, as two strips of marks."""

from __future__ import annotations

import math

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from simgate.harness.text import number
from simgate.reports.contrast import Contrast, NumberContrast, WordContrast
from simgate.reports.drawing import svg
from simgate.reports.wording import percent

WIDTH, HEIGHT, LEFT, RIGHT = 340.0, 62.0, 46.0, 8.0
MOST_MARKS = 160
"""More values are thinned to this many quantiles, which keep the shape."""


def contrast_plot(contrast: Contrast, log: bool = False) -> Markup:
    """The plot of a contrast, with its numbers as text alternative; ``log`` is for numbers drawn so."""
    return _number_plot(contrast, log) if isinstance(contrast, NumberContrast) else _word_plot(contrast)


def _number_plot(contrast: NumberContrast, log: bool) -> Markup:
    both = np.concatenate([contrast.failed, contrast.passed])
    low, high = float(both.min()), float(both.max())
    log = log and low > 0

    def x(value: float) -> float:
        a, b, v = (math.log(n) if log else n for n in (low, high, value))
        return LEFT + (v - a) / (b - a) * (WIDTH - LEFT - RIGHT)

    parts: list[Markup] = []
    for name, values, y in (("failed", contrast.failed, 12.0), ("passed", contrast.passed, 32.0)):
        parts.append(svg.text(0, y + 4, name, "tick"))
        parts.append(svg.element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="axis"))
        parts.append(_marks([x(value) for value in _thinned(values)], y, name))
        median = x(float(np.median(values)))
        parts.append(
            svg.element("path", d=f"M{svg.coordinate(median)} {y - 9:g}v18", class_=f"median {name}")
        )
    scale = " (log scale)" if log else ""
    parts.append(svg.text(LEFT, HEIGHT - 6, number(low, 3), "tick"))
    parts.append(svg.text(WIDTH - RIGHT, HEIGHT - 6, number(high, 3), "tick", "end"))
    parts.append(
        svg.text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, contrast.parameter + scale, "tick", "middle")
    )
    label = (
        f"{contrast.parameter}: median {number(float(np.median(contrast.failed)))} in failed, "
        f"{number(float(np.median(contrast.passed)))} in passed variants"
    )
    return svg.picture(WIDTH, HEIGHT, label, Markup("").join(parts), "strip")


def _thinned(values: NDArray[np.float64]) -> NDArray[np.float64]:
    if len(values) <= MOST_MARKS:
        return values
    return np.quantile(values, np.linspace(0, 1, MOST_MARKS))


def _marks(places: list[float], y: float, name: str) -> Markup:
    """Crosses for failed, short bars for passed: told apart without colour, one path for all."""
    if name == "failed":
        d = "".join(f"M{svg.coordinate(x - 3)} {y - 3:g}l6 6m0 -6l-6 6" for x in places)
    else:
        d = "".join(f"M{svg.coordinate(x)} {y - 4:g}v8" for x in places)
    return svg.element("path", d=d, class_=f"mark {name}")


def _word_plot(contrast: WordContrast) -> Markup:
    parts: list[Markup] = []
    groups = (("failed", contrast.failed_share, 12.0), ("passed", contrast.passed_share, 32.0))
    full = WIDTH - LEFT - RIGHT - 44
    for name, share, y in groups:
        parts.append(svg.text(0, y + 4, name, "tick"))
        parts.append(svg.element("rect", x=LEFT, y=y - 6, width=full, height=12, rx=2, class_="track"))
        parts.append(
            svg.element("rect", x=LEFT, y=y - 6, width=full * share, height=12, rx=2, class_=f"share {name}")
        )
        parts.append(svg.text(WIDTH - RIGHT, y + 4, percent(share, 0), "tick", "end"))
    words = f"share with {contrast.parameter} = {number(contrast.value)}"
    parts.append(svg.text(LEFT, HEIGHT - 6, words, "tick"))
    failed, passed = percent(contrast.failed_share, 0), percent(contrast.passed_share, 0)
    label = f"{words}: {failed} of failed, {passed} of passed variants"
    return svg.picture(WIDTH, HEIGHT, label, Markup("").join(parts), "strip")
