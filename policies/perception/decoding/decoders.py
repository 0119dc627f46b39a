"""Output tensors to detections, by the decoder that the package declares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.decoding.center_heatmap import decode_center_heatmap
from simgate.policies.perception.decoding.declared import declared_outputs
from simgate.policies.perception.decoding.detr import decode_detr
from simgate.policies.perception.decoding.final import decode_detections
from simgate.policies.perception.decoding.yolo import decode_yolo
from simgate.policies.perception.outputs import Boxes
from simgate.policies.perception.package_spec import CenterHeatmap, Final, Yolo
from simgate.policies.perception.preprocessing.resize import plan_resize

if TYPE_CHECKING:
    from simgate.policies.perception.package import ModelPackage


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

    def __call__(self, outputs: Sequence[NDArray[Any]], frame: tuple[int, int]) -> list[Boxes]:
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

    def _decode(self, arrays: dict[str, NDArray[np.float32]], size: tuple[int, int]) -> list[Boxes]:
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
