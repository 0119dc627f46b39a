from time import perf_counter, sleep

import pytest

from harness.execution.inference_time import InferenceTime, Stopwatch


@pytest.mark.parametrize(
    ("wall", "cpu", "device", "felt", "stalled"),
    [
        (20.0, 19.5, None, 20.0, False),  # the processor worked all the time
        (20.0, 38.0, None, 20.0, False),  # on two threads
        (24.0, 20.0, None, 24.0, False),  # waits a little, as every machine does
        (500.0, 20.0, None, 20.0, True),  # descheduled
        (20.0, 2.0, 17.0, 20.0, False),  # the device worked
        (500.0, 2.0, 17.0, 19.0, True),  # the host stood still
        (4.0, 0.0, None, 4.0, False),  # too short to tell
    ],
)
def test_only_a_standstill_is_left_out(wall, cpu, device, felt, stalled):
    time = InferenceTime(wall, cpu, device)
    assert (time.felt_ms, time.stalled) == (felt, stalled)


def test_sleeping_is_a_standstill_and_working_is_not():
    watch, start = Stopwatch(), perf_counter()
    sleep(0.05)
    assert watch.stop((perf_counter() - start) * 1000.0, None).stalled
    watch, start = Stopwatch(), perf_counter()
    while watch.stop(0.0, None).cpu_ms < 20.0:
        pass
    took = watch.stop((perf_counter() - start) * 1000.0, None)
    assert took.busy_ms >= 20.0
    assert took.felt_ms <= took.wall_ms
