from types import SimpleNamespace

import pytest

from simgate.harness.execution.episode.resource_sampler import ResourceSampler
from simgate.harness.scoring.gpu_board import BRAKES


class Board:
    """NVML with one board; calls that are not listed are not supported, as on a Jetson."""

    NVML_CLOCK_SM = 1
    nvmlClocksThrottleReasonGpuIdle = 1
    nvmlClocksThrottleReasonSwPowerCap = 4
    nvmlClocksThrottleReasonHwSlowdown = 8
    nvmlClocksThrottleReasonSwThermalSlowdown = 32
    nvmlClocksThrottleReasonHwThermalSlowdown = 64
    nvmlClocksThrottleReasonHwPowerBrakeSlowdown = 128

    class NVMLError(Exception):
        pass

    def __init__(self, has_gpu=True, tells_power=True):
        self.has_gpu, self.tells_power, self.count = has_gpu, tells_power, 0

    def nvmlInit(self):
        if not self.has_gpu:
            raise self.NVMLError("driver not loaded")

    def nvmlDeviceGetHandleByIndex(self, index):
        self.index = index
        return "board"

    def nvmlDeviceGetHandleByUUID(self, uuid):
        raise self.NVMLError("unknown")

    def nvmlDeviceGetMemoryInfo(self, device):
        self.count += 1
        return SimpleNamespace(used=1_000_000 * self.count)

    def nvmlDeviceGetUtilizationRates(self, device):
        return SimpleNamespace(gpu=40)

    def nvmlDeviceGetPowerUsage(self, device):
        if not self.tells_power:
            raise self.NVMLError("not supported")
        return 70_000 + self.count

    def nvmlDeviceGetClockInfo(self, device, kind):
        assert kind == self.NVML_CLOCK_SM
        return 1500 - self.count

    def nvmlDeviceGetCurrentClocksThrottleReasons(self, device):
        return (
            self.nvmlClocksThrottleReasonSwPowerCap
            if self.count % 2
            else self.nvmlClocksThrottleReasonGpuIdle
        )


def test_a_variant_gets_what_was_seen_since_it_began(monkeypatch):
    monkeypatch.setattr("simgate.harness.execution.episode.resource_sampler.PERIOD_S", 60.0)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2")
    board = Board()
    sampler = ResourceSampler(board)
    sampler.begin()
    sampler.begin()
    summary = sampler.summary()
    sampler.close()
    sampler.close()
    assert board.index == 2
    assert summary.pop("cpu.rss_peak_mb") > 10
    assert summary == {
        "gpu.memory_peak_mb": 3.0,
        "gpu.utilization_mean": 40.0,
        "gpu.power_mean_w": pytest.approx(70.0025, abs=1e-3),
        "gpu.power_peak_w": 70.003,
        "gpu.clock_min_mhz": 1497.0,
        "gpu.throttled_share": 0.5,
    }


def test_samples_are_taken_while_nobody_asks(monkeypatch):
    monkeypatch.setattr("simgate.harness.execution.episode.resource_sampler.PERIOD_S", 0.005)
    board = Board()
    sampler = ResourceSampler(board)
    while board.count < 5:
        pass
    sampler.close()
    seen = board.count
    assert sampler.summary()["gpu.memory_peak_mb"] > seen - 1


def test_what_a_board_does_not_tell_is_left_out():
    sampler = ResourceSampler(Board(tells_power=False))
    sampler.begin()
    summary = sampler.summary()
    sampler.close()
    assert "gpu.utilization_mean" in summary
    assert not any("power" in name for name in summary)


def test_without_a_gpu_only_the_process_is_measured():
    sampler = ResourceSampler(Board(has_gpu=False))
    sampler.begin()
    assert set(sampler.summary()) == {"cpu.rss_peak_mb"}
    sampler.close()


def test_every_name_exists_in_the_real_nvml_module():
    pynvml = pytest.importorskip("pynvml", reason="needs the extra gpu")
    names = [name for name in vars(Board) if name.startswith(("nvml", "NVML"))]
    names += [f"nvmlClocksThrottleReason{name}" for name in BRAKES]
    assert [name for name in names if not hasattr(pynvml, name)] == []
