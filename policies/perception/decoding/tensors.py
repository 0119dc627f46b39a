"""No decoding: each frame's part of every tensor, as the model gave it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.decoder_spec import TensorSpec
from simgate.policies.perception.decoding.decoder import NUMBERS, Context, Decoder, Wanted
from simgate.policies.perception.model_yaml.spec import InputSpec
from simgate.policies.perception.outputs import Tensors


def _tensors(spec: TensorSpec, classes: int, frames: InputSpec) -> dict[str, Wanted]:
    return {key: Wanted((), NUMBERS) for key in spec.outputs}


def _decode(spec: TensorSpec, arrays: Mapping[str, NDArray[np.float32]], context: Context) -> list[Tensors]:
    counts = {len(array) if array.ndim else None for array in arrays.values()}
    count = counts.pop()
    if counts or count is None:
        shapes = ", ".join(f"{key} {array.shape}" for key, array in arrays.items())
        raise ValueError(f"the tensors do not have one row for each frame: {shapes}")
    return [Tensors({key: np.asarray(array[n]) for key, array in arrays.items()}) for n in range(count)]


DECODER = Decoder(TensorSpec, _tensors, _decode)
