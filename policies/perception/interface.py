"""Compares the tensors of a loaded model with what its package declares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simgate.policies.perception.decoders import DeclaredTensor, declared_input, declared_outputs
from simgate.policies.perception.package import ModelPackage
from simgate.policies.perception.problems import PackageProblem

HINT = "correct model.yaml, or export the model again"


@dataclass(frozen=True, slots=True)
class ActualTensor:
    """A tensor as a runtime reports it.

    Attributes:
        name: In the model.
        dtype: ``float32``, ``float16``, ...
        shape: With the batch; None where it is open.
    """

    name: str
    dtype: str
    shape: tuple[int | None, ...]


def interface_problems(
    package: ModelPackage,
    inputs: Sequence[ActualTensor],
    outputs: Sequence[ActualTensor],
    fixed_batch: bool = False,
) -> list[PackageProblem]:
    """What differs; empty when the model can be fed and read.

    Args:
        package: The declaration.
        inputs: All inputs of the model.
        outputs: All outputs of the model.
        fixed_batch: Whether a batch that is not open is accepted.
    """
    problems: list[PackageProblem] = []
    wanted = declared_input(package)
    if [tensor.name for tensor in inputs] != [wanted.name]:
        names = ", ".join(tensor.name for tensor in inputs)
        message = f"the model's inputs are '{names}', the package declares '{wanted.name}'"
        problems.append(package.problem(("input", "name"), "model-io", message, HINT))
    else:
        messages = _differences(wanted, inputs[0], (package.input.dtype,), fixed_batch)
        problems += [package.problem(wanted.at, "model-io", message, HINT) for message in messages]
    by_name = {tensor.name: tensor for tensor in outputs}
    for declared in declared_outputs(package):
        if declared.name in by_name:
            messages = _differences(declared, by_name[declared.name], ("float32", "float16"), fixed_batch)
        else:
            messages = [f"the model has no output '{declared.name}' (has: {', '.join(by_name)})"]
        problems += [package.problem(declared.at, "model-io", message, HINT) for message in messages]
    return problems


def _differences(
    declared: DeclaredTensor, actual: ActualTensor, dtypes: tuple[str, ...], fixed_batch: bool
) -> list[str]:
    """A dimension that either side leaves open fits anything."""
    found = []
    if actual.dtype not in dtypes:
        found.append(f"tensor '{actual.name}' is {actual.dtype}, must be {' or '.join(dtypes)}")
    shape = actual.shape
    fits = len(shape) == len(declared.shape) + 1 and all(
        has is None or wants is None or has == wants
        for has, wants in zip(shape[1:], declared.shape, strict=True)
    )
    if not fits:
        says = ", ".join("any" if size is None else str(size) for size in declared.shape)
        has = ", ".join("any" if size is None else str(size) for size in shape)
        found.append(f"tensor '{actual.name}' has shape [{has}], the package says [N, {says}]")
    elif shape[0] is not None and not fixed_batch:
        found.append(
            f"tensor '{actual.name}' has a fixed batch of {shape[0]}; export with a dynamic batch axis"
        )
    return found
