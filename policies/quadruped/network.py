"""The networks, and the ONNX file of the one that walks."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import onnx
import torch
from onnx import TensorProto, helper
from torch import nn

from simgate.policies.quadruped.interface import INPUTS, OUTPUTS

_HIDDEN = (128, 64)


def perceptron(inputs: int, outputs: int) -> nn.Sequential:
    """Linear layers with ELU between them."""
    sizes = [inputs, *_HIDDEN]
    layers: list[nn.Module] = []
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), nn.ELU()]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], outputs))


def export(net: nn.Sequential, path: Path) -> None:
    """Writes ``observation`` (n, 46) -> ``action`` (n, 12), node by node: equal weights are equal bytes."""
    linear = [layer for layer in net if isinstance(layer, nn.Linear)]
    nodes, weights, name = [], [], "observation"
    for k, layer in enumerate(linear):
        last = k + 1 == len(linear)
        output = "action" if last else f"sum{k}"
        for kind, tensor in (("weight", layer.weight), ("bias", layer.bias)):
            weights.append(onnx.numpy_helper.from_array(tensor.detach().numpy(), f"{kind}{k}"))
        nodes.append(helper.make_node("Gemm", [name, f"weight{k}", f"bias{k}"], [output], transB=1))
        if not last:
            name = f"hidden{k}"
            nodes.append(helper.make_node("Elu", [output], [name]))
    ends = [("observation", INPUTS), ("action", OUTPUTS)]
    values = [helper.make_tensor_value_info(end, TensorProto.FLOAT, ["n", size]) for end, size in ends]
    graph = helper.make_graph(nodes, "gait", values[:1], values[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def as_tensor(array: object) -> torch.Tensor:
    """An array as float32."""
    return torch.as_tensor(array, dtype=torch.float32)
