"""Percentiles of perception's latency, which a gate rule decides on all samples."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_NAME = re.compile(
    r"latency\.(?P<measured>measured_)?p(?P<percent>\d{1,2}(\.\d+)?)_(?P<unit>ms|over_declared)"
)
OVER_DECLARED = tuple(f"latency.measured_p{percent}_over_declared" for percent in (50, 90, 95, 99))
"""Quotients of what was measured and what the model package declares, for gate rules; no variant has them."""


@dataclass(frozen=True, slots=True)
class LatencyPercentile:
    """Which percentile of which samples a rule speaks of.

    Attributes:
        share: For example 0.95.
        measured: Of what the inference took on this machine, instead of what acted in the loop.
        over_declared: Divided by the same percentile of the latency that the model package declares.
    """

    share: float
    measured: bool
    over_declared: bool = False


@lru_cache(maxsize=1024)
def parse_latency_percentile(metric: str) -> LatencyPercentile | None:
    """Reads ``latency.p95_ms``, ``latency.measured_p99_ms`` and the like; None for any other metric."""
    parsed = _NAME.fullmatch(metric)
    if parsed is None or float(parsed["percent"]) == 0.0:
        return None
    measured, over_declared = parsed["measured"] is not None, parsed["unit"] != "ms"
    if over_declared and not measured:
        return None  # What is drawn from the declaration is as declared.
    return LatencyPercentile(float(parsed["percent"]) / 100.0, measured, over_declared)
