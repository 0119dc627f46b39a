"""Networks of a few numbers, written as ONNX for the tests of learned policies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper


def linear(path: Path, weights: object, batch: int | str = "n", says_size: bool = True) -> Path:
    """``actions = obs @ weights``; without ``says_size`` the file leaves open how many numbers it gives."""
    matrix = np.asarray(weights, np.float32)
    sizes = (matrix.shape[0], matrix.shape[1] if says_size else "m")
    tensors = [
        helper.make_tensor_value_info(name, 1, [batch, size])
        for name, size in zip(("obs", "actions"), sizes, strict=True)
    ]
    node = helper.make_node("MatMul", ["obs", "w"], ["actions"])
    return _saved(path, [node], [tensors[0]], [tensors[1]], {"w": matrix})


def counter(path: Path) -> Path:
    """``actions = obs + h_in; h_out = h_in + 1``: tells how often its state has been handed on."""
    row = helper.make_tensor_value_info
    state = [row(name, 1, [1, "n", 1]) for name in ("h_in", "h_out")]
    nodes = [
        helper.make_node("Reshape", ["h_in", "rows"], ["flat"]),
        helper.make_node("Add", ["obs", "flat"], ["actions"]),
        helper.make_node("Add", ["h_in", "one"], ["h_out"]),
    ]
    given = {"rows": np.array([-1, 1], np.int64), "one": np.ones(1, np.float32)}
    ins, outs = [row("obs", 1, ["n", 1]), state[0]], [row("actions", 1, ["n", 1]), state[1]]
    return _saved(path, nodes, ins, outs, given)


def drawing(path: Path) -> Path:
    """``actions = obs + noise``: a policy that was exported with its exploration."""
    ends = [[helper.make_tensor_value_info(name, 1, ["n", 2])] for name in ("obs", "actions")]
    nodes = [
        helper.make_node("RandomNormalLike", ["obs"], ["noise"], scale=0.1),
        helper.make_node("Add", ["obs", "noise"], ["actions"]),
    ]
    return _saved(path, nodes, *ends, {})


def _saved(path: Path, nodes: list, ins: list, outs: list, given: dict[str, np.ndarray]) -> Path:
    graph = helper.make_graph(
        nodes, "tiny", ins, outs, [numpy_helper.from_array(value, name) for name, value in given.items()]
    )
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    return path
