"""What a camera frame shows of a scene's labelled bodies, from an image of body indices.

The same for every simulator: an adapter says which body each pixel shows, the rest is geometry.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.observation import VisibleEntity
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.scene.silhouette import corner_points, project, silhouette


@dataclass(frozen=True, slots=True)
class _Labelled:
    """A body that a detector is expected to see; corners in the body's frame."""

    index: int
    name: str
    label: str
    corners: NDArray[np.float64]
    actor: int | None
    pose: tuple[tuple[float, float, float], float]


class LabelledBodies:
    """Turns images of body indices into visible entities.

    Args:
        scene: The scene. Bodies are numbered as there, fixed ones first, then the actors'.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._items: list[_Labelled] = []
        placed = [(body, None) for body in scene.bodies]
        moving = [(actor.body, number) for number, actor in enumerate(scene.actors)]
        for index, (body, actor) in enumerate([*placed, *moving]):
            if body.label is not None:
                pose = (body.position, body.yaw)
                item = _Labelled(index, body.name, body.label, corner_points(body), actor, pose)
                self._items.append(item)

    def seen(
        self,
        bodies: NDArray[np.int64],
        pose: tuple[float, float, float],
        gaps: Mapping[str, float],
        time_s: float,
    ) -> tuple[VisibleEntity, ...]:
        """The labelled bodies of which at least one pixel is seen.

        Args:
            bodies: Index of the body at each pixel, -1 for none, shape (H, W).
            pose: (x m, y m, yaw rad) of the robot when the frame was taken.
            gaps: Clearance of each body, metres
                (:class:`simgate.sim_adapters.scene.clearance.ClearanceField`).
            time_s: Simulated time of the frame, for the actors.
        """
        camera, robot = self._scene.camera, self._scene.robot
        found = []
        for item in self._items:
            mask = bodies == item.index
            rows = np.flatnonzero(mask.any(axis=1))
            if len(rows) == 0:
                continue
            columns = np.flatnonzero(mask.any(axis=0))
            pixels = int(np.count_nonzero(mask))
            at = item.pose if item.actor is None else self._scene.actors[item.actor].pose_at(time_s)
            area, cut = silhouette(project(_placed(item.corners, *at), camera, pose), camera)
            found.append(
                VisibleEntity(
                    name=item.name,
                    label=item.label,
                    box=(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1),
                    pixels=pixels,
                    occlusion=max(0.0, 1.0 - pixels / area) if area > 0.0 else 0.0,
                    distance_m=gaps.get(item.name, math.inf) + robot.radius_m,
                    truncated=cut,
                )
            )
        return tuple(found)


def _placed(
    corners: NDArray[np.float64], position: tuple[float, float, float], yaw: float
) -> NDArray[np.float64]:
    c, s = math.cos(yaw), math.sin(yaw)
    placed = np.empty_like(corners)
    placed[:, 0] = position[0] + c * corners[:, 0] - s * corners[:, 1]
    placed[:, 1] = position[1] + s * corners[:, 0] + c * corners[:, 1]
    placed[:, 2] = position[2] + corners[:, 2]
    return placed
