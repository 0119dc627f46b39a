"""The network, and its ONNX file."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from simgate.policies.safety_stop.interface import FEATURES, SPEEDS_MPS

_POINT, _FEATURE, _SCENE = 32, 64, 64


class PointNet(nn.Module):
    """Looks at each point alone, keeps of each feature the strongest point, and decides (Qi et al., 2017)."""

    def __init__(self) -> None:
        super().__init__()
        self.point = nn.ModuleList([nn.Linear(FEATURES, _POINT), nn.Linear(_POINT, _FEATURE)])
        self.scene = nn.ModuleList([nn.Linear(_FEATURE, _SCENE), nn.Linear(_SCENE, len(SPEEDS_MPS))])

    def forward(self, points: Tensor, counts: Tensor) -> Tensor:
        """Logits (N, S) of too fast.

        Args:
            points: (P, 4) of all scenes, one scene after the other.
            counts: (N,) how many points each scene has; none has no points.
        """
        for layer in self.point:
            points = torch.relu(layer(points))
        strongest = torch.segment_reduce(points, "max", lengths=counts)
        scene = torch.relu(self.scene[0](strongest))
        logits: Tensor = self.scene[1](scene)
        return logits


def export(net: PointNet, path: Path) -> None:
    """Writes ``points`` (n, k, 4) -> ``too_fast`` (n, 8), node by node: equal weights are equal bytes."""
    weights, nodes = [], []

    def linear(layer: nn.Module, name: str, source: str, target: str) -> None:
        matrix, bias = (getattr(layer, kind).detach().numpy() for kind in ("weight", "bias"))
        weights.append(numpy_helper.from_array(matrix.T.copy(), f"{name}_weight"))
        weights.append(numpy_helper.from_array(bias, f"{name}_bias"))
        nodes.append(helper.make_node("MatMul", [source, f"{name}_weight"], [f"{name}_sum"]))
        nodes.append(helper.make_node("Add", [f"{name}_sum", f"{name}_bias"], [target]))

    source = "points"
    for k, layer in enumerate(net.point):
        linear(layer, f"point{k}", source, f"point{k}_all")
        source = f"point{k}_on"
        nodes.append(helper.make_node("Relu", [f"point{k}_all"], [source]))
    nodes.append(helper.make_node("ReduceMax", [source], ["strongest"], axes=[1], keepdims=0))
    linear(net.scene[0], "scene0", "strongest", "scene0_all")
    nodes.append(helper.make_node("Relu", ["scene0_all"], ["scene0_on"]))
    linear(net.scene[1], "scene1", "scene0_on", "too_fast")
    graph = helper.make_graph(
        nodes,
        "safety_stop",
        [helper.make_tensor_value_info("points", TensorProto.FLOAT, ["n", "k", FEATURES])],
        [helper.make_tensor_value_info("too_fast", TensorProto.FLOAT, ["n", len(SPEEDS_MPS)])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, path)
