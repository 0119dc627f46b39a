from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from simgate.harness.scoring.families.runtime import sample_percentile
from simgate.harness.scoring.metrics import compute
from tests.unit.scoring.traces import found, frame, make_trace, samples

HUNDRED = samples(*range(1, 101), measured_ms=[2.0 * k for k in range(1, 101)])


def value(name, latency=HUNDRED, trace=None):
    return compute(name, trace or make_trace(), latency).value


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("latency.p50_ms", 50),
        ("latency.p95_ms", 95),
        ("latency.p99_ms", 99),
        ("latency.max_ms", 100),
        ("latency.measured_p95_ms", 190),
    ],
)
def test_percentiles_are_samples_of_nearest_rank(name, expected):
    assert value(name) == expected


@pytest.mark.parametrize("percent", [1, 50, 90, 95, 99, 99.9, 100])
@pytest.mark.parametrize("size", [1, 2, 7, 20, 101])
def test_nearest_rank_agrees_with_numpys_inverted_cdf(percent, size):
    data = np.random.default_rng(size).lognormal(size=size)
    expected = np.percentile(data, percent, method="inverted_cdf")
    assert sample_percentile(data.tolist(), percent) == expected


def test_the_age_of_an_answer_is_what_the_policy_feels_in_whole_control_periods():
    answers = [found(0), found(1), found(2), found(3)]
    trace = make_trace(11, frames=[frame(k) for k in range(5)], detections=answers)
    # A model of 31 ms: its answer waits for the next control tick. The fifth frame's never came.
    late = [20, 40, 60, 100]
    trace = dataclasses.replace(trace, delivered_steps=tuple(late))
    model = samples(31.0, 31.0, 31.0, 131.0, 31.0)
    assert value("latency.p50_ms", model, trace) == 31.0
    assert value("latency.age_p50_ms", model, trace) == pytest.approx(100.0)
    assert value("latency.age_max_ms", model, trace) == pytest.approx(200.0)


def test_jitter_is_the_standard_deviation():
    assert value("latency.jitter_ms", samples(10, 20, 30)) == pytest.approx(np.std([10, 20, 30]))


def test_a_deadline_is_one_control_period():
    assert value("deadline_misses", samples(99.0, 100.0, 100.1, 250.0)) == 2


def test_latency_without_samples_is_undefined():
    for name in ("latency.p95_ms", "latency.max_ms", "latency.jitter_ms", "deadline_misses"):
        assert "delivered nothing" in compute(name, make_trace(), samples()).undefined


def test_dropped_frames_are_counted():
    trace = make_trace(frames=[frame(0), frame(1, dropped=True), frame(2, dropped=True)])
    assert value("frames_dropped", trace=trace) == 2
