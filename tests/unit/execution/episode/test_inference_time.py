import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter, sleep

import pytest

from simgate.harness.execution.episode.models import inference_time
from simgate.harness.execution.episode.models.inference_time import InferenceTime, Stopwatch


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


@pytest.mark.parametrize(
    ("wall", "cpu", "device", "queued", "felt", "stalled"),
    [
        (24.0, 20.0, None, 4.0, 20.0, True),  # one slice of somebody else's
        (20.4, 20.0, None, 0.4, 20.0, False),  # left out, and not worth a word
        (40.0, 2.0, 17.0, 20.0, 20.0, True),  # the device worked, then the thread waited for a processor
        (500.0, 20.0, None, 30.0, 20.0, True),  # descheduled, and suspended
    ],
)
def test_waiting_for_a_processor_is_left_out_whatever_it_comes_to(wall, cpu, device, queued, felt, stalled):
    time = InferenceTime(wall, cpu, device, queued)
    assert time.felt_ms == pytest.approx(felt)
    assert time.stalled is stalled


CONTENDED = """
import os, sys
from time import perf_counter
from simgate.harness.execution.episode.models import inference_time
from simgate.harness.execution.episode.models.inference_time import Stopwatch
os.sched_setaffinity(0, {int(sys.argv[1])})
took = []
for _ in range(40):
    watch, start = Stopwatch(), perf_counter()
    sum(range(200_000))
    took.append(watch.stop((perf_counter() - start) * 1000.0, None))
wall, cpu, felt = (sum(getattr(t, name) for t in took) for name in ("wall_ms", "cpu_ms", "felt_ms"))
print(wall / cpu, felt / cpu, sum(t.stalled for t in took))
"""


@pytest.mark.skipif(not Path("/proc/thread-self/schedstat").exists(), reason="Linux says it there")
def test_work_feels_as_long_as_it_is_on_a_processor_that_three_share():
    core = str(min(os.sched_getaffinity(0)))
    spin = f"import os; os.sched_setaffinity(0, {{{core}}})\nwhile True: pass"
    others = [subprocess.Popen([sys.executable, "-c", spin]) for _ in range(2)]
    try:
        done = subprocess.run(
            [sys.executable, "-c", CONTENDED, core], capture_output=True, text=True, check=True
        )
    finally:
        for other in others:
            other.kill()
            other.wait()
    wall, felt, stalls = map(float, done.stdout.splitlines()[-1].split())
    if wall < 1.2:
        pytest.skip(f"the scheduler let the others wait: wall time is {wall:.2f} of the processor time")
    assert felt - 1.0 < 0.4 * (wall - 1.0)
    assert stalls > 0


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


@pytest.mark.skipif(not Path("/proc/thread-self/schedstat").exists(), reason="Linux says it there")
def test_each_thread_is_told_how_long_it_has_waited_itself():
    heard = []
    with ThreadPoolExecutor(1) as other:
        for ask in (of_this_thread, lambda: other.submit(of_this_thread).result()):
            heard.append(ask())
    assert heard[0] != heard[1]


def of_this_thread() -> str:
    """The file that is read, once it has been read."""
    inference_time._queued_ms()
    return str(Path(f"/proc/self/fd/{inference_time._OF_THREAD.file.fileno()}").readlink())
