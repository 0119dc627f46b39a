"""Inputs and outputs of a model as its package declares them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simgate.policies.documents.diagnostics import Diagnostic
from simgate.policies.perception.decoder_spec import DECODERS
from simgate.policies.perception.decoding.decoder import FLOATS
from simgate.policies.perception.decoding.kinds import decoder_of, names_of
from simgate.policies.perception.model_yaml.spec import ConstantInput, FrameInput, ReadingInput

if TYPE_CHECKING:
    from simgate.policies.perception.model_package import ModelPackage

Location = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class DeclaredTensor:
    """A tensor as the package declares it.

    Attributes:
        at: Where it is declared in ``model.yaml``.
        name: Its name in the model.
        shapes: Those that it may have, without the batch; None where the package leaves a size open.
            Empty for any.
        dtypes: Types that it may have.
        batched: Whether the batch comes before the shape.
    """

    at: Location
    name: str
    shapes: tuple[tuple[int | None, ...], ...]
    dtypes: tuple[str, ...] = FLOATS
    batched: bool = True


def declared_input(package: ModelPackage) -> DeclaredTensor:
    """The model's main input."""
    spec = package.spec.input
    return DeclaredTensor(("input",), spec.name, (_shape_of(spec),), (spec.dtype,))


def _shape_of(spec: FrameInput | ReadingInput) -> tuple[int, ...]:
    if isinstance(spec, ReadingInput):
        return spec.shape
    size = (spec.height, spec.width)
    return (spec.channels, *size) if spec.layout == "nchw" else (*size, spec.channels)


def frame_shape(package: ModelPackage) -> tuple[int, ...]:
    """Shape of one frame in the model's input."""
    return tuple(size for size in declared_input(package).shapes[0] if size is not None)


def _constant_shape(spec: ConstantInput) -> tuple[tuple[int, ...], bool]:
    """The shape of the value, and whether each frame has one."""
    return np.shape(spec.value if spec.of_frame is None else (0, 0)), spec.per_frame


def declared_extra_inputs(package: ModelPackage) -> tuple[DeclaredTensor, ...]:
    """Its other inputs, in the package's order."""
    found = []
    for name, spec in package.spec.extra_inputs.items():
        shape, each = _constant_shape(spec) if isinstance(spec, ConstantInput) else (_shape_of(spec), True)
        found.append(DeclaredTensor(("extra_inputs", name), name, (shape,), (spec.dtype,), each))
    return tuple(found)


def declared_outputs(package: ModelPackage) -> tuple[DeclaredTensor, ...]:
    """The tensors that the decoder needs, in its order."""
    spec = package.decoder
    wanted = decoder_of(spec, package.path.parent).tensors(spec, len(package.classes), package.input)
    return tuple(
        DeclaredTensor(("decoder", "outputs", key), name, wanted[key].shapes, wanted[key].dtypes)
        for key, name in names_of(spec).items()
    )


def decoder_problems(package: ModelPackage) -> list[Diagnostic]:
    """What a decoder of somebody else does not say of its tensors, at its place."""
    spec = package.decoder
    if spec.kind in DECODERS:
        return []
    try:
        declared_outputs(package)
    except Exception as error:
        said = f"its tensors(spec, classes, input) cannot be asked: {type(error).__name__}: {error}"
        hint = "return a Wanted(shapes) for every key of the spec's outputs; see docs/writing-your-own.md"
        message = f"decoder '{spec.kind}': {' '.join(said.split())}"
        return [package.problem(("decoder", "kind"), "model-package-value", message, hint)]
    return []
