"""``simgate build-engine``, above the double of TensorRT's bindings."""

import json

import numpy as np
import pytest

pytest.importorskip("onnx", reason="makes the tiny model of these tests")
pytest.importorskip("torch", reason="the runtime keeps its buffers in torch")

from simgate.harness.cli.main import main
from simgate.policies.perception.package import PackageError, load_package
from simgate.policies.perception.runtimes.onnxruntime_runtime import OnnxRuntime
from simgate.policies.perception.runtimes.tensorrt_runtime import TensorRtRuntime
from simgate.policies.perception.trt.quantize import CannotQuantize, with_precision
from simgate.policies.perception.trt.sidecar import read_sidecar
from tests.doubles.engines import double_on_path
from tests.doubles.tensorrt_device import CpuDevice
from tests.unit.policies.perception.made_models import dense_onnx, package
from tests.unit.policies.perception.tiny_model import (
    declare_external,
    onnx_bytes,
    write_external,
    write_package,
)

FRAMES = np.random.default_rng(3).integers(0, 256, (4, 24, 32, 3)).astype(np.uint8)


@pytest.fixture(params=["11.4", "10.16"])
def release(request, monkeypatch):
    monkeypatch.setattr("simgate.policies.perception.trt.cuda_device.CudaDevice", CpuDevice)
    with double_on_path(request.param, monkeypatch):
        yield request.param


def test_an_engine_is_built_listed_and_runs_like_its_onnx_file(tmp_path, release, capsys):
    path = write_package(tmp_path)
    assert main(["build-engine", str(tmp_path), "--max-batch", "4", "--add"]) == 0
    said = capsys.readouterr().out
    assert "layers by the type they write: 2 fp32" in said
    assert "input frames: FLOAT [-1, 3, 24, 32]" in said
    package = load_package(path)
    artifact = package.artifact("tensorrt")
    sidecar = read_sidecar(artifact.path)
    assert artifact.path.parent == tmp_path / "engines"
    assert (sidecar.gpu, sidecar.precision, sidecar.plan_sha256) == (
        "Double of a GPU",
        "fp32",
        artifact.sha256,
    )
    assert sidecar.onnx_sha256 == sidecar.built_from_sha256 == package.artifact("onnx").sha256
    assert sidecar.profiles[0]["frames"].max == (4, 3, 24, 32)
    assert sidecar.tensorrt.startswith(release)
    runtime = TensorRtRuntime(package, CpuDevice())
    for found, expected in zip(runtime.infer(FRAMES), OnnxRuntime(package).infer(FRAMES), strict=True):
        np.testing.assert_allclose(found.boxes, expected.boxes, atol=1e-4)
    assert runtime.batches == ((1, 4),)


def test_building_again_replaces_the_artifact_and_reads_the_timing_cache(tmp_path, release):
    path = write_package(tmp_path)
    cache = tmp_path / "timing.cache"
    cache.write_bytes(b"of another GPU")
    options = ["build-engine", str(path), "--add", "--timing-cache", str(cache)]
    assert main(options) == 0
    assert cache.read_bytes() == b"timings\n"
    assert main(options) == 0
    assert cache.read_bytes() == b"timings\ntimings\n"
    assert [artifact.kind for artifact in load_package(path).artifacts] == ["onnx", "tensorrt"]


def test_tf32_is_off_and_only_what_was_asked_for_is_on(tmp_path, release):
    import tensorrt as trt

    from tests.doubles.tensorrt_double import behaviour

    path = write_package(tmp_path)
    assert main(["build-engine", str(path), "--version-compatible", "--workspace-mb", "64"]) == 0
    config = behaviour.LAST["config"]
    assert config._cleared == [trt.BuilderFlag.TF32]
    assert config._set == [trt.BuilderFlag.VERSION_COMPATIBLE]
    assert config._workspace == 64 << 20
    plan = next((tmp_path / "engines").glob("*.plan"))
    assert json.loads(plan.with_name(plan.name + ".json").read_text())["version_compatible"] is True


def test_without_add_the_line_for_the_package_is_printed(tmp_path, release, capsys):
    path = write_package(tmp_path)
    before = path.read_text()
    assert main(["build-engine", str(path)]) == 0
    assert path.read_text() == before
    line = capsys.readouterr().out.partition("- {")[2].partition("}")[0]
    assert "kind: tensorrt" in line
    assert "device: Double of a GPU" in line


def test_an_engine_without_the_asked_precision_is_not_written(tmp_path, release, capsys):
    path = write_package(tmp_path)
    options = ["build-engine", str(path), "--precision", "fp16", "--onnx", str(tmp_path / "tiny.onnx")]
    assert main(options) == 2
    assert (
        "asked for fp16, but no layer of the engine writes fp16 (layers by type: 2 fp32)"
        in capsys.readouterr().err
    )
    assert not list(tmp_path.rglob("*.plan"))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("parse", "cannot read the ONNX file: In node 0 with operator Foo"),
        ("build", "cannot build the engine: Error Code 10: Could not find any implementation"),
        ("deserialize", "the plan that was just built cannot be loaded"),
    ],
)
def test_what_tensorrt_refuses_is_said_without_a_traceback(
    tmp_path, release, monkeypatch, capsys, fault, words
):
    monkeypatch.setenv("SIMGATE_TRT_FAULT", fault)
    assert main(["build-engine", str(write_package(tmp_path))]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said


def test_without_modelopt_fp16_and_int8_say_what_to_install(tmp_path):
    pytest.importorskip("onnx")
    onnx = load_package(write_package(tmp_path)).artifact("onnx").path
    assert with_precision(onnx, "fp32") == onnx
    frames = np.zeros((1, 3, 24, 32), np.float32)
    try:
        import modelopt  # noqa: F401
    except ImportError:
        for precision in ("fp16", "int8"):
            with pytest.raises(CannotQuantize, match=r"ModelOpt.*simgate\[modelopt\]"):
                with_precision(onnx, precision, {"frames": frames})


def test_int8_needs_frames(tmp_path):
    onnx = load_package(write_package(tmp_path)).artifact("onnx").path
    with pytest.raises(CannotQuantize, match="calibrate"):
        with_precision(onnx, "int8")


def test_a_converter_that_writes_into_its_input_does_not_reach_the_model(
    tmp_path, release, monkeypatch, capsys
):
    """ModelOpt 0.47 does, seen on the reference detector; here a stand-in, for it is not installed with the tests."""
    import sys
    import types
    from pathlib import Path

    path = write_external(tmp_path)
    content = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    given = []

    def convert_to_mixed_precision(onnx_path, **_):
        given.extend(sorted(file.name for file in Path(onnx_path).parent.iterdir()))
        Path(onnx_path).write_bytes(b"spoilt")
        return types.SimpleNamespace(SerializeToString=onnx_bytes)

    autocast = types.ModuleType("modelopt.onnx.autocast")
    autocast.convert_to_mixed_precision = convert_to_mixed_precision
    for name, module in (
        ("modelopt", types.ModuleType("modelopt")),
        ("modelopt.onnx", types.ModuleType("modelopt.onnx")),
        ("modelopt.onnx.autocast", autocast),
    ):
        monkeypatch.setitem(sys.modules, name, module)
    assert main(["build-engine", str(path), "--precision", "fp16"]) == 2
    assert "no layer of the engine writes fp16" in capsys.readouterr().err
    assert given == ["tiny.onnx", "tiny.onnx.data"]
    assert {name: (tmp_path / name).read_bytes() for name in content} == content


def test_an_engine_is_built_of_weights_in_a_second_file_and_is_of_no_other_weights(tmp_path, release):
    path = write_external(tmp_path)
    assert main(["build-engine", str(path), "--add"]) == 0
    package = load_package(path)
    sidecar = read_sidecar(package.artifact("tensorrt").path)
    assert sidecar.onnx_sha256 == sidecar.built_from_sha256 == package.artifact("onnx").digest
    assert len(TensorRtRuntime(package, CpuDevice()).infer(FRAMES)) == len(FRAMES)
    (tmp_path / "tiny.onnx.data").write_bytes(bytes((tmp_path / "tiny.onnx.data").stat().st_size))
    declare_external(path, "tiny.onnx.data")
    with pytest.raises(PackageError, match="the plan was built from ONNX"):
        TensorRtRuntime(load_package(path), CpuDevice())


def test_a_plan_is_not_built_where_its_package_may_not_name_it(tmp_path, release, capsys):
    folder = tmp_path / "package"
    folder.mkdir()
    path = write_package(folder)
    assert main(["build-engine", str(path), "--out", str(tmp_path / "elsewhere")]) == 2
    assert "must lie below the package's folder" in capsys.readouterr().err
    assert not (tmp_path / "elsewhere").exists()


def test_a_fixed_batch_and_further_inputs_become_the_engines_profile(tmp_path, release, capsys):
    content = dense_onnx(extra="scale", batch=1)
    given = package(tmp_path, content, extra_inputs={"scale": {"value": [1, 1]}})
    assert main(["build-engine", str(tmp_path), "--max-batch", "4", "--add"]) == 0
    built = load_package(given.path)
    profile = read_sidecar(built.artifact("tensorrt").path).profiles[0]
    assert profile["images"].min == profile["images"].max == (1, 3, 24, 32)
    assert profile["scale"].max == (1, 2)
    runtime = TensorRtRuntime(built, CpuDevice())
    expected = OnnxRuntime(built).infer(FRAMES)
    assert [len(one) for one in runtime.infer(FRAMES)] == [len(one) for one in expected]
