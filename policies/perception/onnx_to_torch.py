"""An ONNX detector as a torch program: ``python -m simgate.policies.perception.onnx_to_torch MODEL OUT``.

For packages of which only the ONNX file was kept. Knows the operators of plain convolutional networks;
a model with others is exported from its own source with ``torch.export``.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from simgate.policies.perception.decoding.declared import declared_outputs, frame_shape
from simgate.policies.perception.files.verified import private_copy
from simgate.policies.perception.model_yaml.edit import add_artifact, artifact_line
from simgate.policies.perception.package import ModelPackage, load_package
from simgate.policies.perception.problems import PackageError

OPERATORS = (
    "Add", "Clip", "Concat", "Constant", "Conv", "Exp", "Gemm", "GlobalAveragePool", "Identity", "MaxPool",
    "Mul", "ReduceMean", "Relu", "Reshape", "Sigmoid", "Transpose", "Unsqueeze",
)  # fmt: skip


class UnknownOperator(Exception):  # noqa: N818 - the name says what happened
    """The network has operators that are not known here; the message names them."""


class OnnxProgram(nn.Module):
    """Computes an ONNX graph node by node; its initialisers are parameters.

    Args:
        model: The ONNX model, its external data loaded.
        outputs: Tensors to return, in this order.

    Raises:
        UnknownOperator: A node is of a kind that is not in ``OPERATORS``.
    """

    def __init__(self, model: Any, outputs: Sequence[str]) -> None:
        super().__init__()
        graph = model.graph
        unknown = sorted({node.op_type for node in graph.node} - set(OPERATORS))
        if unknown:
            raise UnknownOperator(
                f"operators {', '.join(unknown)} are not known here; export the model from its own source"
            )
        weights = {tensor.name for tensor in graph.initializer}
        given = [tensor for tensor in graph.input if tensor.name not in weights]
        if len(given) != 1:
            names = ", ".join(tensor.name for tensor in given)
            raise UnknownOperator(f"the network has inputs {names}; export it from its own source")
        self._input = given[0].name
        self.batch = int(given[0].type.tensor_type.shape.dim[0].dim_value)
        """Frames that the network takes at once; 0 for any number."""
        self._outputs = tuple(outputs)
        self._constants: dict[str, Any] = {}
        self._weights: dict[str, str] = {}
        for index, tensor in enumerate(graph.initializer):
            value = torch.from_numpy(numpy_helper.to_array(tensor).copy())
            self._weights[tensor.name] = f"weight_{index}"
            self.register_buffer(f"weight_{index}", value)
        self._nodes = []
        for node in graph.node:
            attributes = {a.name: _attribute(a) for a in node.attribute}
            if node.op_type == "Constant":
                self._constants[node.output[0]] = attributes["value"]
            else:
                self._nodes.append((node.op_type, tuple(node.input), node.output[0], attributes))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """The declared outputs, batch first."""
        known: dict[str, Any] = {self._input: x, **self._constants}
        for name, buffer in self._weights.items():
            known[name] = getattr(self, buffer)
        for kind, inputs, output, attributes in self._nodes:
            known[output] = _compute(kind, [known[name] if name else None for name in inputs], attributes)
        return tuple(known[name] for name in self._outputs)


def _attribute(attribute: Any) -> Any:
    if attribute.type == onnx.AttributeProto.TENSOR:
        array = numpy_helper.to_array(attribute.t)
        return (
            array.tolist() if array.dtype.kind == "i" or array.ndim == 0 else torch.from_numpy(array.copy())
        )
    return onnx.helper.get_attribute_value(attribute)


def _compute(kind: str, given: list[Any], attributes: dict[str, Any]) -> Any:
    simple: dict[str, Callable[[], Any]] = {
        "Add": lambda: given[0] + given[1],
        "Mul": lambda: given[0] * given[1],
        "Relu": lambda: torch.relu(given[0]),
        "Sigmoid": lambda: torch.sigmoid(given[0]),
        "Exp": lambda: torch.exp(given[0]),
        "Identity": lambda: given[0],
        "Clip": lambda: torch.clamp(given[0], *given[1:]),
        "Concat": lambda: torch.cat(given, dim=attributes["axis"]),
        "Transpose": lambda: given[0].permute(attributes["perm"]),
        "Reshape": lambda: given[0].reshape(given[1]),
        "GlobalAveragePool": lambda: given[0].mean((2, 3), keepdim=True),
    }
    if kind in simple:
        return simple[kind]()
    if kind == "Conv":
        return _convolve(given, attributes)
    if kind == "MaxPool":
        return functional.max_pool2d(
            given[0], attributes["kernel_shape"], attributes.get("strides"), _padding(attributes)
        )
    if kind == "Gemm":
        weight = given[1] if attributes.get("transB") else given[1].T
        product = attributes.get("alpha", 1.0) * functional.linear(given[0], weight)
        return product + attributes.get("beta", 1.0) * given[2] if len(given) > 2 else product
    if kind == "ReduceMean":
        axes = attributes["axes"] if "axes" in attributes else given[1]
        return given[0].mean(tuple(axes), keepdim=bool(attributes.get("keepdims", 1)))
    for axis in sorted(attributes["axes"] if "axes" in attributes else given[1]):
        given[0] = given[0].unsqueeze(axis)
    return given[0]


def _convolve(given: list[Any], attributes: dict[str, Any]) -> Tensor:
    return functional.conv2d(
        given[0],
        given[1],
        given[2] if len(given) > 2 else None,
        stride=attributes.get("strides", [1, 1]),
        padding=_padding(attributes),
        dilation=attributes.get("dilations", [1, 1]),
        groups=attributes.get("group", 1),
    )


def _padding(attributes: dict[str, Any]) -> list[int]:
    pads = list(attributes.get("pads", [0, 0, 0, 0]))
    if pads[:2] != pads[2:]:
        raise UnknownOperator(
            f"padding {pads} differs between the sides; export the model from its own source"
        )
    return pads[:2]


def convert(package: ModelPackage, path: Path) -> str:
    """Writes the package's network; returns the file's sha256.

    Args:
        package: Holds an ``onnx`` artifact.
        path: ``.pt2`` writes a ``torch.export`` program, any other ending TorchScript.

    Raises:
        UnknownOperator: See :class:`OnnxProgram`.
        PackageError: The package has no ONNX file.
    """
    names = [tensor.name for tensor in declared_outputs(package)]
    with private_copy(package, package.artifact("onnx")) as copy:
        program = OnnxProgram(onnx.load(copy), names).eval()
    example = torch.zeros(program.batch or 2, *frame_shape(package))
    if path.suffix == ".pt2":
        batch = {} if program.batch else {0: torch.export.Dim("batch", min=1, max=1024)}
        exported = torch.export.export(program, (example,), dynamic_shapes=(batch,))
        torch.export.save(exported, path)
    else:
        jit: Any = torch.jit
        jit.trace(program, (example,)).save(str(path))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; prints the line that the package needs."""
    parser = argparse.ArgumentParser(
        prog="python -m simgate.policies.perception.onnx_to_torch", description=__doc__, allow_abbrev=False
    )
    parser.add_argument("model", type=Path, help="model.yaml, or its folder")
    parser.add_argument("--add", action="store_true", help="write the artifact into model.yaml")
    parser.add_argument("out", type=Path, help="file to write: .pt2 for torch.export, .pt for TorchScript")
    options = parser.parse_args(arguments)
    try:
        package = load_package(options.model)
        digest = convert(package, options.out)
    except (PackageError, UnknownOperator) as error:
        print(error, file=sys.stderr)
        return 2
    file = os.path.relpath(options.out.resolve(), package.path.parent.resolve())
    line = artifact_line("torch", file, digest)
    if options.add and add_artifact(package.path, line):
        print(f"{package.path}: {line}")
    else:
        print(f"add to the artifacts of {package.path}:\n- {line}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
