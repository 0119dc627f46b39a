"""Confidence intervals as bars: the interval shown, the exact bound that decides, and the threshold."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from simgate.harness.gate.verdict import Interval, RuleVerdict
from simgate.harness.text import number
from simgate.reports.drawing import svg
from simgate.reports.wording import percent

WIDTH, HEIGHT, PAD = 220.0, 34.0, 8.0


@dataclass(frozen=True, slots=True)
class Axis:
    """Range of a bar, in the unit of what is estimated."""

    low: float
    high: float
    is_share: bool = True

    def x(self, value: float) -> float:
        """Place of a value, clipped to the bar."""
        share = (value - self.low) / (self.high - self.low)
        return PAD + min(max(share, 0.0), 1.0) * (WIDTH - 2 * PAD)

    def label(self, value: float) -> str:
        """A tick's text."""
        return f"{100 * value:.4g} %" if self.is_share else number(float(value))


def share_axis(values: Iterable[float | None]) -> Axis:
    """An axis for pass rates that ends at 1 and starts at a round share below every value."""
    low = min((value for value in values if value is not None), default=0.0)
    for start in (0.98, 0.95, 0.9, 0.8, 0.5):
        if low >= start + 0.1 * (1 - start):
            return Axis(start, 1.0)
    return Axis(0.0, 1.0)


def value_axis(values: Iterable[float | None]) -> Axis:
    """An axis from zero, or a little below every negative value, to a little above every one."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    low, high = min(known, default=0.0), max(known, default=1.0)
    return Axis(min(low * 1.15, 0.0), high * 1.15 if high > 0 else 1.0, is_share=False)


def rate_bar(rate: float | None, shown: Interval | None, axis: Axis, bound: float | None = None) -> Markup:
    """Interval and estimate of a pass rate."""
    if rate is None:
        return Markup('<span class="muted">nothing counted</span>')
    label = f"pass rate {percent(rate)}"
    if shown:
        label += f", {shown.method} interval {percent(shown.low)} to {percent(shown.high)}"
    return svg.picture(WIDTH, HEIGHT, label, _bar(axis, rate, shown, None, bound), "interval")


def rule_bar(rule: RuleVerdict) -> Markup:
    """Interval shown, exact interval and threshold of a rule; empty when it estimates nothing."""
    if rule.estimate is None or rule.is_plain:
        return Markup("")
    ends = [end for interval in (rule.shown, rule.exact) if interval for end in (interval.low, interval.high)]
    values = [rule.estimate, rule.bound, *ends]
    is_share = not rule.has_unit and all(0 <= value <= 1 for value in values if value is not None)
    axis = (share_axis if is_share and _wants_high(rule) else value_axis)(values)
    axis = Axis(axis.low, min(axis.high, 1.0) if is_share else axis.high, is_share)
    write = percent if is_share else number
    label = f"observed {write(rule.estimate)}"
    if rule.shown:
        label += f", {rule.shown.method} {write(rule.shown.low)} to {write(rule.shown.high)}"
    if rule.exact:
        label += f", exact {write(rule.exact.low)} to {write(rule.exact.high)}"
    if rule.bound is not None:
        label += f", threshold {write(rule.bound)}"
    return svg.picture(
        WIDTH, HEIGHT, label, _bar(axis, rule.estimate, rule.shown, rule.exact, rule.bound), "interval"
    )


def _wants_high(rule: RuleVerdict) -> bool:
    """Whether the rule's values lie near 1, as pass rates do, and not near 0."""
    return rule.bound is None or rule.bound >= 0.5


def _bar(
    axis: Axis, estimate: float, shown: Interval | None, exact: Interval | None, bound: float | None
) -> Markup:
    middle = 11.0
    parts = [svg.element("line", x1=PAD, x2=WIDTH - PAD, y1=middle, y2=middle, class_="axis")]
    if shown:
        left, right = axis.x(shown.low), axis.x(shown.high)
        parts.append(
            svg.element(
                "rect", x=left, y=middle - 4, width=max(right - left, 1.5), height=8, rx=2, class_="shown"
            )
        )
    if exact:
        for end in (exact.low, exact.high):
            x = axis.x(end)
            parts.append(svg.element("path", d=f"M{svg.coordinate(x)} 5v12", class_="exact"))
    if bound is not None:
        x = axis.x(bound)
        parts.append(svg.element("path", d=f"M{svg.coordinate(x)} 1v20", class_="bound"))
    parts.append(svg.element("circle", cx=axis.x(estimate), cy=middle, r=3.2, class_="estimate"))
    parts.append(svg.text(PAD, HEIGHT - 2, axis.label(axis.low), "tick"))
    parts.append(svg.text(WIDTH - PAD, HEIGHT - 2, axis.label(axis.high), "tick", "end"))
    if bound is not None and _has_room(axis, bound):
        parts.append(svg.text(axis.x(bound), HEIGHT - 2, axis.label(bound), "tick bound-tick", "middle"))
    return Markup("").join(parts)


def _has_room(axis: Axis, value: float) -> bool:
    x = axis.x(value)
    return PAD + 46 < x < WIDTH - PAD - 46
