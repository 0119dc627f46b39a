"""Clearance and visible bodies of a native scene, from the shapes of its compiled model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.mujoco.build import ROBOT_GEOM, BuiltScene
from simgate.sim_adapters.mujoco.native.build import can_touch
from simgate.sim_adapters.mujoco.native.site_file import collides
from simgate.sim_adapters.mujoco.sensing import SceneSensing
from simgate.sim_adapters.observation import VisibleEntity
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.scene.silhouette import silhouette

_FAR_M = 100.0
_ROUND = 8
_FEW_POINTS = 16


class NativeClearance:
    """Shortest distance between what of the robot and what of a body can touch.

    Unlike :class:`simgate.sim_adapters.scene.clearance.ClearanceField` it is measured in space, between the
    shapes themselves, and not between discs and rectangles in the floor plane: a site has table tops and
    meshes.

    Args:
        built: The compiled scene.
        data: Its state; every query is answered at the poses that it holds.
    """

    def __init__(self, built: BuiltScene, data: mujoco.MjData) -> None:
        self._model, self._data = built.model, data
        model, owners = built.model, built.geom_body
        self._robot = [g for g in range(model.ngeom) if owners[g] == ROBOT_GEOM and collides(model, g)]
        self._bodies: dict[str, list[int]] = {}
        for geom in range(model.ngeom):
            if owners[geom] >= 0 and can_touch(model, geom):
                self._bodies.setdefault(built.names[owners[geom]], []).append(geom)

    def gaps(self, x: float, y: float, time_s: float) -> dict[str, float]:
        """Distance to each body that can be touched, metres, negative on overlap; needs no arguments."""
        return {name: self._nearest(geoms) for name, geoms in self._bodies.items()}

    def _nearest(self, geoms: list[int]) -> float:
        model, data = self._model, self._data
        pairs = sorted((self._at_least(own, geom), own, geom) for own in self._robot for geom in geoms)
        best = _FAR_M
        for least, own, geom in pairs:
            if least >= best:
                break
            best = min(best, float(mujoco.mj_geomDistance(model, data, own, geom, best, None)))
        return best

    def _at_least(self, first: int, second: int) -> float:
        """What the balls around two geoms leave between them; planes have none."""
        radius = self._model.geom_rbound
        if radius[first] <= 0.0 or radius[second] <= 0.0:
            return -math.inf
        a, b = self._data.geom_xpos[first], self._data.geom_xpos[second]
        return float(math.dist(a, b) - radius[first] - radius[second])


class NativeLabelled:
    """The labelled bodies of a native scene; see :class:`simgate.sim_adapters.scene.visible.LabelledBodies`.

    Args:
        scene: The scene.
        built: Compiled.
        data: Its state.
    """

    def __init__(self, scene: Scene, built: BuiltScene, data: mujoco.MjData) -> None:
        assert scene.native is not None
        self._scene, self._built, self._data = scene, built, data
        # A pack can set the field of view like anything else in the file.
        self._lens = replace(scene.camera, vertical_fov_deg=float(built.model.cam_fovy[built.camera]))
        owners = built.geom_body
        self._items: list[tuple[int, str, str, list[tuple[int, NDArray[np.float64]]]]] = []
        for name, label in scene.native.labels:
            if name not in built.names:
                continue  # Not there in this variant.
            index = built.names.index(name)
            geoms = [int(g) for g in np.flatnonzero(owners == index)]
            clouds = [(geom, hull_points(built.model, geom)) for geom in geoms]
            self._items.append((index, name, label, clouds))

    def seen(
        self,
        bodies: NDArray[np.int64],
        pose: tuple[float, float, float],
        gaps: Mapping[str, float],
        time_s: float,
    ) -> tuple[VisibleEntity, ...]:
        """The labelled bodies of which at least one pixel is seen; arguments as for ``LabelledBodies``."""
        found = []
        for index, name, label, clouds in self._items:
            mask = bodies == index
            rows = np.flatnonzero(mask.any(axis=1))
            if len(rows) == 0:
                continue
            columns = np.flatnonzero(mask.any(axis=0))
            pixels = int(np.count_nonzero(mask))
            area, cut = silhouette(self._in_camera(clouds), self._lens)
            found.append(
                VisibleEntity(
                    name=name,
                    label=label,
                    box=(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1),
                    pixels=pixels,
                    occlusion=max(0.0, 1.0 - pixels / area) if area > 0.0 else 0.0,
                    distance_m=gaps.get(name, math.inf) + self._scene.robot.radius_m,
                    truncated=cut,
                )
            )
        return tuple(found)

    def _in_camera(self, clouds: list[tuple[int, NDArray[np.float64]]]) -> NDArray[np.float64]:
        """Points right, down and forward of the camera, metres."""
        data, camera = self._data, self._built.camera
        world = [
            cloud @ data.geom_xmat[geom].reshape(3, 3).T + data.geom_xpos[geom] for geom, cloud in clouds
        ]
        seen = (np.concatenate(world) - data.cam_xpos[camera]) @ data.cam_xmat[camera].reshape(3, 3)
        # MuJoCo's camera has X right, Y up and looks along -Z.
        flipped: NDArray[np.float64] = seen * (1.0, -1.0, -1.0)
        return flipped


def sensing_of(scene: Scene, built: BuiltScene, data: mujoco.MjData) -> SceneSensing:
    """Sensors and truth of a scene on its model: by the model's shapes where a file holds them."""
    if scene.native is None:
        return SceneSensing(scene, built, data)
    clearance, labelled = NativeClearance(built, data), NativeLabelled(scene, built, data)
    return SceneSensing(scene, built, data, clearance, labelled)


def hull_points(model: mujoco.MjModel, geom: int) -> NDArray[np.float64]:
    """Points in a geom's frame whose convex hull encloses it, metres, shape (M, 3)."""
    kind, size = mujoco.mjtGeom(int(model.geom_type[geom])), model.geom_size[geom]
    types = mujoco.mjtGeom
    if kind == types.mjGEOM_MESH:
        mesh = int(model.geom_dataid[geom])
        first = int(model.mesh_vertadr[mesh])
        points = np.array(model.mesh_vert[first : first + int(model.mesh_vertnum[mesh])], dtype=np.float64)
        return _corners_of_hull(points)
    if kind in (types.mjGEOM_CYLINDER, types.mjGEOM_CAPSULE, types.mjGEOM_SPHERE):
        radius = float(size[0])
        half = 0.0 if kind == types.mjGEOM_SPHERE else float(size[1])
        angles = np.arange(_ROUND) * (math.tau / _ROUND)
        ring = np.stack((radius * np.cos(angles), radius * np.sin(angles), np.zeros(_ROUND)), axis=1)
        up = np.array([0.0, 0.0, half])
        ends = np.concatenate((ring + up, ring - up))
        if kind == types.mjGEOM_CYLINDER:
            return ends
        return np.concatenate((ends, [[0.0, 0.0, half + radius], [0.0, 0.0, -half - radius]]))
    centre, reach = model.geom_aabb[geom][:3], model.geom_aabb[geom][3:]
    signs = np.array([(a, b, c) for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)], dtype=np.float64)
    corners: NDArray[np.float64] = centre + signs * reach
    return corners


def _corners_of_hull(points: NDArray[np.float64]) -> NDArray[np.float64]:
    if len(points) <= _FEW_POINTS:
        return points
    from scipy.spatial import ConvexHull, QhullError

    try:
        return np.ascontiguousarray(points[ConvexHull(points).vertices])
    except QhullError:  # A flat mesh.
        return points
