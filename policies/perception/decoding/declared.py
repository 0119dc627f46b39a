"""Inputs and outputs of a model as its package declares them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simgate.policies.perception.package_spec import CenterHeatmap, Final, Yolo
from simgate.policies.perception.preprocessing.extra_inputs import extra_arrays

if TYPE_CHECKING:
    from simgate.policies.perception.package import ModelPackage

Location = tuple[str | int, ...]


FLOATS = ("float32", "float16", "float64")
_NUMBERS = (*FLOATS, "int32", "int64", "uint8")


@dataclass(frozen=True, slots=True)
class DeclaredTensor:
    """A tensor as the package declares it.

    Attributes:
        at: Where it is declared in ``model.yaml``.
        name: Its name in the model.
        shapes: Those that it may have, without the batch; None where the package leaves a size open.
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
    decoder, classes, spec = package.decoder, len(package.classes), package.input
    shapes: dict[str, tuple[tuple[int | None, ...], ...]]
    dtypes: dict[str, tuple[str, ...]] = {}
    if isinstance(decoder, CenterHeatmap):
        cells = (spec.height // decoder.stride, spec.width // decoder.stride)
        shapes = {"heatmap": ((classes, *cells),), "box": ((4, *cells),)}
    elif isinstance(decoder, Yolo):
        channels = 4 + decoder.objectness + classes
        first = decoder.layout == "channels_first"
        shapes = {"predictions": ((channels, None) if first else (None, channels),)}
    elif isinstance(decoder, Final):
        table = (6, None) if decoder.layout == "channels_first" else (None, 6)
        shapes = {"detections": (table, (6,)) if decoder.outputs.count else (table,)}
        shapes |= {"boxes": ((None, 4),), "scores": ((None,),), "classes": ((None,),), "count": ((), (1,))}
        dtypes = {"classes": _NUMBERS, "count": _NUMBERS}
    else:
        shapes = {"logits": ((None, classes + (decoder.activation == "softmax")),), "boxes": ((None, 4),)}
    return tuple(
        DeclaredTensor(("decoder", "outputs", key), name, shape, dtypes.get(key, FLOATS))
        for key, shape in shapes.items()
        if (name := getattr(decoder.outputs, key)) is not None
    )
