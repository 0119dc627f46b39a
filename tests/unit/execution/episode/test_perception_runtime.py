import shutil

import pytest

from simgate.harness.execution.episode.models.perception_runtime import (
    are_deployed,
    is_deployed,
    plugin_name,
    resolve_runtime,
)
from simgate.policies.perception.inference.choice import Machine, choose_runtime
from simgate.policies.perception.model_yaml.spec import Deployed
from simgate.policies.perception.package import load_package
from simgate.policies.perception.runtime import RuntimeInfo
from tests.unit.execution.memory_pack import write_model

ALL = ("tensorrt", "onnxruntime", "torch")


def packaged(folder, *kinds, **sidecar):
    """A package with files of these kinds; a plan gets a sidecar."""
    import hashlib

    from simgate.policies.perception.model_yaml.edit import artifact_line
    from simgate.policies.perception.trt.sidecar import Sidecar

    path = write_model(folder)
    text = path.read_text()
    onnx = folder / "weights.onnx"
    digest = hashlib.sha256(onnx.read_bytes()).hexdigest()
    lines = []
    for kind in kinds:
        file = folder / f"weights.{kind}"
        if not file.exists():
            shutil.copy(onnx, file)
        lines.append(f"  - {artifact_line(kind, file.name, digest)}")
        if kind == "tensorrt":
            said = {"plan_sha256": digest, "onnx_sha256": digest, "gpu": "NVIDIA L4"} | sidecar
            content = Sidecar(
                tensorrt="11.4", compute_capability="8.9", precision="fp16", tensors=(), profiles=(), **said
            )
            (folder / f"{file.name}.json").write_text(content.model_dump_json())
    head, _, tail = text.partition("artifacts:\n")
    path.write_text(f"{head}artifacts:\n" + "\n".join(lines) + "\nlatency:" + tail.partition("\nlatency:")[2])
    return load_package(path)


@pytest.mark.parametrize(
    ("kinds", "machine", "runtime", "reason"),
    [
        (("onnx", "tensorrt"), Machine(("NVIDIA L4",), ALL), "tensorrt", "a plan for this GPU"),
        (("onnx", "tensorrt"), Machine((), ALL), "onnxruntime", "no NVIDIA GPU"),
        (
            ("onnx", "tensorrt"),
            Machine(("NVIDIA T4",), ALL),
            "onnxruntime",
            "for NVIDIA L4, here is NVIDIA T4",
        ),
        (("onnx", "tensorrt"), Machine(("NVIDIA L4",), ("onnxruntime",)), "onnxruntime", "not installed"),
        (("onnx", "torch"), Machine(("NVIDIA L4",), ALL), "onnxruntime", "no plan"),
        (("torch",), Machine((), ALL), "torch", "no ONNX file"),
        (("onnx", "torch"), Machine((), ("torch",)), "torch", "no ONNX Runtime"),
        (("tensorrt",), Machine((), ALL), "onnxruntime", "no file for a library"),
        (("onnx", "tensorrt"), Machine(("NVIDIA L4",), ALL, "11.4"), "tensorrt", "a plan for this GPU"),
        (
            ("onnx", "tensorrt"),
            Machine(("NVIDIA L4",), ALL, "11.3.0.99"),
            "onnxruntime",
            "built with TensorRT 11.4, this is 11.3.0.99",
        ),
    ],
)
def test_the_runtime_is_chosen_by_package_and_machine(tmp_path, kinds, machine, runtime, reason):
    choice = choose_runtime(packaged(tmp_path, *kinds), machine)
    assert choice.runtime == runtime
    assert reason in choice.reason


def test_a_plan_that_is_not_of_this_onnx_file_is_not_chosen(tmp_path):
    package = packaged(tmp_path, "onnx", "tensorrt", onnx_sha256="0" * 64)
    choice = choose_runtime(package, Machine(("NVIDIA L4",), ALL))
    assert choice.runtime == "onnxruntime"
    assert "built from ONNX 000000000000" in choice.reason


def test_what_was_asked_for_is_kept_with_its_device(tmp_path):
    package = packaged(tmp_path, "onnx")
    assert resolve_runtime("torch:cpu", package) == "torch:cpu"
    assert resolve_runtime("auto", package) in ("onnxruntime", "tensorrt")
    assert resolve_runtime("auto", None) == ""
    assert plugin_name("torch:cuda:1") == "torch"


@pytest.mark.parametrize(
    ("runtime", "device", "deployed", "same"),
    [
        ("tensorrt", "cuda:0 NVIDIA Jetson AGX Orin", Deployed(runtime="tensorrt", device="Orin"), True),
        ("tensorrt", "cuda:0 NVIDIA L4", Deployed(runtime="tensorrt", device="Orin"), False),
        ("onnxruntime", "cpu", Deployed(runtime="tensorrt", device="Orin"), False),
        ("onnxruntime", "cpu", Deployed(runtime="onnxruntime", device="cpu"), True),
        ("onnxruntime", "cuda:0", Deployed(runtime="onnxruntime", device="cpu"), False),
        ("onnxruntime", "cpu", None, None),
    ],
)
def test_the_record_says_whether_what_ran_is_what_is_deployed(runtime, device, deployed, same):
    assert is_deployed(RuntimeInfo(runtime, "1", device, "m", "x"), deployed) is same


@pytest.mark.parametrize(
    ("each", "all_are"),
    [((), None), ((True, True), True), ((True, None), None), ((None, False), False), ((False, True), False)],
)
def test_one_model_that_ran_elsewhere_is_not_excused_by_one_of_which_nobody_says_it(each, all_are):
    assert are_deployed(each) is all_are
