from __future__ import annotations

import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.metrics import evaluate
from simgate.harness.scoring.resources import ResourceMonitor, ResourceUse, rss_peak_mb
from tests.unit.scoring.traces import make_trace, samples


class OneGpu:
    """NVML of a machine with one GPU, as far as the sampler uses it; ``untold`` is not supported."""

    NVML_CLOCK_SM = 1
    nvmlClocksThrottleReasonGpuIdle = 1
    nvmlClocksThrottleReasonSwPowerCap = 4
    nvmlClocksThrottleReasonHwSlowdown = 8
    nvmlClocksThrottleReasonSwThermalSlowdown = 32
    nvmlClocksThrottleReasonHwThermalSlowdown = 64
    nvmlClocksThrottleReasonHwPowerBrakeSlowdown = 128

    class NVMLError(Exception):
        pass

    def __init__(self, untold=()):
        self.asked_for = None
        self.untold = untold
        self.used = iter([1_000_000_000, 3_000_000_000, 2_000_000_000])
        self.power = iter([50_000, 80_000, 70_000])
        self.reasons = iter([self.nvmlClocksThrottleReasonSwPowerCap, self.nvmlClocksThrottleReasonGpuIdle])

    def _tell(self, what, value):
        if what in self.untold:
            raise self.NVMLError("not supported")
        return value

    def nvmlInit(self):
        pass

    def nvmlDeviceGetHandleByIndex(self, index):
        self.asked_for = index
        return "gpu"

    def nvmlDeviceGetHandleByUUID(self, uuid):
        self.asked_for = uuid
        return "gpu"

    def nvmlDeviceGetMemoryInfo(self, device):
        return self._tell("memory", SimpleNamespace(used=next(self.used, 2_000_000_000)))

    def nvmlDeviceGetUtilizationRates(self, device):
        return self._tell("utilization", SimpleNamespace(gpu=40))

    def nvmlDeviceGetPowerUsage(self, device):
        return self._tell("power", next(self.power, 60_000))

    def nvmlDeviceGetClockInfo(self, device, kind):
        assert kind == self.NVML_CLOCK_SM
        return self._tell("clock", 1410)

    def nvmlDeviceGetCurrentClocksThrottleReasons(self, device):
        return self._tell("reasons", next(self.reasons, 0))


@pytest.fixture
def nvml(monkeypatch):
    def install(**board):
        made = OneGpu(**board)
        monkeypatch.setattr("simgate.harness.scoring.gpu_board.find_spec", lambda name: object())
        monkeypatch.setitem(sys.modules, "pynvml", made)
        return made

    return install


def value_of(name, use):
    return evaluate(name, Evidence(make_trace(), samples(), use), {})


IN_A_FRESH_PROCESS = """
from simgate.harness.scoring.resources import rss_peak_mb
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


def measured(metrics):
    """What a monitor saw while the GPU was read at least three times."""
    with ResourceMonitor(metrics) as monitor:
        while len(monitor.use().gpu.get("utilization", ())) < 3:
            time.sleep(0.005)
    return monitor.use()


def test_gpu_metrics_are_made_of_the_samples(monkeypatch, nvml):
    board = nvml()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,3")
    use = measured(["gpu.memory_peak_mb"])
    assert board.asked_for == 2
    taken = len(use.gpu["throttled"])
    expected = {
        "gpu.memory_peak_mb": 3000.0,
        "gpu.utilization_p95": 40.0,
        "gpu.utilization_mean": 40.0,
        "gpu.power_peak_w": 80.0,
        "gpu.power_mean_w": (50 + 80 + 70 + 60 * (taken - 3)) / taken,
        "gpu.clock_min_mhz": 1410.0,
        "gpu.throttled_share": 1 / taken,
    }
    assert {name: value_of(name, use).value for name in expected} == pytest.approx(expected)


def test_a_gpu_that_was_handed_out_by_its_uuid_is_the_one_that_is_read(monkeypatch, nvml):
    board = nvml()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-8f1a,GPU-77")
    measured(["gpu.power_peak_w"])
    assert board.asked_for == "GPU-8f1a"


def test_what_a_board_does_not_tell_is_undefined_and_says_so(nvml):
    nvml(untold=("power",))
    use = measured(["gpu.power_peak_w"])
    assert value_of("gpu.power_peak_w", use).undefined == "this GPU does not tell its power through NVML"
    assert value_of("gpu.memory_peak_mb", use).value == 3000.0


def test_without_the_extra_the_reason_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("simgate.harness.scoring.gpu_board.find_spec", lambda name: None)
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
