"""The tensorrt runtime, above the double of TensorRT's bindings."""

import hashlib
import json

import numpy as np
import pytest
import yaml

pytest.importorskip("onnx", reason="makes the tiny model of these tests")
pytest.importorskip("torch", reason="the runtime keeps its buffers in torch")

import torch

from simgate.policies.perception.package import PackageError, load_package
from simgate.policies.perception.runtimes.onnxruntime_runtime import OnnxRuntime
from simgate.policies.perception.runtimes.tensorrt_runtime import TensorRtRuntime
from tests.doubles.engines import double_on_path, write_double_plan
from tests.doubles.tensorrt_device import CpuDevice
from tests.doubles.tensorrt_double.plan_file import write_plan
from tests.unit.policies.perception.made_models import constant_onnx, dense_onnx, package
from tests.unit.policies.perception.tiny_model import onnx_bytes, write_package

FRAMES = np.random.default_rng(3).integers(0, 256, (8, 24, 32, 3)).astype(np.uint8)


@pytest.fixture(params=["11.4", "10.16"])
def release(request, monkeypatch):
    with double_on_path(request.param, monkeypatch):
        yield request.param


@pytest.fixture
def newest(monkeypatch):
    with double_on_path("11.4", monkeypatch):
        yield "11.4"


def packaged(folder, **engine):
    path = write_package(folder)
    write_double_plan(path, **engine)
    return load_package(path)


def same(first, second, tolerance):
    assert [len(found) for found in first] == [len(found) for found in second]
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a.class_ids, b.class_ids)
        np.testing.assert_allclose(a.boxes, b.boxes, atol=tolerance)
        np.testing.assert_allclose(a.scores, b.scores, atol=tolerance)


@pytest.mark.parametrize("batch", [1, 3, 8])
def test_it_finds_what_onnxruntime_finds(tmp_path, release, batch):
    package = packaged(tmp_path, release=release)
    runtime = TensorRtRuntime(package, CpuDevice())
    expected = OnnxRuntime(package).infer(FRAMES[:batch])
    assert sum(map(len, expected)) > 0
    for _ in range(3):  # plain, captured, replayed
        same(runtime.infer(FRAMES[:batch]), expected, 1e-4)
    assert runtime.device_ms > 0
    assert runtime.memory_bytes > 0


def test_frames_on_the_device_are_taken_as_they_are(tmp_path, newest):
    package = packaged(tmp_path)
    runtime = TensorRtRuntime(package, CpuDevice())
    same(runtime.infer(torch.from_numpy(FRAMES)), runtime.infer(FRAMES), 0.0)


def test_what_ran_is_described(tmp_path, release):
    package = packaged(tmp_path, release=release)
    info = TensorRtRuntime(package, CpuDevice()).describe()
    assert info.runtime == "tensorrt"
    assert info.version.startswith(release)
    assert info.device == "cuda:0 Double of a GPU"
    assert info.artifact_sha256 == package.artifact("tensorrt").sha256


def test_a_batch_size_that_comes_again_is_replayed_as_a_graph(tmp_path, newest):
    device = CpuDevice()
    runtime = TensorRtRuntime(packaged(tmp_path), device)
    seen = []
    for batch in (1, 1, 1, 2, 1, 1):
        runtime.infer(FRAMES[:batch])
        seen.append(device.replays)
    assert seen == [0, 1, 2, 2, 2, 3]


def test_a_device_that_cannot_capture_a_graph_runs_without(tmp_path, newest):
    device = CpuDevice()
    device.capture = lambda work: None
    package = packaged(tmp_path)
    runtime = TensorRtRuntime(package, device)
    for _ in range(3):
        same(runtime.infer(FRAMES), OnnxRuntime(package).infer(FRAMES), 1e-4)
    assert device.replays == 0


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("execute", "refused execute_async_v3: enqueueV3: CUDA error 719"),
        ("address", "refused set_tensor_address 'frames'"),
    ],
)
def test_what_tensorrt_refuses_while_it_runs_is_named_with_its_reason(
    tmp_path, release, monkeypatch, fault, words
):
    runtime = TensorRtRuntime(packaged(tmp_path, release=release), CpuDevice())
    monkeypatch.setenv("SIMGATE_TRT_FAULT", fault)
    with pytest.raises(RuntimeError, match=words):
        runtime.infer(FRAMES[:1])
    monkeypatch.delenv("SIMGATE_TRT_FAULT")
    assert runtime.infer(FRAMES[:1])


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("deserialize", "cannot deserialize the plan: Serialization assertion"),
        ("context", "cannot create an execution context: .* out of memory; free memory on the GPU"),
    ],
)
def test_a_plan_that_cannot_be_loaded_is_an_error_of_the_package(
    tmp_path, release, monkeypatch, fault, words
):
    package = packaged(tmp_path, release=release)
    monkeypatch.setenv("SIMGATE_TRT_FAULT", fault)
    with pytest.raises(PackageError, match=rf"engine-unusable\]: 'detector.plan': .*{words}") as raised:
        TensorRtRuntime(package, CpuDevice())
    line = package.path.read_text().splitlines()[raised.value.problems[0].line - 1]
    assert "detector.plan" in line


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"gpu": "NVIDIA L4"}, "built for NVIDIA L4, this is Double of a GPU"),
        ({"compute_capability": "7.5"}, "built for compute capability 7.5, this is 8.9"),
        ({"tensorrt": "10.12.0.36"}, "built with TensorRT 10.12.0.36, this is 11.4.0.106"),
        ({"tensorrt": "11.5.0.1", "version_compatible": True}, "this older one is 11.4.0.106"),
        ({"onnx_sha256": "0" * 64}, "built from ONNX 000000000000, the package holds"),
        ({"plan_sha256": "0" * 64}, "the sidecar is of a plan 000000000000, the file is"),
    ],
)
def test_a_sidecar_that_does_not_fit_names_both_sides(tmp_path, newest, said, words):
    with pytest.raises(PackageError, match=rf"engine-mismatch.*{words}.*build-engine"):
        TensorRtRuntime(packaged(tmp_path, **said), CpuDevice())


def test_a_version_compatible_plan_of_an_earlier_version_is_loaded_when_it_is_trusted(
    tmp_path, newest, monkeypatch
):
    package = packaged(tmp_path, tensorrt="10.16.1.11", version_compatible=True)
    with pytest.raises(PackageError, match=r"untrusted-model.*a library of its own.*--trust"):
        TensorRtRuntime(package, CpuDevice())
    monkeypatch.setenv("SIMGATE_TRUST", "all")
    runtime = TensorRtRuntime(package, CpuDevice())
    assert runtime._engine._runtime.engine_host_code_allowed is True


@pytest.mark.parametrize(
    ("content", "words"), [(None, "has no sidecar 'detector.plan.json'"), ("{}", "cannot be read")]
)
def test_a_plan_without_a_readable_sidecar_is_refused(tmp_path, newest, content, words):
    package = packaged(tmp_path)
    sidecar = tmp_path / "detector.plan.json"
    sidecar.unlink() if content is None else sidecar.write_text(content)
    with pytest.raises(PackageError, match=rf"engine-mismatch.*{words}"):
        TensorRtRuntime(package, CpuDevice())


@pytest.mark.parametrize("batches", [[(1, 1, 2), (4, 4, 6)], [(1, 1, 1)], [(3, 3, 3)], [(2, 2, 8)]])
def test_any_number_of_frames_goes_in_by_the_batches_that_the_profiles_take(tmp_path, release, batches):
    package = packaged(tmp_path, release=release, batches=batches)
    runtime = TensorRtRuntime(package, CpuDevice())
    expected = OnnxRuntime(package).infer(FRAMES)
    for count in (1, 2, 3, 4, 6, 7, 8):
        same(runtime.infer(FRAMES[:count]), expected[:count], 1e-4)


def test_a_dynamic_batch_without_a_profile_is_refused(tmp_path, newest):
    words = (
        r"shape \[-1, 3, 24, 32\] of input 'frames' is dynamic, but .* has no optimization profile; build it"
    )
    with pytest.raises(PackageError, match=words):
        TensorRtRuntime(packaged(tmp_path, batches=[]), CpuDevice())


def test_profiles_for_frames_of_another_size_are_named_when_the_plan_is_loaded(tmp_path, release):
    path = write_package(tmp_path, onnx_bytes(open_size=True))
    write_double_plan(path, release=release, size=((3, 32, 32), (3, 64, 64)))
    words = (
        r"engine-unusable.*no optimization profile of the engine takes input 'frames' of shape "
        r"\[N, 3, 24, 32\] \(profiles: \[1, 3, 32, 32\] to \[8, 3, 64, 64\]\)"
    )
    with pytest.raises(PackageError, match=words):
        TensorRtRuntime(load_package(path), CpuDevice())


def test_a_profile_that_holds_the_declared_size_is_used(tmp_path, release):
    path = write_package(tmp_path, onnx_bytes(open_size=True))
    write_double_plan(path, release=release, size=((3, 8, 8), (3, 64, 64)))
    runtime = TensorRtRuntime(load_package(path), CpuDevice())
    assert len(runtime.infer(FRAMES[:2])) == 2
    assert runtime.batches == ((1, 8),)


@pytest.mark.parametrize("batch", [1, 3])
def test_an_engine_of_a_fixed_batch_is_fed_with_that(tmp_path, newest, batch):
    path = write_package(tmp_path, onnx_bytes(batch=batch))
    write_double_plan(path, batches=[])
    runtime = TensorRtRuntime(load_package(path), CpuDevice())
    (tmp_path / "any").mkdir()
    expected = OnnxRuntime(load_package(write_package(tmp_path / "any"))).infer(FRAMES)
    assert sum(map(len, expected)) > 0
    for count in (1, 2, 3, 8):
        same(runtime.infer(FRAMES[:count]), expected[:count], 1e-4)
        assert runtime.device_ms > 0


@pytest.mark.parametrize("batch", ["n", 1])
def test_further_inputs_and_bytes_go_in_as_onnxruntime_gives_them(tmp_path, release, batch):
    content = dense_onnx(extra="im_shape", dtype="uint8", layout="nhwc", batch=batch)
    declared = {"im_shape": {"of_frame": "scale_x_y"}}
    given = {"dtype": "uint8", "layout": "nhwc", "resize": "stretch"}
    path = package(tmp_path, content, extra_inputs=declared, input=given).path
    write_double_plan(path, release=release, batches=[(1, 1, 3)] if batch == "n" else [])
    frames = np.random.default_rng(5).integers(0, 256, (5, 48, 48, 3)).astype(np.uint8)
    runtime, reference = TensorRtRuntime(load_package(path), CpuDevice()), OnnxRuntime(load_package(path))
    expected = reference.infer(frames)
    assert sum(map(len, expected)) > 5
    for _ in range(3):
        same(runtime.infer(frames), expected, 1e-3)


def test_integers_for_classes_and_counts_are_read(tmp_path, newest):
    outputs = {
        "b": np.array([[[4, 3, 20, 15]]], np.float32),
        "s": np.array([[0.9]], np.float32),
        "c": np.array([[2]], np.int64),
        "n": np.array([[1]], np.int32),
    }
    names = {"boxes": "b", "scores": "s", "classes": "c", "count": "n"}
    decoder = {"kind": "detections", "score_threshold": 0.5, "outputs": names}
    path = package(tmp_path, constant_onnx(outputs), decoder=decoder).path
    write_double_plan(path)
    for found in TensorRtRuntime(load_package(path), CpuDevice()).infer(FRAMES[:3]):
        assert [found.label(k) for k in range(len(found))] == ["person"]


def test_an_engine_with_other_inputs_than_declared_is_refused(tmp_path, newest):
    path = package(tmp_path, dense_onnx(extra="scale"), extra_inputs={"scale": {"value": [1, 1]}}).path
    write_double_plan(path)
    declared = yaml.safe_load(path.read_text())
    plan = [artifact for artifact in declared["artifacts"] if artifact["kind"] == "tensorrt"]
    path.write_text(yaml.safe_dump(declared | {"artifacts": plan, "extra_inputs": {}}))
    with pytest.raises(PackageError, match="has an input 'scale' that the package does not declare"):
        TensorRtRuntime(load_package(path), CpuDevice())
    frames = declared["input"] | {"name": "pixels"}
    path.write_text(yaml.safe_dump(declared | {"artifacts": plan, "input": frames}))
    with pytest.raises(PackageError, match="has inputs images, scale, the package declares 'pixels'"):
        TensorRtRuntime(load_package(path), CpuDevice())


def test_an_engine_with_other_tensors_than_declared_is_refused(tmp_path, newest):
    package = packaged(tmp_path)
    declared = package.artifact("tensorrt").sha256
    content = write_plan(onnx_bytes(channels=3), [{"frames": [[1, 3, 24, 32]] * 3}], "11.4.0.106")
    (tmp_path / "detector.plan").write_bytes(content)
    sidecar = json.loads((tmp_path / "detector.plan.json").read_text())
    sidecar["plan_sha256"] = hashlib.sha256(content).hexdigest()
    (tmp_path / "detector.plan.json").write_text(json.dumps(sidecar))
    package.path.write_text(package.path.read_text().replace(declared, sidecar["plan_sha256"]))
    with pytest.raises(
        PackageError, match=r"model-io.*shape \[any, 3, 3, 4\], the package says \[N, 2, 3, 4\]"
    ):
        TensorRtRuntime(load_package(package.path), CpuDevice())


def test_a_release_that_is_too_old_is_refused(tmp_path, newest, monkeypatch):
    import tensorrt

    monkeypatch.setattr(tensorrt, "__version__", "10.11.0.33")
    with pytest.raises(PackageError, match=r"TensorRT 10.11.0.33 is too old, needed is 10.12"):
        TensorRtRuntime(packaged(tmp_path), CpuDevice())


def test_the_cpu_is_refused_with_another_runtime_to_use(tmp_path, newest):
    with pytest.raises(PackageError, match="NVIDIA GPUs only; use onnxruntime:cpu"):
        TensorRtRuntime(packaged(tmp_path), "cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
def test_without_a_cuda_device_the_message_says_what_torch_sees(tmp_path, newest):
    with pytest.raises(PackageError, match="sees 0 CUDA devices, asked for cuda:0"):
        TensorRtRuntime(packaged(tmp_path))


def test_without_tensorrt_the_message_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tensorrt", None)
    with pytest.raises(PackageError, match=r"runtime-missing.*simgate\[tensorrt\]"):
        TensorRtRuntime(packaged(tmp_path), CpuDevice())


def test_a_package_without_a_plan_says_what_it_has(tmp_path, newest):
    with pytest.raises(PackageError, match=r"no artifact of kind 'tensorrt' \(has: onnx\)"):
        TensorRtRuntime(load_package(write_package(tmp_path)), CpuDevice())


def test_frames_of_another_size_name_the_size_that_the_model_takes(tmp_path, newest):
    runtime = TensorRtRuntime(packaged(tmp_path), CpuDevice())
    with pytest.raises(RuntimeError, match="32x24 pixels"):
        runtime.infer(np.zeros((1, 48, 64, 3), np.uint8))


def test_a_closed_runtime_says_so(tmp_path, newest):
    runtime = TensorRtRuntime(packaged(tmp_path), CpuDevice())
    runtime.close()
    runtime.close()
    with pytest.raises(RuntimeError, match="released"):
        runtime.infer(FRAMES[:1])
