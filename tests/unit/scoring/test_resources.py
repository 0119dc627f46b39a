from __future__ import annotations

import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from harness.scoring.evidence import Evidence
from harness.scoring.metrics import evaluate
from harness.scoring.resources import ResourceMonitor, ResourceUse, rss_peak_mb
from tests.unit.scoring.traces import make_trace, samples


class OneGpu:
    """NVML of a machine with one GPU, as far as the sampler uses it."""

    class NVMLError(Exception):
        pass

    def __init__(self):
        self.asked_for = None
        self.used = iter([1_000_000_000, 3_000_000_000, 2_000_000_000])

    def nvmlInit(self):
        pass

    def nvmlDeviceGetHandleByIndex(self, index):
        self.asked_for = index
        return "gpu"

    def nvmlDeviceGetMemoryInfo(self, device):
        return SimpleNamespace(used=next(self.used, 2_000_000_000))

    def nvmlDeviceGetUtilizationRates(self, device):
        return SimpleNamespace(gpu=40)


def value_of(name, use):
    return evaluate(name, Evidence(make_trace(), samples(), use), {})


IN_A_FRESH_PROCESS = """
from harness.scoring.resources import rss_peak_mb
before = rss_peak_mb()
block = bytearray(60_000_000)
block[::4096] = b"x" * len(block[::4096])
peak = rss_peak_mb()
del block
print(before, peak, rss_peak_mb())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux' /proc")
def test_the_peak_memory_of_the_process_never_falls_and_sees_a_large_array():
    """In a process of its own: the peak of this one may lie above what it holds now."""
    done = subprocess.run(
        [sys.executable, "-c", IN_A_FRESH_PROCESS], capture_output=True, text=True, check=True, timeout=60
    )
    before, peak, after = map(float, done.stdout.split())
    assert peak >= before + 30
    assert after >= peak - 5  # the kernel counts in batches


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux' /proc")
def test_the_monitor_tells_the_peak_of_its_process():
    peak = rss_peak_mb()
    with ResourceMonitor() as monitor:
        pass
    assert value_of("cpu.rss_peak_mb", monitor.use()).value == pytest.approx(peak, rel=0.2)


def test_a_pack_that_does_not_ask_touches_no_gpu(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", None)
    with ResourceMonitor(["cpu.rss_peak_mb"]) as monitor:
        pass
    assert value_of("gpu.memory_peak_mb", monitor.use()).undefined == "GPU use was not sampled"


def test_gpu_metrics_are_the_peak_and_the_percentile_of_the_samples(monkeypatch):
    nvml = OneGpu()
    monkeypatch.setattr("harness.scoring.resources.find_spec", lambda name: object())
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,3")
    with ResourceMonitor(["gpu.memory_peak_mb"]) as monitor:
        time.sleep(0.12)
    use = monitor.use()
    assert nvml.asked_for == 2
    assert len(use.gpu_memory_mb) >= 3
    assert value_of("gpu.memory_peak_mb", use).value == 3000.0
    assert value_of("gpu.utilization_p95", use).value == 40.0


def test_without_the_extra_the_reason_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("harness.scoring.resources.find_spec", lambda name: None)
    with ResourceMonitor(["gpu.utilization_p95"]) as monitor:
        pass
    assert "simgate[gpu]" in value_of("gpu.utilization_p95", monitor.use()).undefined


def test_without_a_driver_the_reason_says_so():
    pynvml = pytest.importorskip("pynvml", reason="needs the extra gpu")
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        with ResourceMonitor(["gpu.utilization_p95"]) as monitor:
            pass
        assert "NVML finds no GPU" in value_of("gpu.utilization_p95", monitor.use()).undefined
    else:
        pytest.skip("this machine has an NVIDIA driver")


def test_an_old_trace_has_no_resources():
    assert "not measured" in value_of("cpu.rss_peak_mb", ResourceUse()).undefined
