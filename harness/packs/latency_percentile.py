"""The metrics that a gate rule can speak of: percentiles of perception's latency."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_NAME = re.compile(r"latency\.(?P<measured>measured_)?p(?P<percent>\d{1,2}(\.\d+)?)_ms")


@dataclass(frozen=True, slots=True)
class LatencyPercentile:
    """Which percentile of which samples a rule speaks of.

    Attributes:
        share: For example 0.95.
        measured: Of what the inference took on this machine, instead of what acted in the loop.
    """

    share: float
    measured: bool


@lru_cache(maxsize=1024)
def parse_latency_percentile(metric: str) -> LatencyPercentile | None:
    """Reads ``latency.p95_ms`` or ``latency.measured_p99_ms``; None for any other metric."""
    parsed = _NAME.fullmatch(metric)
    if parsed is None or float(parsed["percent"]) == 0.0:
        return None
    return LatencyPercentile(float(parsed["percent"]) / 100.0, parsed["measured"] is not None)
