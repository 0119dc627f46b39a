"""Metrics of the runtime: latency of perception, deadlines, lost frames, memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.metric import Metric, MetricInfo, MetricValue, Options, undefined

PERCENTILES = (50, 90, 95, 99)
NO_SAMPLES = "perception delivered nothing, so there is no latency"


def sample_percentile(samples: Sequence[float], percent: float) -> float:
    """The smallest sample that at least ``percent`` of the samples do not exceed (nearest rank).

    Args:
        samples: At least one.
        percent: 0 to 100.
    """
    rank = max(math.ceil(percent / 100.0 * len(samples)), 1)
    return float(sorted(samples)[rank - 1])


def _percentile(percent: int, measured: bool) -> Callable[[Evidence, Options], MetricValue]:
    def compute(evidence: Evidence, options: Options) -> MetricValue:
        samples = evidence.latency.measured_ms if measured else evidence.latency.in_loop_ms
        return MetricValue(sample_percentile(samples, percent)) if samples else undefined(NO_SAMPLES)

    return compute


def _max(evidence: Evidence, options: Options) -> MetricValue:
    samples = evidence.latency.in_loop_ms
    return MetricValue(float(max(samples))) if samples else undefined(NO_SAMPLES)


def _ages_ms(evidence: Evidence) -> list[float]:
    """How old each answer's frame was at the control tick in which the policy got it, milliseconds."""
    trace = evidence.trace
    delivered = zip(trace.delivered_steps, trace.answers, strict=True)
    return [1000.0 * (step - found.frame_step) / trace.physics_hz for step, found in delivered]


def _age(percent: float) -> Callable[[Evidence, Options], MetricValue]:
    def compute(evidence: Evidence, options: Options) -> MetricValue:
        ages = _ages_ms(evidence)
        return MetricValue(sample_percentile(ages, percent)) if ages else undefined(NO_SAMPLES)

    return compute


def _jitter(evidence: Evidence, options: Options) -> MetricValue:
    samples = evidence.latency.in_loop_ms
    return MetricValue(float(np.std(samples))) if samples else undefined(NO_SAMPLES)


def _deadline_misses(evidence: Evidence, options: Options) -> MetricValue:
    samples = evidence.latency.in_loop_ms
    if not samples:
        return undefined(NO_SAMPLES)
    return MetricValue(sum(sample > evidence.control_period_ms for sample in samples))


def _frames_dropped(evidence: Evidence, options: Options) -> MetricValue:
    steps = [frame.step for frame in evidence.trace.frames if frame.dropped]
    return MetricValue(len(steps), lost_at_s=steps[0] / evidence.trace.physics_hz if steps else None)


def _rss_peak(evidence: Evidence, options: Options) -> MetricValue:
    peak = evidence.resources.rss_peak_mb
    return undefined("the memory of the host process was not measured") if peak is None else MetricValue(peak)


def _latency(
    name: str, meaning: str, source: str, compute: Callable[[Evidence, Options], MetricValue]
) -> Metric:
    return Metric(
        MetricInfo(name, "ms", "lower", 0, None, "number", meaning, source, options=("model",)), compute
    )


_IN_LOOP = (
    "The model's time in the loop, drawn from its package or measured, of every frame that it was given, "
    "also where the episode ended before the answer; when the policy got the answer is latency.age_*."
)
_AGE = "From the frame's moment to the control tick in which the policy got the answer; answers that came."
_MEASURED = "Inference on this machine, host clock; not reproducible."

RUNTIME_METRICS = (
    *(
        _latency(
            f"latency.p{percent}_ms",
            f"{percent}th percentile (nearest rank) of the latency of perception in the loop.",
            _IN_LOOP,
            _percentile(percent, measured=False),
        )
        for percent in PERCENTILES
    ),
    _latency("latency.max_ms", "Largest latency of perception in the loop.", _IN_LOOP, _max),
    _latency(
        "latency.jitter_ms",
        "Standard deviation of the latency of perception in the loop.",
        _IN_LOOP,
        _jitter,
    ),
    *(
        _latency(
            f"latency.age_p{percent}_ms",
            f"{percent}th percentile (nearest rank) of the age of detections when the policy gets them.",
            _AGE,
            _age(percent),
        )
        for percent in PERCENTILES
    ),
    _latency("latency.age_max_ms", "Oldest detections that the policy got.", _AGE, _age(100)),
    *(
        _latency(
            f"latency.measured_p{percent}_ms",
            f"{percent}th percentile (nearest rank) of the inference time measured on this machine.",
            _MEASURED,
            _percentile(percent, measured=True),
        )
        for percent in PERCENTILES
    ),
    Metric(
        MetricInfo(
            name="deadline_misses",
            unit="",
            direction="lower",
            low=0,
            high=None,
            kind="count",
            meaning="Answers of perception that took longer than one control period in the loop.",
            source=_IN_LOOP,
            options=("model",),
        ),
        _deadline_misses,
    ),
    Metric(
        MetricInfo(
            name="frames_dropped",
            unit="",
            direction="lower",
            low=0,
            high=None,
            kind="count",
            meaning="Camera frames that never reached the model.",
            source="The camera effects of the scene.",
        ),
        _frames_dropped,
    ),
    Metric(
        MetricInfo(
            name="cpu.rss_peak_mb",
            unit="MB",
            direction="lower",
            low=0,
            high=None,
            kind="number",
            meaning="Largest resident memory of the host process from its start to the end of the variant.",
            source="VmHWM of the Linux kernel; not reproducible.",
        ),
        _rss_peak,
    ),
)
