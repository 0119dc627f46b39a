"""Inputs and outputs are read from the ONNX file when a package is checked, before any runtime opens it."""

from dataclasses import replace

import numpy as np
import pytest
import yaml

pytest.importorskip("onnx", reason="makes the models of these tests")

import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

from simgate.policies.perception.files.onnx_interface import onnx_interface
from simgate.policies.perception.inference.interface import interface_problems
from simgate.policies.perception.package import PackageError, check_package, load_package
from simgate.policies.perception.runtimes.onnxruntime_runtime import _actual
from tests.unit.policies.perception.made_models import constant_onnx, dense_onnx, package
from tests.unit.policies.perception.tiny_model import onnx_bytes, write_package


def constants_among_the_inputs() -> bytes:
    """As exporters wrote it before ONNX 1.4: every weight is an input too."""
    model = onnx.load_model_from_string(onnx_bytes())
    for weight in model.graph.initializer:
        model.graph.input.append(
            helper.make_tensor_value_info(weight.name, weight.data_type, list(weight.dims))
        )
    return bytes(model.SerializeToString())


def open_sizes_as_negative_numbers() -> bytes:
    model = onnx.load_model_from_string(onnx_bytes())
    for tensor in (*model.graph.input, *model.graph.output):
        tensor.type.tensor_type.shape.dim[0].dim_value = -1
    return bytes(model.SerializeToString())


MODELS = {
    "open batch": dense_onnx(),
    "fixed batch": dense_onnx(batch=1),
    "uint8, channels last": dense_onnx(dtype="uint8", layout="nhwc"),
    "float16": dense_onnx(dtype="float16"),
    "a second input": dense_onnx(extra="scale"),
    "final detections": constant_onnx({"d": np.zeros((1, 300, 6), np.float32)}),
    "integers": constant_onnx({"c": np.zeros((1, 5), np.int64), "n": np.zeros((1, 1), np.int32)}),
    "doubles": constant_onnx({"d": np.zeros((1, 5), np.float64)}),
    "open size": onnx_bytes(open_size=True),
    "constants among the inputs": constants_among_the_inputs(),
    "negative sizes": open_sizes_as_negative_numbers(),
}


@pytest.mark.parametrize("content", MODELS.values(), ids=MODELS)
def test_the_file_says_what_onnx_runtime_says(tmp_path, content):
    (tmp_path / "m.onnx").write_bytes(content)
    session = ort.InferenceSession(content, providers=["CPUExecutionProvider"])
    assert onnx_interface(tmp_path / "m.onnx") == (
        _actual(session.get_inputs()),
        _actual(session.get_outputs()),
    )


def test_sparse_constants_are_no_inputs(tmp_path):
    values = numpy_helper.from_array(np.ones(1, np.float32), "s")
    sparse = onnx.SparseTensorProto(dims=[2])
    sparse.values.CopyFrom(values)
    sparse.indices.CopyFrom(numpy_helper.from_array(np.zeros(1, np.int64)))
    given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in "xs"]
    graph = helper.make_graph([], "g", given, [], sparse_initializer=[sparse])
    (tmp_path / "m.onnx").write_bytes(helper.make_model(graph).SerializeToString())
    assert [tensor.name for tensor in onnx_interface(tmp_path / "m.onnx")[0]] == ["x"]


def test_weights_are_skipped_however_many_there_are(tmp_path):
    """Three gigabytes of them, of which the disk holds nothing."""
    model = onnx.load_model_from_string(onnx_bytes())
    interface = onnx.GraphProto(input=model.graph.input, output=model.graph.output).SerializeToString()
    size = 3 << 30
    raw_data = b"\x4a" + varint(size)
    weight = b"\x2a" + varint(len(raw_data) + size)
    graph = b"\x3a" + varint(len(weight) + len(raw_data) + size + len(interface))
    with (tmp_path / "m.onnx").open("wb") as file:
        file.write(graph + weight + raw_data)
        file.seek(size, 1)
        file.write(interface)
    inputs, outputs = onnx_interface(tmp_path / "m.onnx")
    assert [tensor.name for tensor in (*inputs, *outputs)] == ["frames", "heatmap", "box"]


def varint(number: int) -> bytes:
    parts = []
    while number >= 0x80:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def problems_of(folder, content, **keys):
    with pytest.raises(PackageError) as caught:
        package(folder, content, **keys)
    assert list(caught.value.problems) == check_package(folder)
    return caught.value.problems


def test_a_second_input_is_found_with_what_to_declare(tmp_path):
    (problem,) = problems_of(tmp_path / "m", dense_onnx(extra="scale"))
    assert problem.code == "model-io" and problem.path == str(tmp_path / "m" / "model.yaml")
    assert problem.message == "the model has an input 'scale' that the package does not declare"
    assert problem.hint.startswith(
        "give it a value, beside input: and not in it: extra_inputs: {scale: {value: ...}}; the model has "
        "inputs images float32 [any, 3, 24, 32], scale float32 [any, 2] and outputs output0 float32 [any, 7, 12]"
    )
    package(tmp_path / "declared", dense_onnx(extra="scale"), extra_inputs={"scale": {"value": [1, 1]}})


def test_a_head_of_final_detections_is_found_where_the_output_is_declared(tmp_path):
    content = constant_onnx({"output0": np.zeros((1, 300, 6), np.float32)})
    dense = {
        "kind": "yolo",
        "layout": "channels_last",
        "score_threshold": 0.5,
        "outputs": {"predictions": "output0"},
    }
    (problem,) = problems_of(tmp_path / "m", content, decoder=dense)
    assert "'output0' has shape [any, 300, 6], the package says [N, any, 7]" in problem.message
    assert problem.hint.startswith("declare kind: detections if its 6 columns are box, score and class")
    line = (tmp_path / "m" / "model.yaml").read_text().splitlines()[problem.line - 1]
    assert line[problem.column - 1 :] == "output0"
    package(
        tmp_path / "declared",
        content,
        decoder={"kind": "detections", "score_threshold": 0.5, "outputs": {"detections": "output0"}},
    )


@pytest.mark.parametrize(
    ("made", "declared", "words"),
    [
        ({"batch": 1}, {"batch": 4}, "takes batches of 1, the package says 4"),
        ({"dtype": "float16"}, {}, "'images' is float16, must be float32"),
        ({"channels": 1}, {}, "has shape [any, 1, 24, 32], the package says [N, 3, 24, 32]"),
        ({}, {"name": "frames"}, "the inputs of the model are 'images', the package declares 'frames'"),
        ({}, {"width": 64}, "has shape [any, 3, 24, 32], the package says [N, 3, 24, 64]"),
    ],
)
def test_an_input_that_does_not_fit_is_found(tmp_path, made, declared, words):
    (problem,) = problems_of(tmp_path, dense_onnx(**made), input=declared)
    assert problem.code == "model-io" and words in problem.message


def test_a_fixed_batch_that_the_package_leaves_open_is_none_of_its_problems(tmp_path):
    assert package(tmp_path, dense_onnx(batch=1)).input.batch is None


def test_of_two_files_the_one_that_does_not_fit_is_named(tmp_path):
    path = write_package(tmp_path)
    declared = yaml.safe_load(path.read_text())
    other = tmp_path / "other"
    other.mkdir()
    write_package(other, onnx_bytes(channels=3))
    (other / "tiny.onnx").rename(tmp_path / "three.onnx")
    three = yaml.safe_load((other / "model.yaml").read_text())["artifacts"][0] | {"file": "three.onnx"}
    path.write_text(yaml.safe_dump(declared | {"artifacts": [*declared["artifacts"], three]}))
    (problem,) = check_package(path)
    assert "shape [any, 3, 3, 4]" in problem.message and "; 'three.onnx' has inputs frames" in problem.hint


@pytest.mark.parametrize("cut", ["page", "half", "empty graph"])
def test_what_is_no_whole_onnx_file_is_found_though_its_hash_is_as_declared(tmp_path, cut):
    whole = onnx_bytes()
    content = {"page": b"<html>404</html>", "half": whole[: len(whole) // 2], "empty graph": b"\x08\x08"}[cut]
    (problem,) = check_package(write_package(tmp_path, content))
    assert (problem.code, problem.message) == (
        "model-unreadable",
        "'tiny.onnx' is no ONNX file, or not all of it",
    )
    line = (tmp_path / "model.yaml").read_text().splitlines()[problem.line - 1]
    assert line[problem.column - 1 :].startswith("tiny.onnx")


def test_a_shape_that_the_file_leaves_to_the_runtime_fits(tmp_path):
    model = onnx.load_model_from_string(onnx_bytes())
    for tensor in model.graph.output:
        tensor.ClearField("type")
    assert load_package(write_package(tmp_path, model.SerializeToString())).name == "tiny"


def test_of_thousands_of_tensors_the_one_that_was_meant_is_named(tmp_path):
    model = load_package(write_package(tmp_path))
    inputs, outputs = onnx_interface(tmp_path / "tiny.onnx")
    many = [replace(outputs[0], name=f"layer_{index}") for index in range(3_000)]
    renamed = [replace(outputs[0], name="heatmaps"), *outputs[1:], *many]
    (found,) = interface_problems(model, inputs, renamed)
    assert found.message == "the model has no output 'heatmap'"
    assert found.hint.startswith("did you mean 'heatmaps'?; the model has inputs ")
    many = [replace(inputs[0], name=f"layer_{index}") for index in range(3_000)]
    (found,) = interface_problems(model, [replace(inputs[0], name="frame"), *many], outputs)
    assert found.message.endswith("'layer_8' and 2,991 more, the package declares 'frames'")
    assert found.hint.startswith("did you mean 'frame'?; the model has inputs ")
