"""What is true of a picture of a data set, beside its boxes, in the words of a trace."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simgate.harness.trace import NOT_JUDGED, CameraTruth
from simgate.sim_adapters.datasets.dataset import LabelledPose
from simgate.sim_adapters.datasets.frames import read_same
from simgate.sim_adapters.datasets.maps import classes_of, depth_of, points_of
from simgate.sim_adapters.datasets.world import DatasetSite, Shown
from simgate.sim_adapters.observation import CameraView, WatchedBody


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What is true of one picture.

    Attributes:
        size: (width, height).
        labels: Class of each pixel, index into ``classes``; None where nobody has said it.
        classes: Names.
        depth_m: Metres, shape (H, W); None where nobody has measured it.
        bodies: Of which somebody has said the pose.
    """

    size: tuple[int, int]
    labels: NDArray[np.uint16] | None
    classes: tuple[str, ...]
    depth_m: NDArray[np.float32] | None
    bodies: tuple[WatchedBody, ...]

    def truth(self, step: int) -> CameraTruth:
        """The same as a trace holds it; poses are in the camera's frame."""
        view = CameraView("", step, np.eye(4), self.bodies)
        return CameraTruth(("",), step, self.labels, self.classes, view)


def seen_in(site: DatasetSite, one: Shown, size: tuple[int, int]) -> Seen:
    """Reads what is true of a picture.

    Args:
        site: Its data set.
        one: The picture.
        size: (width, height).

    Raises:
        BadPicture: A map is damaged, of another size, or another one than when the run was planned.
    """
    labels, names, depth = None, tuple[str | None, ...](), None
    if one.segments is not None:
        file = one.segments.file
        labels, names = classes_of(one.segments, _map(site, file) if file else None, size)
    if one.depth:
        depth = depth_of(one.depth, _map(site, one.depth), site.spec.depth_unit_m, size)
    bodies = tuple(_body(site, pose) for pose in one.poses or ())
    return Seen(size, labels, tuple(NOT_JUDGED if name is None else name for name in names), depth, bodies)


def _map(site: DatasetSite, name: str) -> bytes:
    return read_same(site.maps, name, site.spec.maps[name])


def _body(site: DatasetSite, pose: LabelledPose) -> WatchedBody:
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = np.reshape(pose.rotation, (3, 3)), pose.translation_m
    file = site.spec.points.get(pose.label)
    points = np.zeros((0, 3)) if file is None else _points(site.home, file, site.spec.points_sha256[file])
    return WatchedBody(
        f"body/{pose.label}", matrix, points, pose.pixels, pose.occlusion, size_px=math.nan, points={}
    )


@lru_cache(maxsize=64)
def _points(home: Path, file: str, sha256: str) -> NDArray[np.float64]:
    return points_of(file, read_same(home, file, sha256))
