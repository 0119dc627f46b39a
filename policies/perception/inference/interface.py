"""Compares the tensors of a loaded model with what its package declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simgate.policies.documents.diagnostics import Diagnostic, near
from simgate.policies.perception.decoder_spec import Yolo
from simgate.policies.perception.decoding.declared import (
    DeclaredTensor,
    declared_extra_inputs,
    declared_input,
    declared_outputs,
)

if TYPE_CHECKING:
    from simgate.policies.perception.model_package import ModelPackage

HINT = "correct model.yaml, or export the model again"


_MOST_NAMED = 10
"""Inputs that a message names; its end, with what was declared, is to be read."""


@dataclass(frozen=True, slots=True)
class ActualTensor:
    """A tensor as a runtime reports it, or the model's file.

    Attributes:
        name: In the model.
        dtype: ``float32``, ``float16``, ...; empty when a file does not say it.
        shape: With the batch; None where it is open. None in place of it when a file does not say it.
    """

    name: str
    dtype: str
    shape: tuple[int | None, ...] | None


def interface_problems(
    package: ModelPackage,
    inputs: Sequence[ActualTensor],
    outputs: Sequence[ActualTensor] | None = None,
    who: str = "the model",
) -> list[Diagnostic]:
    """What differs; empty when the model can be fed and read.

    Args:
        package: The declaration.
        inputs: All inputs of the model.
        outputs: All outputs of the model; None when they are known only once it has run.
        who: The model, in words.
    """
    problems = _input_problems(package, inputs, who)
    by_name = {tensor.name: tensor for tensor in outputs or ()}
    for declared in declared_outputs(package) if outputs is not None else ():
        if declared.name in by_name:
            messages = _differences(declared, by_name[declared.name])
        else:
            messages = [f"{who} has no output '{declared.name}'"]
        meant = _meant(declared.name, by_name)
        problems += [package.problem(declared.at, "model-io", message, meant) for message in messages]
    if problems:
        last = problems[-1]
        hint = last.hint or _head(package, by_name) or f"{HINT}; docs/models.md says what can be read"
        has = f"inputs {_listed(inputs)}" + ("" if outputs is None else f" and outputs {_listed(outputs)}")
        problems[-1] = replace(last, hint=f"{hint}; {who} has {has}")
    return problems


def _head(package: ModelPackage, outputs: Mapping[str, ActualTensor]) -> str:
    """What to declare for a table of candidates that is of another kind than declared; empty when unknown."""
    decoder = package.decoder
    table = outputs.get(declared_outputs(package)[0].name)
    if not isinstance(decoder, Yolo) or table is None or table.shape is None or len(table.shape) != 3:
        return ""
    first = decoder.layout == "channels_first"
    channels, other = (table.shape[1], table.shape[2]) if first else (table.shape[2], table.shape[1])
    wanted = 4 + decoder.objectness + len(package.classes)
    if other == wanted:
        return f"declare layout: {'channels_last' if first else 'channels_first'}"
    hints = []
    if channels == wanted + 1 and not decoder.objectness:
        hints.append("declare objectness: true if channel 5 is that, or name the class that is missing")
    if 6 in (channels, other):
        hints.append("declare kind: detections if its 6 columns are box, score and class")
    return "; ".join(hints)


def _input_problems(package: ModelPackage, inputs: Sequence[ActualTensor], who: str) -> list[Diagnostic]:
    problems: list[Diagnostic] = []
    wanted = (declared_input(package), *declared_extra_inputs(package))
    by_name = {tensor.name: tensor for tensor in inputs}
    for declared in wanted:
        if declared.name in by_name:
            messages = _differences(declared, by_name[declared.name])
        else:
            more = f" and {len(by_name) - _MOST_NAMED:,} more" if len(by_name) > _MOST_NAMED else ""
            names = ", ".join(f"'{name}'" for name in [*by_name][:_MOST_NAMED]) or "none"
            messages = [f"the inputs of {who} are {names}{more}, the package declares '{declared.name}'"]
        meant = _meant(declared.name, by_name)
        problems += [package.problem(declared.at, "model-io", message, meant) for message in messages]
    if not problems:
        for name in sorted(by_name.keys() - {declared.name for declared in wanted}):
            message = f"{who} has an input '{name}' that the package does not declare"
            hint = f"give it a value, beside input: and not in it: extra_inputs: {{{name}: {{value: ...}}}}"
            problems.append(package.problem(("input",), "model-io", message, hint))
    batch, said = _fixed_batch(package, inputs), package.input.batch
    if batch is not None and said is not None and batch != said:
        message = f"{who} takes batches of {batch}, the package says {said}"
        problems.append(package.problem(("input", "batch"), "model-io", message, HINT))
    return problems


def batches(package: ModelPackage, inputs: Sequence[ActualTensor]) -> tuple[tuple[int, int], ...] | None:
    """Batches that the model takes, by its file or its package; None for any."""
    batch = _fixed_batch(package, inputs) or package.input.batch
    return None if batch is None else ((batch, batch),)


def _fixed_batch(package: ModelPackage, inputs: Sequence[ActualTensor]) -> int | None:
    """Frames that the model takes at once, by its own file."""
    shapes = [tensor.shape for tensor in inputs if tensor.name == package.input.name and tensor.shape]
    return shapes[0][0] if shapes else None


def _meant(name: str, there: Mapping[str, ActualTensor]) -> str:
    """The tensor that is called nearly so; empty where none is, or one is called just so."""
    hint = "" if name in there else near(name, there)
    return hint if hint.startswith("did you mean") else ""


def _listed(tensors: Sequence[ActualTensor]) -> str:
    return (
        ", ".join(f"{one.name} {one.dtype or 'of any type'} {_shape(one.shape)}" for one in tensors) or "none"
    )


def _shape(shape: Sequence[int | None] | None) -> str:
    if shape is None:
        return "of any shape"
    return f"[{', '.join('any' if size is None else str(size) for size in shape)}]"


def _differences(declared: DeclaredTensor, actual: ActualTensor) -> list[str]:
    """What either side leaves open fits anything."""
    messages = []
    if actual.dtype and actual.dtype not in declared.dtypes:
        wanted = " or ".join(declared.dtypes)
        messages.append(f"tensor '{actual.name}' is {actual.dtype}, must be {wanted}")
    if actual.shape is None or not declared.shapes:
        return messages
    inner = actual.shape[1:] if declared.batched else actual.shape
    fits = len(actual.shape) >= declared.batched and any(
        len(inner) == len(shape)
        and all(has is None or wants is None or has == wants for has, wants in zip(inner, shape, strict=True))
        for shape in declared.shapes
    )
    if not fits:
        says = " or ".join(
            _shape(shape).replace("[", "[N, " if shape else "[N") if declared.batched else _shape(shape)
            for shape in declared.shapes
        )
        messages.append(f"tensor '{actual.name}' has shape {_shape(actual.shape)}, the package says {says}")
    return messages
