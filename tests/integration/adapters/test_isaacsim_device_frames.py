"""From Isaac Sim's renderer (the double's) into the torch runtime without a copy, with the shipped model."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="takes frames over DLPack")
pytest.importorskip("onnx", reason="converts the reference model to torch")

from simgate.harness.execution.episode.lap_clock import LapClock
from simgate.harness.execution.episode.looking import LoopModel
from simgate.harness.execution.episode.models.device_frames import source_of
from simgate.harness.execution.episode.models.perception_stage import PerceptionStage
from simgate.policies.perception.files.trust import ALL, VARIABLE
from simgate.policies.perception.onnx_to_torch import main as onnx_to_torch
from simgate.policies.perception.package import load_package
from simgate.policies.perception.runtimes.torch_runtime import TorchRuntime
from simgate.sim_adapters.conformance import TIMING
from simgate.sim_adapters.isaacsim.adapter import IsaacSimAdapter
from simgate.sim_adapters.planar_drive import DriveView
from simgate.sim_adapters.scene.sensor import CameraEffects
from simgate.sim_adapters.worlds.office_corridor import OFFICE_CORRIDOR
from tests.integration.adapters import isaac_double

MODEL = Path(__file__).parents[3] / "policies" / "reference_model"
pytestmark = pytest.mark.skipif(bool(isaac_double.missing()), reason=isaac_double.missing() or "-")


class Watched(TorchRuntime):
    """Notes what it is given."""

    def infer(self, frames):
        self.given = frames
        return super().infer(frames)


@pytest.fixture
def runtime(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, ALL)
    for name in ("model.yaml", "detector.onnx"):
        shutil.copy(MODEL / name, tmp_path / name)
    assert onnx_to_torch([str(tmp_path), str(tmp_path / "detector.pt2"), "--add"]) == 0
    made = Watched(load_package(tmp_path / "model.yaml"), "cpu")
    yield made
    made.close()


@pytest.fixture
def adapter(monkeypatch, tmp_path_factory):
    isaac_double.use_in_this_process(monkeypatch, tmp_path_factory.getbasetemp())
    made = IsaacSimAdapter(TIMING, {"settle_frames": 1})
    yield made
    made.close()


def office():
    defaults = {name: spec.default for name, spec in OFFICE_CORRIDOR.parameters.items()}
    door = {"door.kind": "wood", "door.distance_m": 3.0, "camera.noise_std": 0.0}
    return OFFICE_CORRIDOR.build({**defaults, **door}, [])


def detections(adapter, runtime, source):
    """What four control ticks deliver, with latency as measured, through the loop's own stage."""
    observation = adapter.reset([office()])
    models, hz = [LoopModel(runtime, None)], TIMING.physics_hz
    stage = PerceptionStage(models, 0.0, [CameraEffects()], [1], hz, LapClock(), adapter.embodiment, source)
    found = []
    for _ in range(4):
        stage.sense(observation, [0])
        found.append((runtime.given, runtime.infer(runtime.given)[0]))
        if source is not None:
            pixels = np.from_dlpack(runtime.given)
            assert pixels.ctypes.data == adapter._world.frame.device_rgba.ptr
            assert np.array_equal(pixels, DriveView(observation).rgb)
        observation = adapter.step(np.array([[0.5, 0.1]]))
    return found


def test_detections_are_the_same_and_the_frame_is_the_renderers_own_memory(adapter, runtime):
    on_device = detections(adapter, runtime, source_of(adapter))
    through_host = detections(adapter, runtime, None)
    for (given, a), (array, b) in zip(on_device, through_host, strict=True):
        assert not isinstance(given, np.ndarray)
        assert isinstance(array, np.ndarray)
        assert len(a) == len(b) > 0
        np.testing.assert_array_equal(a.boxes, b.boxes)
        np.testing.assert_array_equal(a.scores, b.scores)
