import numpy as np
import pytest

from simgate.policies.perception.package import PackageError, load_package

pytest.importorskip("onnx", reason="makes the tiny model of these tests")

import onnx

from simgate.policies.perception.runtimes.onnxruntime_runtime import OnnxRuntime
from tests.unit.policies.perception.bare_onnx import bare_onnx
from tests.unit.policies.perception.tiny_model import onnx_bytes, write_package


@pytest.fixture
def runtime(tmp_path):
    runtime = OnnxRuntime(load_package(write_package(tmp_path)))
    yield runtime
    runtime.close()


def frame(row: int, column: int, rgb: tuple[int, int, int]) -> np.ndarray:
    image = np.zeros((24, 32, 3), np.uint8)
    image[row * 8 : row * 8 + 8, column * 8 : column * 8 + 8] = rgb
    return image


def test_a_red_cell_is_found_where_it_is(runtime):
    (found,) = runtime.infer(frame(1, 2, (255, 0, 0))[None])
    assert [found.label(k) for k in range(len(found))] == ["glass_door"]
    np.testing.assert_allclose(found.boxes, [[12, 4, 28, 20]])
    assert found.scores[0] > 0.99


def test_a_batch_gives_bit_for_bit_what_single_frames_give(runtime):
    frames = np.random.default_rng(0).integers(0, 256, (7, 24, 32, 3)).astype(np.uint8)
    together = runtime.infer(frames)
    assert sum(len(found) for found in together) > 0
    for image, found in zip(frames, together, strict=True):
        (alone,) = runtime.infer(image[None])
        np.testing.assert_array_equal(found.boxes, alone.boxes)
        np.testing.assert_array_equal(found.scores, alone.scores)
        np.testing.assert_array_equal(found.class_ids, alone.class_ids)


def test_more_threads_give_the_same_bits(tmp_path, monkeypatch, runtime):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    two = OnnxRuntime(load_package(write_package(tmp_path)))
    frames = np.random.default_rng(0).integers(0, 256, (7, 24, 32, 3)).astype(np.uint8)
    for found, alone in zip(two.infer(frames), runtime.infer(frames), strict=True):
        np.testing.assert_array_equal(found.scores, alone.scores)
        np.testing.assert_array_equal(found.boxes, alone.boxes)
    two.close()


def test_a_package_that_declares_bgr_swaps_the_classes_of_red_and_blue(tmp_path):
    runtime = OnnxRuntime(load_package(write_package(tmp_path, color="bgr")))
    (found,) = runtime.infer(frame(1, 2, (255, 0, 0))[None])
    assert [found.label(k) for k in range(len(found))] == ["wooden_door"]


def test_what_ran_is_described(runtime, tmp_path):
    info = runtime.describe()
    assert (info.runtime, info.device, info.model) == ("onnxruntime", "cpu", "tiny 1.0.0")
    assert info.artifact_sha256 == load_package(tmp_path).artifact("onnx").sha256


def test_a_file_that_onnx_runtime_cannot_load_is_reported_with_its_name(tmp_path):
    package = load_package(write_package(tmp_path, bare_onnx(["frames"], ["heatmap", "box"])))
    with pytest.raises(PackageError, match=r"model-unreadable.*'tiny.onnx' cannot be loaded"):
        OnnxRuntime(package)


def test_a_shape_that_only_onnx_runtime_infers_is_reported_before_anything_runs(tmp_path):
    model = onnx.load_model_from_string(onnx_bytes(channels=3))
    model.graph.output[0].type.tensor_type.ClearField("shape")
    package = load_package(write_package(tmp_path, model.SerializeToString()))
    with pytest.raises(
        PackageError, match=r"shape \[any, 3, 3, 4\], the package says \[N, 2, 3, 4\]"
    ) as caught:
        OnnxRuntime(package)
    assert {p.code for p in caught.value.problems} == {"model-io"}


def test_frames_of_another_size_name_the_size_that_the_model_takes(runtime):
    with pytest.raises(RuntimeError, match="32x24 pixels"):
        runtime.infer(np.zeros((1, 48, 64, 3), np.uint8))


def test_a_closed_runtime_says_so(runtime):
    runtime.close()
    with pytest.raises(RuntimeError, match="closed"):
        runtime.infer(np.zeros((1, 24, 32, 3), np.uint8))
