"""Inputs and outputs of a model as its package declares them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simgate.policies.perception.decoding.decoder import FLOATS
from simgate.policies.perception.decoding.kinds import decoder_of, names_of
from simgate.policies.perception.preprocessing.extra_inputs import extra_arrays

if TYPE_CHECKING:
    from simgate.policies.perception.package import ModelPackage

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
    """The model's input of frames."""
    spec, channels = package.input, package.input.channels
    size = (spec.height, spec.width)
    shape = (channels, *size) if spec.layout == "nchw" else (*size, channels)
    return DeclaredTensor(("input",), spec.name, (shape,), (spec.dtype,))


def frame_shape(package: ModelPackage) -> tuple[int, ...]:
    """Shape of one frame in the model's input."""
    return tuple(size for size in declared_input(package).shapes[0] if size is not None)


def declared_extra_inputs(package: ModelPackage) -> tuple[DeclaredTensor, ...]:
    """Its other inputs, in the package's order."""
    arrays = extra_arrays(package, (package.input.height, package.input.width), 1)
    return tuple(
        DeclaredTensor(
            ("extra_inputs", name),
            name,
            (arrays[name].shape[spec.per_frame :],),
            (spec.dtype,),
            spec.per_frame,
        )
        for name, spec in package.spec.extra_inputs.items()
    )


def declared_outputs(package: ModelPackage) -> tuple[DeclaredTensor, ...]:
    """The tensors that the decoder needs, in its order."""
    spec = package.decoder
    wanted = decoder_of(spec).tensors(spec, len(package.classes), package.input)
    return tuple(
        DeclaredTensor(("decoder", "outputs", key), name, wanted[key].shapes, wanted[key].dtypes)
        for key, name in names_of(spec).items()
    )
