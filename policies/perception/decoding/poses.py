"""A pose estimation: translations, and rotations in any usual form, to poses in the camera's frame."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.decoder_spec import PoseSpec
from simgate.policies.perception.decoding.decoder import Context, Decoder, Wanted
from simgate.policies.perception.decoding.objects import SCORES, kept_objects
from simgate.policies.perception.decoding.scores import require_finite
from simgate.policies.perception.model_yaml.spec import InputSpec
from simgate.policies.perception.outputs import Poses

_NUMBERS = {"quaternion_wxyz": 4, "quaternion_xyzw": 4, "matrix": 9, "six_d": 6}


def _tensors(spec: PoseSpec, classes: int, frames: InputSpec) -> dict[str, Wanted]:
    turned = ((None, _NUMBERS[spec.rotation]), *([(None, 3, 3)] if spec.rotation == "matrix" else []))
    return {"translation": Wanted(((None, 3),)), "rotation": Wanted(turned), **SCORES}


def _decode(spec: PoseSpec, arrays: Mapping[str, NDArray[np.float32]], context: Context) -> list[Poses]:
    where, turned = arrays["translation"], arrays["rotation"]
    if turned.ndim == 4:
        turned = turned.reshape(*turned.shape[:2], -1)
    wanted = (*where.shape[:2], _NUMBERS[spec.rotation])
    if where.ndim != 3 or where.shape[2] != 3 or turned.shape != wanted:
        raise ValueError(
            f"translation {where.shape} and rotation {arrays['rotation'].shape} do not fit: expected "
            f"(N, K, 3) and (N, K, {_NUMBERS[spec.rotation]})"
        )
    require_finite(where, turned)
    kept = kept_objects(arrays, where.shape[:2], context, row_is_class=True)
    return [
        Poses(
            place[rows].astype(np.float64) * spec.unit_m,
            rotation_matrices(turn[rows].astype(np.float64), spec.rotation),
            scores,
            labels,
            context.classes,
        )
        for place, turn, (rows, scores, labels) in zip(where, turned, kept, strict=True)
    ]


def rotation_matrices(numbers: NDArray[np.float64], form: str) -> NDArray[np.float64]:
    """Rotation matrices, shape (K, 3, 3), of numbers of shape (K, 4), (K, 6) or (K, 9).

    Quaternions are normalised; of a matrix or six numbers the first two columns are made orthonormal by Gram
    and Schmidt, and the third is their cross product, so that what a network rounds is a rotation again.

    Raises:
        ValueError: No rotation comes near: a quaternion of length 0, columns that are parallel or 0, or a
            matrix that mirrors.
    """
    if form.startswith("quaternion"):
        length = np.linalg.norm(numbers, axis=1, keepdims=True)
        if (length < 1e-9).any():
            raise ValueError("a quaternion of length 0 is no rotation")
        unit = numbers / length
        w, x, y, z = (unit if form == "quaternion_wxyz" else unit[:, [3, 0, 1, 2]]).T
        rows = [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
        turned: NDArray[np.float64] = np.array(rows).transpose(2, 0, 1)
        return turned
    if form == "matrix":
        whole = numbers.reshape(-1, 3, 3)
        if (np.linalg.det(whole) <= 0.0).any():
            raise ValueError("a rotation matrix mirrors or is flat; check that it is stored row by row")
        first, second = whole[:, :, 0], whole[:, :, 1]
    else:
        first, second = numbers[:, :3], numbers[:, 3:]
    x_axis = _unit(first)
    y_axis = _unit(second - np.sum(x_axis * second, axis=1, keepdims=True) * x_axis)
    return np.stack((x_axis, y_axis, np.cross(x_axis, y_axis)), axis=2)


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    if (length < 1e-9).any():
        raise ValueError("two columns of a rotation are parallel, or one is 0")
    unit: NDArray[np.float64] = vectors / length
    return unit


DECODER = Decoder(PoseSpec, _tensors, _decode)
