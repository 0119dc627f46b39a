"""A keypoint estimation: J points on each of K objects, to pixels of the camera frame."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.decoder_spec import KeypointSpec
from simgate.policies.perception.decoding.decoder import Context, Decoder, Wanted
from simgate.policies.perception.decoding.objects import SCORES, kept_objects
from simgate.policies.perception.decoding.scores import require_finite, shares
from simgate.policies.perception.model_yaml.spec import InputSpec
from simgate.policies.perception.outputs import Keypoints


def _tensors(spec: KeypointSpec, classes: int, frames: InputSpec) -> dict[str, Wanted]:
    points = len(spec.points)
    return {"keypoints": Wanted(((None, points, 2), (None, points, 3))), **SCORES}


def _decode(
    spec: KeypointSpec, arrays: Mapping[str, NDArray[np.float32]], context: Context
) -> list[Keypoints]:
    given = arrays["keypoints"]
    if given.ndim != 4 or given.shape[2] != len(spec.points) or given.shape[3] not in (2, 3):
        raise ValueError(f"keypoints {given.shape} do not fit: expected (N, K, {len(spec.points)}, 2 or 3)")
    require_finite(given)
    places = given[..., :2]
    if spec.unit == "share":
        places = places * np.array(context.size, np.float32)
    places = context.to_frame(places)
    sure = np.ones(given.shape[:3], np.float32)
    if given.shape[3] == 3:
        sure = shares(given[..., 2], "export the model with the activation in it")
    kept = kept_objects(arrays, given.shape[:2], context, row_is_class=False)
    return [
        Keypoints(place[rows], each[rows], scores, labels, context.classes, spec.points)
        for place, each, (rows, scores, labels) in zip(places, sure, kept, strict=True)
    ]


DECODER = Decoder(KeypointSpec, _tensors, _decode)
