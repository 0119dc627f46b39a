"""Output tensors to detections, by the decoder that the package declares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.decode import decode_center_heatmap
from simgate.policies.perception.decode_detr import decode_detr
from simgate.policies.perception.decode_yolo import decode_yolo
from simgate.policies.perception.detections import Detections
from simgate.policies.perception.package import ModelPackage
from simgate.policies.perception.package_spec import CenterHeatmap, Yolo
from simgate.policies.perception.resize import plan_resize

Location = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class DeclaredTensor:
    """A tensor as the package declares it.

    Attributes:
        at: Where it is declared in ``model.yaml``.
        name: Its name in the model.
        shape: Without the batch; None where the package leaves it open.
    """

    at: Location
    name: str
    shape: tuple[int | None, ...]


def declared_input(package: ModelPackage) -> DeclaredTensor:
    """The model's input."""
    spec = package.input
    shape = (3, spec.height, spec.width) if spec.layout == "nchw" else (spec.height, spec.width, 3)
    return DeclaredTensor(("input",), spec.name, shape)


def declared_outputs(package: ModelPackage) -> tuple[DeclaredTensor, ...]:
    """The tensors that the decoder needs, in its order."""
    decoder, classes, spec = package.decoder, len(package.classes), package.input
    at = ("decoder", "outputs")
    shapes: dict[str, tuple[int | None, ...]]
    if isinstance(decoder, CenterHeatmap):
        cells = (spec.height // decoder.stride, spec.width // decoder.stride)
        shapes = {"heatmap": (classes, *cells), "box": (4, *cells)}
    elif isinstance(decoder, Yolo):
        channels = 4 + decoder.objectness + classes
        first = decoder.layout == "channels_first"
        shapes = {"predictions": (channels, None) if first else (None, channels)}
    else:
        shapes = {"logits": (None, classes + (decoder.activation == "softmax")), "boxes": (None, 4)}
    return tuple(
        DeclaredTensor((*at, key), str(getattr(decoder.outputs, key)), shape) for key, shape in shapes.items()
    )


class OutputDecoder:
    """Decodes what a model gave.

    Args:
        package: Declares decoder, classes and thresholds.
    """

    def __init__(self, package: ModelPackage) -> None:
        self.names = tuple(tensor.name for tensor in declared_outputs(package))
        """Output tensors to fetch, in the order in which :meth:`__call__` takes them."""
        self._package = package

    def __call__(self, outputs: Sequence[NDArray[Any]], frame: tuple[int, int]) -> list[Detections]:
        """Detections of each frame, best first, in pixels of the camera frame.

        Args:
            outputs: One array for each of ``names``, any float type.
            frame: (height, width) of the camera frames.

        Raises:
            ValueError: The arrays do not fit the declaration, or hold values that are not finite.
        """
        arrays = [np.asarray(output, np.float32) for output in outputs]
        found = self._decode(arrays)
        plan = plan_resize(self._package.input, *frame)
        return found if plan is None else [replace(one, boxes=plan.to_frame(one.boxes)) for one in found]

    def _decode(self, arrays: list[NDArray[np.float32]]) -> list[Detections]:
        package, decoder = self._package, self._package.decoder
        classes, thresholds = package.classes, package.score_thresholds
        size = (package.input.width, package.input.height)
        if isinstance(decoder, CenterHeatmap):
            heatmap, box = arrays
            return decode_center_heatmap(
                heatmap,
                box,
                classes=classes,
                stride=decoder.stride,
                thresholds=thresholds,
                max_detections=decoder.max_detections,
                nms_iou=decoder.nms_iou,
            )
        if isinstance(decoder, Yolo):
            return decode_yolo(arrays[0], decoder, classes=classes, thresholds=thresholds, size=size)
        logits, boxes = arrays
        return decode_detr(logits, boxes, decoder, classes=classes, thresholds=thresholds, size=size)
