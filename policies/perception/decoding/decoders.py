"""Output tensors to detections, by the decoder that the package declares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.decoding.center_heatmap import decode_center_heatmap
from simgate.policies.perception.decoding.detr import decode_detr
from simgate.policies.perception.decoding.final import decode_detections
from simgate.policies.perception.decoding.yolo import decode_yolo
from simgate.policies.perception.detections import Detections
from simgate.policies.perception.package_spec import CenterHeatmap, Final, Yolo
from simgate.policies.perception.preprocessing.extra_inputs import extra_arrays
from simgate.policies.perception.preprocessing.resize import plan_resize

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


class OutputDecoder:
    """Decodes what a model gave.

    Args:
        package: Declares decoder, classes and thresholds.
    """

    def __init__(self, package: ModelPackage) -> None:
        tensors = declared_outputs(package)
        self.names = tuple(tensor.name for tensor in tensors)
        """Output tensors to fetch, in the order in which :meth:`__call__` takes them."""
        self._keys = tuple(str(tensor.at[-1]) for tensor in tensors)
        self._package = package

    def __call__(self, outputs: Sequence[NDArray[Any]], frame: tuple[int, int]) -> list[Detections]:
        """Detections of each frame, best first, in pixels of the camera frame.

        Args:
            outputs: One array for each of ``names``, any type of number.
            frame: (height, width) of the camera frames.

        Raises:
            ValueError: The arrays do not fit the declaration, or hold values that are not finite.
        """
        arrays = {
            key: np.asarray(output, np.float32) for key, output in zip(self._keys, outputs, strict=True)
        }
        decoder, given = self._package.decoder, self._package.input
        of_frame = isinstance(decoder, Final) and decoder.box_unit == "frame_pixel"
        found = self._decode(arrays, (frame[1], frame[0]) if of_frame else (given.width, given.height))
        plan = None if of_frame else plan_resize(given, *frame)
        return found if plan is None else [replace(one, boxes=plan.to_frame(one.boxes)) for one in found]

    def _decode(self, arrays: dict[str, NDArray[np.float32]], size: tuple[int, int]) -> list[Detections]:
        """Boxes in pixels of an image of ``size``."""
        package, decoder = self._package, self._package.decoder
        classes, thresholds = package.classes, package.score_thresholds
        if isinstance(decoder, CenterHeatmap):
            return decode_center_heatmap(
                arrays["heatmap"],
                arrays["box"],
                classes=classes,
                stride=decoder.stride,
                thresholds=thresholds,
                max_detections=decoder.max_detections,
                nms_iou=decoder.nms_iou,
            )
        if isinstance(decoder, Yolo):
            predictions = arrays["predictions"]
            return decode_yolo(predictions, decoder, classes=classes, thresholds=thresholds, size=size)
        if isinstance(decoder, Final):
            return decode_detections(arrays, decoder, classes=classes, thresholds=thresholds, size=size)
        return decode_detr(
            arrays["logits"], arrays["boxes"], decoder, classes=classes, thresholds=thresholds, size=size
        )
