"""A semantic segmentation: scores of the classes, or the classes themselves, to one class for each pixel."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.decoder_spec import MaskSpec
from simgate.policies.perception.decoding.decoder import NUMBERS, Context, Decoder, Wanted
from simgate.policies.perception.decoding.scores import require_finite, shares, sigmoid, softmax, whole
from simgate.policies.perception.model_yaml.spec import InputSpec
from simgate.policies.perception.outputs import Masks


def _tensors(spec: MaskSpec, classes: int, frames: InputSpec) -> dict[str, Wanted]:
    shape = {
        "channels_first": (classes, None, None),
        "channels_last": (None, None, classes),
        "labels": (None, None),
    }[spec.layout]
    return {"masks": Wanted((shape,), NUMBERS) if spec.layout == "labels" else Wanted((shape,))}


def _decode(spec: MaskSpec, arrays: Mapping[str, NDArray[np.float32]], context: Context) -> list[Masks]:
    given = arrays["masks"]
    require_finite(given)
    labels = _labels(given, spec) if spec.layout == "labels" else _best(given, spec, context)
    return [Masks(one, context.classes) for one in context.on_frame(labels)]


def _labels(given: NDArray[np.float32], spec: MaskSpec) -> NDArray[np.int64]:
    if given.ndim != 3:
        raise ValueError(f"masks {given.shape} do not fit: expected (N, h, w)")
    labels = whole(given, "masks")
    if spec.ignore is not None:
        labels = np.where(labels == spec.ignore, -1, labels)
    return labels


def _best(given: NDArray[np.float32], spec: MaskSpec, context: Context) -> NDArray[np.int64]:
    count = len(context.classes)
    scores = given.transpose(0, 2, 3, 1) if spec.layout == "channels_first" and given.ndim == 4 else given
    if scores.ndim != 4 or scores.shape[3] != count:
        raise ValueError(f"masks {given.shape} do not fit {count} classes, {spec.layout.replace('_', ' ')}")
    if spec.activation == "none":
        scores = shares(scores, "declare activation: softmax or sigmoid if they are logits")
    else:
        scores = softmax(scores) if spec.activation == "softmax" else sigmoid(scores)
    labels = scores.argmax(axis=3)
    best = np.take_along_axis(scores, labels[..., None], axis=3)[..., 0]
    return np.where(best >= np.asarray(context.thresholds, np.float32)[labels], labels, -1)


DECODER = Decoder(MaskSpec, _tensors, _decode)
