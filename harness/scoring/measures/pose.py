"""Errors of 6-D poses: translation, rotation, ADD and ADD-S (Hinterstoisser 2012, Xiang 2018)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


def translation_error_m(said: Numbers, truth: Numbers) -> float:
    """Distance between two positions of shape (3,), metres."""
    return float(np.linalg.norm(said - truth))


def rotation_error_deg(said: Numbers, truth: Numbers, symmetries: Numbers | None = None) -> float:
    """Angle of the turn from one rotation to another, degrees, 0 to 180.

    Args:
        said: Rotation matrix, shape (3, 3), from the object's frame.
        truth: Likewise.
        symmetries: Rotations of the object, shape (S, 3, 3), after which it looks the same; the smallest
            angle counts. None for an object without any.
    """
    turns = np.eye(3)[None] if symmetries is None else np.concatenate((np.eye(3)[None], symmetries))
    left = said.T @ (truth @ turns)
    # The sine, from the part that is antisymmetric, keeps small angles exact, where the cosine loses them.
    axis = np.stack(
        (left[:, 2, 1] - left[:, 1, 2], left[:, 0, 2] - left[:, 2, 0], left[:, 1, 0] - left[:, 0, 1]), axis=1
    )
    sine = 0.5 * np.linalg.norm(axis, axis=1)
    cosine = 0.5 * (np.trace(left, axis1=1, axis2=2) - 1.0)
    return float(np.degrees(np.arctan2(sine, cosine)).min())


def add_m(points: Numbers, said: tuple[Numbers, Numbers], truth: tuple[Numbers, Numbers]) -> float:
    """Mean distance between the points of a model (P, 3) under two poses (rotation, translation), metres."""
    moved, right = _moved(points, *said), _moved(points, *truth)
    return float(np.linalg.norm(moved - right, axis=1).mean())


def add_s_m(points: Numbers, said: tuple[Numbers, Numbers], truth: tuple[Numbers, Numbers]) -> float:
    """ADD for symmetric objects: mean distance from each true point to the nearest said one, metres."""
    from scipy.spatial import cKDTree  # Slow to import, and the linter needs the metrics alone.

    moved, right = _moved(points, *said), _moved(points, *truth)
    return float(np.mean(cKDTree(moved).query(right)[0]))


def diameter_m(points: Numbers) -> float:
    """Largest distance between two points of a model (P, 3), metres."""
    rows = (points[k : k + 256, None] - points for k in range(0, len(points), 256))
    return max(float(np.sqrt((apart**2).sum(axis=2).max())) for apart in rows)


def turns_about_z(count: int) -> Numbers:
    """The turns by equal parts of a circle but the one by none, shape (count - 1, 3, 3)."""
    angle = 2.0 * np.pi * np.arange(1, count) / count
    turns = np.tile(np.eye(3), (count - 1, 1, 1))
    turns[:, 0, 0] = turns[:, 1, 1] = np.cos(angle)
    turns[:, 1, 0], turns[:, 0, 1] = np.sin(angle), -np.sin(angle)
    return turns


def _moved(points: Numbers, rotation: Numbers, translation: Numbers) -> Numbers:
    if not len(points):
        raise ValueError("a model without points has no distance")
    moved: Numbers = points @ rotation.T + translation
    return moved
