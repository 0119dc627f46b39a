"""Small ONNX models in the shapes in which other people export theirs, with packages, for tests."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import yaml
from onnx import TensorProto, helper, numpy_helper

from simgate.policies.perception.package import ModelPackage, load_package

WIDTH, HEIGHT = 32, 24
CELLS = (HEIGHT // 8) * (WIDTH // 8)
CLASSES = ["glass_door", "wooden_door", "person"]
_TYPES = {"float32": TensorProto.FLOAT, "float16": TensorProto.FLOAT16, "uint8": TensorProto.UINT8}


def dense_onnx(
    *,
    batch: int | str = "n",
    dtype: str = "float32",
    layout: str = "nchw",
    channels: int = 3,
    extra: str = "",
) -> bytes:
    """A dense head (N, 7, K) as YOLOv8's: boxes cxcywh in pixels, then a score for each of three classes.

    Args:
        batch: Fixed, or the name of an open one.
        dtype: Of the frames' input, pixels 0 to 255 for ``uint8``, else 0 to 1.
        layout: Of the frames' input.
        channels: Of the frames' input.
        extra: Name of a second input (N, 2), by which x and y of the boxes are divided; none when empty.
    """
    rng = np.random.default_rng(0)
    constants = {
        "w": rng.normal(0, 0.2, (7, channels, 8, 8)) / (255.0 if dtype == "uint8" else 1.0),
        "b": np.array([0, 0, 0, 0, -0.4, -0.4, -0.4]),
        "k": np.array(8.0),
    }
    size = [channels, HEIGHT, WIDTH] if layout == "nchw" else [HEIGHT, WIDTH, channels]
    nodes = [helper.make_node("Cast", ["images"], ["x0"], to=TensorProto.FLOAT)]
    if layout == "nhwc":
        nodes.append(helper.make_node("Transpose", ["x0"], ["x"], perm=[0, 3, 1, 2]))
    else:
        nodes.append(helper.make_node("Identity", ["x0"], ["x"]))
    nodes += [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], strides=[8, 8]),
        helper.make_node("Reshape", ["c", "shape"], ["r"]),
        helper.make_node("Split", ["r", "split"], ["raw", "logits"], axis=1),
        helper.make_node("Sigmoid", ["logits"], ["scores"]),
        helper.make_node("Abs", ["raw"], ["positive"]),
        helper.make_node("Mul", ["positive", "k"], ["boxes"]),
    ]
    inputs = [helper.make_tensor_value_info("images", _TYPES[dtype], [batch, *size])]
    if extra:
        inputs.append(helper.make_tensor_value_info(extra, TensorProto.FLOAT, [batch, 2]))
        nodes += [
            helper.make_node("Concat", [extra, extra], ["four"], axis=1),
            helper.make_node("Unsqueeze", ["four", "last"], ["column"]),
            helper.make_node("Div", ["boxes", "column"], ["scaled"]),
        ]
    nodes.append(helper.make_node("Concat", ["scaled" if extra else "boxes", "scores"], ["output0"], axis=1))
    weights = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in constants.items()]
    weights += [
        numpy_helper.from_array(np.array(value, np.int64), name)
        for name, value in {"shape": [0, 7, CELLS], "split": [4, 3], "last": [2]}.items()
    ]
    outputs = [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [batch, 7, CELLS])]
    return _model(nodes, inputs, outputs, weights)


def constant_onnx(
    outputs: dict[str, np.ndarray],
    *,
    batch: int | str = "n",
    frames: tuple[str, int, int] = ("images", HEIGHT, WIDTH),
) -> bytes:
    """A model that always finds the same, whatever the frames; arrays hold the batch of one frame.

    Args:
        outputs: By name.
        batch: Fixed, or the name of an open one.
        frames: Name, height and width of the input.
    """
    name_in, *size = frames
    nodes, weights, declared = [], [], []
    for name, array in outputs.items():
        weights.append(numpy_helper.from_array(array, f"{name}_value"))
        # The batch comes from the frames: a row of ones for each of them, times the values.
        nodes.append(helper.make_node("Cast", ["ones"], [f"{name}_ones"], to=_onnx_type(array)))
        nodes.append(helper.make_node("Reshape", [f"{name}_ones", f"{name}_shape"], [f"{name}_rows"]))
        nodes.append(helper.make_node("Mul", [f"{name}_rows", f"{name}_value"], [name]))
        shape = np.array([-1, *[1] * (array.ndim - 1)], np.int64)
        weights.append(numpy_helper.from_array(shape, f"{name}_shape"))
        declared.append(helper.make_tensor_value_info(name, _onnx_type(array), [batch, *array.shape[1:]]))
    start = [
        helper.make_node("ReduceMean", [name_in], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["zeros"]),
        helper.make_node("Add", ["zeros", "one"], ["ones"]),
    ]
    weights += [
        numpy_helper.from_array(np.array(value, np.float32), name)
        for name, value in {"zero": 0, "one": 1}.items()
    ]
    given = helper.make_tensor_value_info(name_in, TensorProto.FLOAT, [batch, 3, *size])
    return _model([*start, *nodes], [given], declared, weights)


def _onnx_type(array: np.ndarray) -> int:
    return int(helper.np_dtype_to_tensor_dtype(array.dtype))


def _model(nodes: list[Any], inputs: list[Any], outputs: list[Any], weights: list[Any]) -> bytes:
    graph = helper.make_graph(nodes, "made", inputs, outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def package(
    folder: Path, content: bytes, *, file: str = "m.onnx", kind: str = "onnx", **keys: Any
) -> ModelPackage:
    """A package around a model; keywords replace or add keys of ``model.yaml``, ``input`` and ``decoder``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_bytes(content)
    size = {} if "shape" in keys.get("input", {}) else {"width": WIDTH, "height": HEIGHT}
    frames = {"name": "images"} | size | keys.pop("input", {})
    decoder = {"kind": "yolo", "score_threshold": 0.5, "outputs": {"predictions": "output0"}}
    decoder = keys.pop("decoder", decoder)
    declared = {
        "name": "made",
        "version": "1.0.0",
        "classes": CLASSES,
        "input": frames,
        "decoder": decoder,
        "artifacts": [{"kind": kind, "file": file, "sha256": hashlib.sha256(content).hexdigest()}],
        "latency": {"device": "x", "distribution": {"constant": 25}},
        "lineage": {"commit": "x"},
    }
    (folder / "model.yaml").write_text(yaml.safe_dump(declared | keys, sort_keys=False))
    return load_package(folder)


def echo_onnx(inputs: dict[str, tuple[int, ...]], *, batch: int | str = "n") -> bytes:
    """A model that gives back what it is given: of the input ``x`` of this shape the output ``x_out``."""
    given = [
        helper.make_tensor_value_info(n, TensorProto.FLOAT, [batch, *shape]) for n, shape in inputs.items()
    ]
    back = [
        helper.make_tensor_value_info(f"{n}_out", TensorProto.FLOAT, [batch, *shape])
        for n, shape in inputs.items()
    ]
    nodes = [helper.make_node("Identity", [name], [f"{name}_out"]) for name in inputs]
    return _model(nodes, given, back, [])


def echo_package(folder: Path, main: dict[str, Any], extra: dict[str, Any], **shapes: Any) -> ModelPackage:
    """A package around :func:`echo_onnx`, whose outputs the policy gets by the names of the inputs."""
    batch = shapes.pop("batch", "n")
    decoder = {"kind": "tensors", "outputs": {name: f"{name}_out" for name in shapes}}
    folder.mkdir(parents=True, exist_ok=True)
    content = echo_onnx(shapes, batch=batch)
    (folder / "m.onnx").write_bytes(content)
    declared = {
        "name": folder.name,
        "version": "1.0.0",
        "input": main,
        "extra_inputs": extra,
        "decoder": decoder,
        "artifacts": [{"kind": "onnx", "file": "m.onnx", "sha256": hashlib.sha256(content).hexdigest()}],
        "latency": {"device": "x", "distribution": {"constant": 25}},
        "lineage": {"commit": "x"},
    }
    (folder / "model.yaml").write_text(yaml.safe_dump(declared, sort_keys=False))
    return load_package(folder)


def softplus_package(folder: Path) -> ModelPackage:
    """A package of a softplus of a sum over all pixels: of a batch ONNX Runtime computes several at once, and the
    last ones otherwise, so that its bits depend on the place in the batch."""
    weights = np.random.default_rng(0).normal(0, 0.01, (3 * HEIGHT * WIDTH, 1)).astype(np.float32)
    nodes = [
        helper.make_node("Flatten", ["images"], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "w"], ["sums"]),
        helper.make_node("Softplus", ["sums"], ["bent"]),
    ]
    given = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, HEIGHT, WIDTH])
    back = helper.make_tensor_value_info("bent", TensorProto.FLOAT, ["n", 1])
    content = _model(nodes, [given], [back], [numpy_helper.from_array(weights, "w")])
    return package(folder, content, decoder={"kind": "tensors", "outputs": {"bent": "bent"}})
