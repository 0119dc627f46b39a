"""Which further files an ONNX file reads its weights from; only fields that lead to a tensor are followed."""

from __future__ import annotations

from pathlib import Path

from simgate.policies.perception.files.protobuf import NotProtobuf, fields, mapped

_EXTERNAL = 1
"""``TensorProto.DataLocation.EXTERNAL``."""
_INSIDE: dict[str, dict[int, str]] = {
    "Model": {7: "Graph", 20: "Training", 25: "Function"},
    "Graph": {1: "Node", 5: "Tensor", 15: "Sparse"},
    "Training": {1: "Graph", 2: "Graph"},
    "Function": {7: "Node", 11: "Attribute"},
    "Node": {5: "Attribute"},
    "Attribute": {5: "Tensor", 6: "Graph", 10: "Tensor", 11: "Graph", 22: "Sparse", 23: "Sparse"},
    "Sparse": {1: "Tensor", 2: "Tensor"},
}
"""Message -> field number -> message in it, for all that can hold a tensor."""
_ENTRY, _LOCATION = 13, 14
"""``TensorProto.external_data`` and ``data_location``."""


def external_locations(path: Path) -> tuple[str, ...]:
    """Where the tensors of a model lie that are not in its own file, as written in it, each once.

    Subgraphs, functions and attributes are looked into as well. A file that is no ONNX names none;
    what is wrong with it is said elsewhere.

    Raises:
        OSError: It cannot be read.
    """
    try:
        return tuple(dict.fromkeys(_locations(mapped(path))))
    except NotProtobuf:
        return ()


def _locations(content: memoryview) -> list[str]:
    found: list[str] = []
    left = [("Model", content)]
    while left:
        kind, message = left.pop()
        if kind == "Tensor":
            found += _of_tensor(message)
            continue
        inside = _INSIDE[kind]
        left += [
            (inside[number], value)
            for number, value in fields(message)
            if number in inside and isinstance(value, memoryview)
        ]
    return found


def _of_tensor(message: memoryview) -> list[str]:
    is_external, names = False, []
    for number, value in fields(message):
        if number == _LOCATION:
            is_external = value == _EXTERNAL
        elif number == _ENTRY and isinstance(value, memoryview):
            entry = {key: bytes(part) for key, part in fields(value) if isinstance(part, memoryview)}
            if entry.get(1) == b"location":
                names.append(entry.get(2, b"").decode("utf-8", "backslashreplace"))
    return names if is_external else []
