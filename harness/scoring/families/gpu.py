"""Metrics of the host's GPU while a variant ran, through NVML."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Literal

from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.families.runtime import sample_percentile
from simgate.harness.scoring.metric import Metric, MetricInfo, MetricValue, Options, undefined
from simgate.harness.scoring.resources import SAMPLE_PERIOD_S

_NVML = f"NVML (extra gpu), sampled every {1000 * SAMPLE_PERIOD_S:g} ms; not reproducible."
_WORDS = {
    "memory_mb": "memory",
    "utilization": "utilization",
    "power_w": "power",
    "clock_mhz": "clock",
    "throttled": "reasons for a low clock",
}


def _metric(
    name: str,
    quantity: str,
    reduce: Callable[[Sequence[float]], float],
    unit: str,
    direction: Literal["higher", "lower", "none"],
    meaning: str,
    high: float | None = None,
) -> Metric:
    """A metric that reduces the samples of one quantity to a number."""

    def compute(evidence: Evidence, options: Options) -> MetricValue:
        use = evidence.resources
        samples = use.gpu.get(quantity)
        if samples:
            return MetricValue(reduce(samples))
        return undefined(use.gpu_absent or f"this GPU does not tell its {_WORDS[quantity]} through NVML")

    return Metric(MetricInfo(f"gpu.{name}", unit, direction, 0, high, "number", meaning, _NVML), compute)


def _p95(samples: Sequence[float]) -> float:
    return sample_percentile(samples, 95)


GPU_METRICS = (
    _metric(
        "memory_peak_mb",
        "memory_mb",
        max,
        "MB",
        "lower",
        "Largest memory in use on the host's GPU while the variant ran, by all its processes.",
    ),
    _metric(
        "utilization_mean",
        "utilization",
        fmean,
        "%",
        "none",
        "Mean share of time in which the host's GPU was busy.",
        100,
    ),
    _metric(
        "utilization_p95",
        "utilization",
        _p95,
        "%",
        "none",
        "95th percentile (nearest rank) of the share of time in which the host's GPU was busy.",
        100,
    ),
    _metric("power_mean_w", "power_w", fmean, "W", "lower", "Mean power of the host's GPU."),
    _metric("power_peak_w", "power_w", max, "W", "lower", "Largest power of the host's GPU."),
    _metric(
        "clock_min_mhz",
        "clock_mhz",
        min,
        "MHz",
        "higher",
        "Lowest clock of the processors of the host's GPU while the variant ran; also low when it idles.",
    ),
    _metric(
        "throttled_share",
        "throttled",
        fmean,
        "share",
        "lower",
        "Share of samples in which power, heat or a brake held the clock of the host's GPU down.",
        1,
    ),
)
