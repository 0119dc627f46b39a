"""Every place of ONNX in which a tensor can name a file, against what the onnx library writes."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from simgate.policies.perception.files.onnx_data import external_locations
from tests.unit.policies.perception.tiny_model import onnx_bytes

FLOATS = helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])


def elsewhere(location: str, name: str = "w") -> TensorProto:
    tensor = numpy_helper.from_array(np.ones(2, np.float32), name)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0"), ("length", "8")):
        tensor.external_data.add(key=key, value=value)
    return tensor


def graph(nodes=(), initializers=(), **more):
    return helper.make_graph(list(nodes), "g", [], [], list(initializers), **more)


def sparse(values: TensorProto, indices: TensorProto):
    made = onnx.SparseTensorProto(dims=[4])
    made.values.CopyFrom(values)
    made.indices.CopyFrom(indices)
    return made


def constant(tensor: TensorProto):
    return helper.make_node("Constant", [], ["w"], value=tensor)


def model(made, **more):
    return helper.make_model(made, **more)


def training() -> onnx.ModelProto:
    made = model(graph())
    made.training_info.add().algorithm.CopyFrom(graph(initializers=[elsewhere("a.bin")]))
    return made


branch = graph([constant(elsewhere("then.bin"))], [elsewhere("else.bin", "v")])
PLACES = {
    "an initializer": (model(graph(initializers=[elsewhere("w.bin")])), {"w.bin"}),
    "two of one file": (model(graph(initializers=[elsewhere("w.bin"), elsewhere("w.bin", "v")])), {"w.bin"}),
    "an attribute": (model(graph([constant(elsewhere("w.bin"))])), {"w.bin"}),
    "a list of tensors": (
        model(graph([helper.make_node("Any", [], ["y"], domain="d", many=[elsewhere("a"), elsewhere("b")])])),
        {"a", "b"},
    ),
    "branches": (
        model(graph([helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=branch)])),
        {"then.bin", "else.bin"},
    ),
    "a function": (
        model(
            graph(),
            functions=[
                helper.make_function(
                    "d", "F", [], ["w"], [constant(elsewhere("f.bin"))], [helper.make_opsetid("", 17)]
                )
            ],
        ),
        {"f.bin"},
    ),
    "a sparse tensor": (
        model(graph(sparse_initializer=[sparse(elsewhere("values"), elsewhere("indices"))])),
        {"values", "indices"},
    ),
    "training": (training(), {"a.bin"}),
    "nowhere": (onnx.load_model_from_string(onnx_bytes()), set()),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_file_is_found_wherever_a_tensor_can_name_one(tmp_path, place):
    made, expected = PLACES[place]
    path = tmp_path / "m.onnx"
    path.write_bytes(made.SerializeToString())
    found = external_locations(path)
    assert set(found) == expected and len(found) == len(expected)


def test_a_location_that_is_not_in_use_is_none(tmp_path):
    tensor = elsewhere("old.bin")
    tensor.data_location = TensorProto.DEFAULT
    (tmp_path / "m.onnx").write_bytes(model(graph(initializers=[tensor])).SerializeToString())
    assert external_locations(tmp_path / "m.onnx") == ()


@pytest.mark.parametrize(
    "content", [b"", b"weights\n", b"\x80", b"\xff" * 40, b"\x3a\x7fshort", b"PK\x03\x04zip"]
)
def test_what_is_no_onnx_names_no_file(tmp_path, content):
    (tmp_path / "m.onnx").write_bytes(content)
    assert external_locations(tmp_path / "m.onnx") == ()


def test_graphs_in_graphs_are_read_below_each_other(tmp_path):
    made = graph(initializers=[elsewhere("deep.bin")])
    for _ in range(20):
        made = graph([helper.make_node("Loop", [], ["y"], body=made)])
    (tmp_path / "m.onnx").write_bytes(model(made).SerializeToString())
    assert external_locations(tmp_path / "m.onnx") == ("deep.bin",)
