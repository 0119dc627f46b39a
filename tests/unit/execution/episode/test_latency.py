from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgate.harness.execution.episode.models.latency import LatencyQueue, steps_of
from simgate.policies.perception.outputs import Boxes

RATES = st.sampled_from([50, 100, 200, 240, 500, 1000])
LATENCIES = st.floats(0.0, 2000.0, allow_nan=False)


def seen(frame_step: int) -> Boxes:
    nothing = np.zeros(0, dtype=np.float32)
    return Boxes(np.zeros((0, 4), np.float32), nothing, nothing.astype(np.int64), ("door",), frame_step)


@given(LATENCIES, RATES)
def test_a_latency_takes_the_fewest_steps_that_cover_it(latency_ms: float, hz: int) -> None:
    steps = steps_of(latency_ms, hz)
    assert steps * 1000.0 / hz >= latency_ms - 1e-5
    assert steps == 0 or (steps - 1) * 1000.0 / hz < latency_ms


@given(st.integers(0, 500), RATES)
def test_a_whole_number_of_steps_costs_no_step_more(steps: int, hz: int) -> None:
    assert steps_of(steps * 1000.0 / hz, hz) == steps


@pytest.mark.parametrize("latency_ms", [-1.0, math.nan, math.inf])
def test_a_latency_that_is_no_duration_is_refused(latency_ms: float) -> None:
    with pytest.raises(ValueError, match="finite number of milliseconds"):
        steps_of(latency_ms, 200)


@given(st.lists(LATENCIES, min_size=1, max_size=30))
def test_each_result_comes_once_in_order_at_the_first_tick_at_or_after_it_is_due(
    latencies: list[float],
) -> None:
    period, queue = 20, LatencyQueue(200)
    arrived: list[tuple[int, int]] = []
    for tick in range(len(latencies) + 50):
        step = tick * period
        if tick < len(latencies):
            queue.push(seen(step), latencies[tick])
        arrived += [(d.answer.frame_step, step) for d in queue.deliver(step)]
    assert [frame for frame, _ in arrived] == [k * period for k in range(len(latencies))]
    due_before = 0
    for (frame, delivered), latency_ms in zip(arrived, latencies, strict=True):
        due = max(due_before, frame + steps_of(latency_ms, 200))
        assert due <= delivered < due + period
        due_before = due


def test_without_latency_a_frame_serves_the_very_tick_it_is_taken_in() -> None:
    queue = LatencyQueue(200)
    queue.push(seen(40), 0.0)
    assert [d.due_step for d in queue.deliver(40)] == [40]


def test_a_fast_result_waits_for_the_slow_one_before_it() -> None:
    queue = LatencyQueue(200)
    queue.push(seen(0), 150.0)
    queue.push(seen(20), 1.0)
    assert queue.deliver(20) == []
    assert [d.answer.frame_step for d in queue.deliver(40)] == [0, 20]
