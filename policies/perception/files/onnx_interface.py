"""Inputs and outputs of an ONNX file held against its package, before any runtime opens it.

Exporters write them at the end of the graph's message; what lies before, the weights above all, is skipped.
"""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from simgate.policies.documents.diagnostics import Diagnostic
from simgate.policies.perception.files.protobuf import NotProtobuf, fields, mapped
from simgate.policies.perception.inference.interface import ActualTensor, interface_problems

if TYPE_CHECKING:
    from simgate.policies.perception.model_package import ModelPackage

_TYPES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string",
    9: "bool", 10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 16: "bfloat16",
}  # fmt: skip
"""``TensorProto.DataType`` as numpy calls it."""
_GRAPH, _METADATA = 7, 14
"""Of ``ModelProto``."""
_INITIALIZER, _INPUT, _OUTPUT, _SPARSE = 5, 11, 12, 15
"""Of ``GraphProto``."""
_TENSOR_NAME = 8


def onnx_problems(package: ModelPackage) -> list[Diagnostic]:
    """What the ONNX files of a package are not as it declares; its files are there as declared.

    What a file leaves open, for a runtime to infer, fits.
    """
    problems: dict[Diagnostic, None] = {}
    files = [(k, artifact) for k, artifact in enumerate(package.artifacts) if artifact.kind == "onnx"]
    for k, artifact in files:
        name = f"'{artifact.path.name}'"
        try:
            inputs, outputs = onnx_interface(artifact.path)
        except NotProtobuf:
            message = f"{name} is no ONNX file, or not all of it"
            hint = "copy it again, or export the model again; then declare its hash"
            found = [package.problem(("artifacts", k, "file"), "model-unreadable", message, hint)]
        else:
            found = interface_problems(package, inputs, outputs, "the model" if len(files) == 1 else name)
        problems.update(dict.fromkeys(found))
    return list(problems)


def onnx_interface(path: Path) -> tuple[list[ActualTensor], list[ActualTensor]]:
    """Inputs and outputs of a model, constants among the inputs left out.

    Raises:
        NotProtobuf: It is no ONNX file.
        OSError: It cannot be read.
    """
    graphs = _inside(mapped(path), _GRAPH)
    if not graphs:
        raise NotProtobuf("it holds no graph")
    inputs, outputs, constants = [], [], set()
    # Protobuf adds up what is written twice.
    for number, value in chain.from_iterable(map(fields, graphs)):
        if not isinstance(value, memoryview):
            continue
        if number == _INPUT:
            inputs.append(_tensor(value))
        elif number == _OUTPUT:
            outputs.append(_tensor(value))
        elif number == _INITIALIZER:
            constants.add(_text(value, _TENSOR_NAME))
        elif number == _SPARSE:
            constants |= {_text(values, _TENSOR_NAME) for values in _inside(value, 1)}
    return [tensor for tensor in inputs if tensor.name not in constants], outputs


def onnx_metadata(path: Path) -> dict[str, str]:
    """What an exporter has written into a model besides the graph, by key; the last one counts.

    Raises:
        NotProtobuf: It is no ONNX file.
        OSError: It cannot be read.
    """
    entries = _inside(mapped(path), _METADATA)
    return {_text(entry, 1): _text(entry, 2) for entry in entries}


def _tensor(info: memoryview) -> ActualTensor:
    """A ``ValueInfoProto``: its name, and of its type that of the elements and the shape."""
    dtype, shape = "", None
    for kind in _inside(info, 2):
        for tensor in _inside(kind, 1):
            for number, value in fields(tensor):
                if number == 1:
                    dtype = _TYPES.get(int(value), f"type {value}") if isinstance(value, int) else ""
                elif number == 2 and isinstance(value, memoryview):
                    shape = tuple(_size(dimension) for dimension in _inside(value, 1))
    return ActualTensor(_text(info, 1), dtype, shape)


def _size(dimension: memoryview) -> int | None:
    sizes = [value for number, value in fields(dimension) if number == 1 and isinstance(value, int)]
    # Negative numbers, which some exporters write for an open size, come as large ones.
    return sizes[-1] if sizes and sizes[-1] < 1 << 63 else None


def _inside(message: memoryview, number: int) -> list[memoryview]:
    return [value for found, value in fields(message) if found == number and isinstance(value, memoryview)]


def _text(message: memoryview, number: int) -> str:
    return b"".join(_inside(message, number)[-1:]).decode("utf-8", "backslashreplace")
