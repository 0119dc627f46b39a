"""Frames on a device go into a runtime on that device as they are; everything else through host memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simgate.harness.execution.episode.lap_clock import LapClock
from simgate.harness.execution.episode.looking import LoopModel
from simgate.harness.execution.episode.loop import Cast, run_episodes
from simgate.harness.tasks.reach_or_report import REACH_OR_REPORT
from simgate.policies.perception.inference.dlpack import dlpack_device
from simgate.policies.perception.package import load_package
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.traits import AdapterTraits
from tests.unit.execution.memory_pack import write_model
from tests.unit.execution.memory_plugins import MEMORY_CORRIDOR, MemoryAdapter, MemoryPolicy, MemoryRuntime

TIMING = Timing(200, 10, 10)
HERE = dlpack_device("cpu")


class Offered:
    """Frames over DLPack and nothing else."""

    def __init__(self, frames: np.ndarray) -> None:
        self.shape = frames.shape
        self._frames = frames

    def __dlpack__(self, *, stream: object = None) -> object:
        return self._frames.__dlpack__()

    def __dlpack_device__(self) -> tuple[object, int]:
        return self._frames.__dlpack_device__()


class OnDevice(MemoryAdapter):
    traits = AdapterTraits(device_frames=True)

    def device_frames(self) -> Offered:
        return Offered(self.frames)


class Taking(MemoryRuntime):
    """Notes how each batch came."""

    frames_device: object = HERE

    def __init__(self, package) -> None:
        super().__init__(package)
        self.came: list[tuple[str, int, int]] = []

    def infer(self, frames):
        kind = "device" if isinstance(frames, Offered) else "host"
        pixels = np.from_dlpack(frames) if kind == "device" else frames
        self.came.append((kind, len(pixels), pixels.ctypes.data))
        return super().infer(pixels)


@pytest.fixture
def play(tmp_path: Path):
    package = load_package(write_model(tmp_path / "model"))

    def start(*doors: float, adapter=OnDevice, noise: float = 0.0, measured: bool = False, place=HERE):
        runtime = Taking(package)
        runtime.frames_device = place
        simulator = adapter(TIMING, {})
        cast = Cast(
            adapter=simulator,
            policy=MemoryPolicy(TIMING.control_hz, {}),
            models=[LoopModel(runtime, None if measured else package.latency)],
            extra_ms=0.0,
            task=REACH_OR_REPORT,
            timing=TIMING,
            time_limit_s=6.0,
        )
        scenes = [
            MEMORY_CORRIDOR.build({"door.distance_m": d, "camera.noise_std": noise, "fault": "none"}, ())
            for d in doors
        ]
        seeds = [7 + k for k in range(len(doors))]
        episodes = run_episodes(cast, scenes, seeds, seeds, LapClock())
        return episodes, runtime.came, simulator

    return start


def test_untouched_frames_go_in_where_they_are_and_change_nothing_else(play):
    (there,), came, simulator = play(3.0)
    assert came
    assert {kind for kind, *_ in came} == {"device"}
    assert {address for *_, address in came} == {simulator.frames.ctypes.data}
    (here,), came, _ = play(3.0, adapter=MemoryAdapter)
    assert {kind for kind, *_ in came} == {"host"}
    assert here.trace.steps.tolist() == there.trace.steps.tolist()
    for name, values in here.trace.signals.items():
        np.testing.assert_array_equal(values, there.trace.signals[name])
    # What the report shows is kept on the host all the same.
    assert all(frame is not None for frame in there.frames)


def test_frames_that_an_effect_has_changed_come_from_the_host(play):
    _, came, _ = play(3.0, noise=0.02)
    assert {kind for kind, *_ in came} == {"host"}


def test_a_batch_comes_from_the_host_as_soon_as_one_world_has_ended(play):
    _, came, _ = play(1.5, 4.0)
    kinds = [(kind, count) for kind, count, _ in came]
    assert kinds[0] == ("device", 2)
    assert kinds[-1] == ("host", 1)
    assert set(kinds) == {("device", 2), ("host", 1)}


@pytest.mark.parametrize("place", [None, dlpack_device("cuda", 0), dlpack_device("cpu", 1)])
def test_a_runtime_on_another_device_or_one_that_takes_arrays_only_gets_arrays(play, place):
    _, came, _ = play(3.0, place=place)
    assert {kind for kind, *_ in came} == {"host"}


def test_measured_latency_is_that_of_each_frame_alone(play):
    _, came, _ = play(3.0, 3.0, measured=True)
    assert {(kind, count) for kind, count, _ in came} == {("host", 1)}
    _, came, _ = play(3.0, measured=True)
    assert {(kind, count) for kind, count, _ in came} == {("device", 1)}
