"""A depth estimation: a distance, or its inverse, for each pixel, to metres along the optical axis."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.decoder_spec import DepthSpec
from simgate.policies.perception.decoding.decoder import NUMBERS, Context, Decoder, Wanted
from simgate.policies.perception.model_yaml.spec import InputSpec
from simgate.policies.perception.outputs import Depth


def _tensors(spec: DepthSpec, classes: int, frames: InputSpec) -> dict[str, Wanted]:
    return {"depth": Wanted(((None, None), (1, None, None), (None, None, 1)), NUMBERS)}


def _decode(spec: DepthSpec, arrays: Mapping[str, NDArray[np.float32]], context: Context) -> list[Depth]:
    given = arrays["depth"]
    if given.ndim == 4 and 1 in (given.shape[1], given.shape[3]):
        given = given[:, 0] if given.shape[1] == 1 else given[..., 0]
    if given.ndim != 3:
        raise ValueError(
            f"depth {arrays['depth'].shape} does not fit: expected (N, h, w), or one channel more"
        )
    # Not above 0, or not finite, is no distance: the model says nothing there.
    known = np.isfinite(given) & (given > 0.0)
    values = np.where(known, given, np.float32(np.nan))
    with np.errstate(over="ignore"):
        metres = (spec.unit_m / values if spec.meaning == "inverse" else spec.unit_m * values).astype(
            np.float32
        )
    if spec.meaning == "inverse":
        # So near to 0 that the distance is no number: as 0 itself. A product without end is a wrong unit.
        metres[np.isinf(metres)] = np.nan
    return [Depth(one) for one in context.on_frame(metres)]


DECODER = Decoder(DepthSpec, _tensors, _decode)
