"""Output tensors to what a model says of each frame, by the decoder that its package declares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.decoding.declared import declared_outputs
from simgate.policies.perception.decoding.decoder import Context
from simgate.policies.perception.decoding.kinds import decoder_of
from simgate.policies.perception.outputs import ModelOutput
from simgate.policies.perception.preprocessing.resize import plan_resize

if TYPE_CHECKING:
    from simgate.policies.perception.model_package import ModelPackage


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
        self._decoder = decoder_of(package.decoder, package.path.parent)

    def __call__(self, outputs: Sequence[NDArray[Any]], frame: tuple[int, int]) -> list[ModelOutput]:
        """What the model says of each frame, in pixels of the camera frame.

        Args:
            outputs: One array for each of ``names``, any type of number.
            frame: (height, width) of the camera frames.

        Raises:
            ValueError: The arrays do not fit the declaration, or hold values that are not finite.
        """
        package = self._package
        arrays = {
            key: np.asarray(output, np.float32) for key, output in zip(self._keys, outputs, strict=True)
        }
        context = Context(
            package.classes,
            package.score_thresholds,
            package.input,
            (frame[1], frame[0]),
            plan_resize(package.input, *frame),
        )
        return list(self._decoder.decode(package.decoder, arrays, context))
