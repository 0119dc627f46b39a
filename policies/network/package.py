"""A ``policy.yaml`` read and held against its network's file; every problem at its place."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

from pydantic import BaseModel, ValidationError

from simgate.policies.documents.diagnostics import Diagnostic, near, of_file, of_length
from simgate.policies.documents.named_file import absence
from simgate.policies.documents.nodes import MappingNode, SequenceNode
from simgate.policies.network.declaration import Action, Entry, Normalise, PolicySpec, State
from simgate.policies.network.metadata import filled
from simgate.policies.perception.files.onnx_data import external_locations
from simgate.policies.perception.files.onnx_interface import onnx_interface, onnx_metadata
from simgate.policies.perception.files.package_files import Artifact, leads_outside, onnx_digest, sha256_of
from simgate.policies.perception.files.protobuf import NotProtobuf
from simgate.policies.perception.inference.interface import ActualTensor
from simgate.policies.perception.model_yaml.text import PackageText, read_text
from simgate.policies.perception.problems import PackageError
from simgate.sim_adapters.files.unfetched import unfetched

VALUE, IO = "policy-value", "policy-io"
"""Codes: of a key or value that cannot be, and of what the network's file has otherwise."""
PLANS = (".plan", ".engine")
"""Ends of the names of TensorRT's files."""
_FLOATS = ("float32", "float64", "float16")
_WITHIN: dict[str, type[BaseModel]] = {
    "observation": Entry, "normalise": Normalise, "recurrent": State, "action": Action
}  # fmt: skip


@dataclass(frozen=True)
class PolicyPackage:
    """A declaration whose network's file is there and fits.

    Attributes:
        path: The ``policy.yaml``.
        spec: Its content.
        observation: The network's input.
        output: Its output that is the action.
        states: Types of the tensors of ``spec.recurrent``.
        metadata: What else stands in the network's file.
        text: Where everything stands, for errors.
    """

    path: Path
    spec: PolicySpec
    observation: ActualTensor
    output: ActualTensor
    states: tuple[str, ...]
    metadata: dict[str, str]
    text: PackageText = field(repr=False, compare=False)

    @property
    def network(self) -> Path:
        """The network's file."""
        return self.path.parent / self.spec.network

    @property
    def is_program(self) -> bool:
        """Whether it is a file of torch's."""
        return is_zipfile(self.network)

    @property
    def is_plan(self) -> bool:
        """Whether it is a plan of TensorRT's."""
        return _is_plan(self.network)

    def unusable(
        self, code: str, message: str, hint: str = "", artifact: Artifact | None = None
    ) -> PackageError:
        """The error of a network that is as declared but cannot be used here."""
        return PackageError([self.problem(("network",), code, message, hint)])

    def held_against(
        self, inputs: Sequence[ActualTensor], outputs: Sequence[ActualTensor]
    ) -> tuple[str, str]:
        """Names of the observation and of the action in a network that says its tensors once it is loaded.

        Raises:
            PackageError: They are not as declared.
        """
        _require_interface(self.text, self.spec, inputs, outputs)
        return _input(self.spec, inputs), _output(self.spec, outputs)

    def problem(self, at: Sequence[str | int], code: str, message: str, hint: str = "") -> Diagnostic:
        """A problem at the value that a path of keys leads to."""
        return self.text.problem(at, code, message, hint)

    @property
    def data(self) -> tuple[str, ...]:
        """Files that hold more of the network's weights, by path from its folder."""
        return () if _is_closed(self.network) else external_locations(self.network)

    def network_bytes(self) -> bytes:
        """The content of the network's file.

        Raises:
            PackageError: It is not what is declared (any more).
        """
        content = self.network.read_bytes()
        if self.spec.sha256 is not None and (actual := _digest(self.network)) != self.spec.sha256:
            raise PackageError([_another(self.text, actual)])
        return content


def _is_plan(network: Path) -> bool:
    return network.suffix in PLANS


def _is_closed(network: Path) -> bool:
    """Whether it says its tensors only once it is loaded: a program of torch's, a plan."""
    return is_zipfile(network) or _is_plan(network)


def _digest(network: Path) -> str:
    """Names the weights, those in further files too; the file's own hash where there are none."""
    return sha256_of(network) if _is_closed(network) else onnx_digest(network)


def load_policy(path: Path) -> PolicyPackage:
    """Reads a ``policy.yaml``.

    Raises:
        PackageError: Something is wrong; all problems with file, line and column.
    """
    if not path.is_file():
        raise PackageError([of_file(path, VALUE, f"policy.yaml {absence(path)}", "check the path")])
    problems, text = read_text(path)
    if text is None or problems:
        own = [replace(p, code=VALUE) if p.code == "model-package-value" else p for p in problems]
        raise PackageError(own)
    if not isinstance(text.root, MappingNode):
        hint = "docs/learned-policies.md shows whole ones"
        raise PackageError(
            [text.problem((), VALUE, "it must be a mapping with network, observation, ...", hint)]
        )
    metadata = _metadata(text)
    data, problems = filled(text, metadata, IO)
    if problems:
        raise PackageError(problems)
    try:
        spec = PolicySpec.model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        raise PackageError(_of_content(text, error)) from None
    inputs, outputs = _interface(text, spec)
    _require_interface(text, spec, inputs, outputs)
    by_name = {tensor.name: tensor for tensor in (*inputs, *outputs)}
    observation, output = by_name[_input(spec, inputs)], by_name[_output(spec, outputs)]
    states = tuple(by_name[state.input].dtype for state in spec.recurrent)
    return PolicyPackage(path, spec, observation, output, states, metadata, text)


def _require_interface(
    text: PackageText, spec: PolicySpec, inputs: Sequence[ActualTensor], outputs: Sequence[ActualTensor]
) -> None:
    """Raises PackageError where a network's tensors are not as declared."""
    if problems := _of_interface(text, spec, inputs, outputs):
        has = f"the network has inputs {_listed(inputs)} and outputs {_listed(outputs)}"
        problems[-1] = replace(problems[-1], hint="; ".join(filter(None, (problems[-1].hint, has))))
        raise PackageError(problems)


def _another(text: PackageText, actual: str) -> Diagnostic:
    message = f"the network has sha256 {actual}, another is declared"
    return text.problem(("sha256",), IO, message, "restore the file that was released, or declare a new one")


def _interface(text: PackageText, spec: PolicySpec) -> tuple[list[ActualTensor], list[ActualTensor]]:
    path = text.path.parent / spec.network
    at = ("network",)
    lacking = unfetched(path)
    if lacking is not None:
        raise PackageError(
            [text.problem(at, "not-fetched", f"'{spec.network}' {lacking.message}", lacking.remedy)]
        )
    if not path.is_file():
        message = f"the network '{spec.network}' {absence(path)}"
        raise PackageError([text.problem(at, IO, message, "the path counts from policy.yaml")])
    is_closed = _is_closed(path)
    for location in () if is_closed else external_locations(path):
        if problem := _of_data(text, path.parent, location):
            raise PackageError([problem])
    if spec.sha256 is not None and (actual := _digest(path)) != spec.sha256:
        raise PackageError([_another(text, actual)])
    if is_closed:
        return _as_declared(spec)
    try:
        return onnx_interface(path)
    except NotProtobuf:
        message = f"'{spec.network}' is no ONNX file, or not all of it"
        raise PackageError([text.problem(at, IO, message, "export the network to ONNX again")]) from None


def _metadata(text: PackageText) -> dict[str, str]:
    """Of the network's file; empty where there is none, which is said later."""
    name = text.data.get("network")
    path = text.path.parent / (name if isinstance(name, str) else "")
    try:
        return onnx_metadata(path) if path.is_file() and not _is_closed(path) else {}
    except (NotProtobuf, OSError):
        return {}


def _of_data(text: PackageText, folder: Path, location: str) -> Diagnostic | None:
    """What is wrong with a file of weights beside the network's, which exporters write for large ones."""
    path, at = folder / location, ("network",)
    if leads_outside(location):
        message = f"the network keeps weights in '{location}', outside its folder"
        return text.problem(at, IO, message, "export it again, beside its weights")
    if lacking := unfetched(path):
        return text.problem(at, "not-fetched", f"'{location}' {lacking.message}", lacking.remedy)
    if not path.is_file():
        message = f"the network keeps weights in '{location}', which {absence(path)}"
        return text.problem(at, IO, message, "put it beside the network's file, under this name")
    return None


def _as_declared(spec: PolicySpec) -> tuple[list[ActualTensor], list[ActualTensor]]:
    """Tensors of what says nothing of them before it is loaded."""
    inputs = [spec.input or "obs", *(state.input for state in spec.recurrent)]
    outputs = [spec.action.output or "actions", *(state.output for state in spec.recurrent)]
    return [ActualTensor(name, "", None) for name in inputs], [
        ActualTensor(name, "", None) for name in outputs
    ]


def _input(spec: PolicySpec, inputs: Sequence[ActualTensor]) -> str:
    states = {state.input for state in spec.recurrent}
    free = [tensor.name for tensor in inputs if tensor.name not in states]
    return spec.input or (free[0] if len(free) == 1 else "")


def _output(spec: PolicySpec, outputs: Sequence[ActualTensor]) -> str:
    states = {state.output for state in spec.recurrent}
    free = [tensor.name for tensor in outputs if tensor.name not in states]
    return spec.action.output or (free[0] if len(free) == 1 else "")


def _of_interface(
    text: PackageText, spec: PolicySpec, inputs: Sequence[ActualTensor], outputs: Sequence[ActualTensor]
) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    taken, given = {t.name: t for t in inputs}, {t.name: t for t in outputs}
    name = _input(spec, inputs)
    if name not in taken:
        message = f"the network has no input '{name}'" if name else "which input takes the observation?"
        found.append(
            text.problem(("input",), IO, message, near(name, taken) if name else "write input: NAME")
        )
    else:
        found += _rows(text, ("input",), taken[name], "input")
    name = _output(spec, outputs)
    at = ("action", "output")
    if name not in given:
        message = f"the network has no output '{name}'" if name else "which output is the action?"
        hint = near(name, given) if name else "write action: {output: NAME}"
        found.append(text.problem(at, IO, message, hint))
    else:
        found += _rows(text, at, given[name], "output")
    for index, state in enumerate(spec.recurrent):
        for key, side, tensors in (("input", state.input, taken), ("output", state.output, given)):
            if side not in tensors:
                message = f"the network has no {key} '{side}'"
                found.append(text.problem(("recurrent", index, key), IO, message, near(side, tensors)))
            elif message := _state_differs(state, tensors[side]):
                found.append(text.problem(("recurrent", index, "shape"), IO, message))
    used = {_input(spec, inputs), *(state.input for state in spec.recurrent)}
    for tensor in inputs:
        if tensor.name not in used and not (spec.input is None and "" in used):
            message = f"the network's input '{tensor.name}' is given nothing"
            hint = "declare it under recurrent, or export the network without it"
            found.append(text.problem(("recurrent",), IO, message, hint))
    return found


def _rows(text: PackageText, at: Sequence[str | int], tensor: ActualTensor, what: str) -> list[Diagnostic]:
    """What keeps a tensor from being one row of numbers for each world."""
    if tensor.dtype and tensor.dtype not in _FLOATS:
        message = f"{what} '{tensor.name}' is {tensor.dtype}, not {' or '.join(_FLOATS)}"
        return [text.problem(at, IO, message, "export the network with floating-point tensors")]
    if tensor.shape is not None and len(tensor.shape) != 2:
        message = f"{what} '{tensor.name}' has shape {_shape(tensor.shape)}, not (worlds, numbers)"
        return [text.problem(at, IO, message, "export the network so that it takes and gives rows")]
    if tensor.shape is not None and tensor.shape[0] not in (None, 1):
        message = (
            f"{what} '{tensor.name}' has shape {_shape(tensor.shape)}, of {tensor.shape[0]} worlds at once"
        )
        return [text.problem(at, IO, message, "export the network with an open batch, or one of 1")]
    return []


def _state_differs(state: State, tensor: ActualTensor) -> str:
    if tensor.shape is None:
        return ""
    sizes = [None if size == "batch" else size for size in state.shape]
    fits = len(sizes) == len(tensor.shape) and all(
        a is None or b is None or a == b for a, b in zip(sizes, tensor.shape, strict=True)
    )
    return (
        "" if fits else f"'{tensor.name}' has shape {_shape(tensor.shape)}, declared is {list(state.shape)}"
    )


def _shape(shape: Sequence[int | None]) -> str:
    return f"({', '.join('?' if size is None else str(size) for size in shape)})"


def _listed(tensors: Sequence[ActualTensor]) -> str:
    return ", ".join(f"{t.name} {t.dtype} {_shape(t.shape or ())}" for t in tensors) or "none"


def _of_content(text: PackageText, error: ValidationError) -> list[Diagnostic]:
    found: dict[tuple[int, int], Diagnostic] = {}
    for one in error.errors(include_url=False):
        problem = _of_value(text, dict(one))
        found.setdefault((problem.line, problem.column), problem)
    return sorted(found.values(), key=lambda p: (p.line, p.column))


def _of_value(text: PackageText, error: dict[str, Any]) -> Diagnostic:
    kind, last = str(error["type"]), error["loc"][-1] if error["loc"] else ""
    # Pydantic adds names for each of the types that a value may have; they are no keys of the file.
    at: list[str | int] = []
    for part in error["loc"]:
        owner = text.node(at)
        if (isinstance(owner, MappingNode) and owner.find(str(part)) is not None) or (
            isinstance(owner, SequenceNode) and isinstance(part, int) and part < len(owner.items)
        ):
            at.append(part)
    dotted = ".".join(map(str, at)) or "policy.yaml"
    if kind == "extra_forbidden":
        within = next((part for part in at[:-1] if isinstance(part, str)), None)
        known = _WITHIN.get(within or "", PolicySpec).model_fields
        return text.problem(at, VALUE, f"unknown key '{dotted}'", near(str(last), known), at_key=True)
    if kind == "missing":
        return text.problem(at, VALUE, f"{dotted} has no '{last}'", f"add {last}")
    if kind == "value_error":
        return text.problem(at, VALUE, f"{dotted}: {str(error['msg']).removeprefix('Value error, ')}")
    if length := of_length(error):
        return text.problem(at, VALUE, f"{dotted} must {length}")
    said = re.sub(r"^\w+ should ", "", str(error["msg"]))
    said = "be a number, or a list of numbers" if kind in ("float_type", "tuple_type") else said
    return text.problem(at, VALUE, f"{dotted} must {said}, not {text.node(at).described}")
