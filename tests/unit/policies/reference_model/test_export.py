import numpy as np
import pytest

pytest.importorskip("torch", reason="training only")
pytest.importorskip("onnx", reason="training only")

import torch

from simgate.policies.perception.package import load_package
from simgate.policies.perception.preprocessing.preprocess import Preprocessor
from simgate.policies.perception.runtimes.onnxruntime_runtime import OnnxRuntime
from simgate.policies.reference_model.export import ONNX_FILE, export_onnx, write_package
from simgate.policies.reference_model.frames import CLASSES
from simgate.policies.reference_model.network import DoorNet
from simgate.policies.reference_model.training import as_input


@pytest.fixture
def package(tmp_path):
    torch.manual_seed(0)
    export_onnx(DoorNet(len(CLASSES), (8, 8, 16)), tmp_path / ONNX_FILE)
    thresholds = {"glass_door": 0.3, "wooden_door": 0.31, "person": 0.32}
    path = write_package(
        tmp_path, version="9", thresholds=thresholds, lineage={"seed": 1}, limits={"score_max": 0.1}
    )
    return load_package(path)


def test_an_exported_network_is_a_sound_package_that_runs(package):
    runtime = OnnxRuntime(package)
    assert package.score_thresholds == (0.3, 0.31, 0.32)
    assert len(runtime.infer(np.zeros((3, 120, 160, 3), np.uint8))) == 3


def test_the_package_prepares_frames_exactly_as_training_did(package):
    frames = np.random.default_rng(0).integers(0, 256, (2, 120, 160, 3)).astype(np.uint8)
    trained_on = as_input(torch.from_numpy(frames)).numpy()
    np.testing.assert_allclose(Preprocessor(package.input)(frames), trained_on, atol=1e-5)


def test_a_lineage_that_was_read_is_written_as_it_was(tmp_path):
    export_onnx(DoorNet(len(CLASSES), (8, 8, 16)), tmp_path / ONNX_FILE)
    given = {"commit": "0123456", "seed": 710001, "data": "12e45678"}
    arguments = {"version": "1.0.0", "thresholds": dict.fromkeys(CLASSES, 0.5), "limits": {}}
    path = write_package(tmp_path, lineage=given, **arguments)
    text, read = path.read_text(), load_package(path).lineage
    assert read == {"commit": "0123456", "seed": "710001", "data": "12e45678"}
    assert write_package(tmp_path, lineage=read, **arguments).read_text() == text
