"""Clearance in a native scene, from the shapes of its compiled model."""

from __future__ import annotations

import math

import mujoco

from simgate.sim_adapters.mujoco.build import ROBOT_GEOM, BuiltScene
from simgate.sim_adapters.mujoco.native.build import can_touch
from simgate.sim_adapters.mujoco.native.compiled import collides
from simgate.sim_adapters.mujoco.native.floor_distance import FloorDistances
from simgate.sim_adapters.mujoco.sensing import SceneSensing
from simgate.sim_adapters.scene.scene import Scene

_FAR_M = 100.0


class NativeClearance:
    """Shortest distance between what of the robot and what of a body can touch.

    Unlike :class:`simgate.sim_adapters.scene.sensing.clearance.ClearanceField` it is measured in space,
    between the shapes themselves, and not between discs and rectangles in the floor plane: a site has table
    tops and meshes.

    Args:
        built: The compiled scene.
        data: Its state; every query is answered at the poses that it holds.
    """

    def __init__(self, built: BuiltScene, data: mujoco.MjData) -> None:
        self._model, self._data = built.model, data
        model, owners = built.model, built.geom_body
        self._robot = [g for g in range(model.ngeom) if owners[g] == ROBOT_GEOM and collides(model, g)]
        self._bodies: dict[str, list[int]] = {}
        self._all: dict[str, list[int]] = {}
        for geom in range(model.ngeom):
            if owners[geom] >= 0:
                self._all.setdefault(built.names[owners[geom]], []).append(geom)
                if can_touch(model, geom):
                    self._bodies.setdefault(built.names[owners[geom]], []).append(geom)
        self._floor, self._centre = FloorDistances(model, data), built.robot_body

    def gaps(self, x: float, y: float, time_s: float) -> dict[str, float]:
        """Distance to each body that can be touched, metres, negative on overlap; needs no arguments."""
        return {name: self._nearest(geoms) for name, geoms in self._bodies.items()}

    def from_centre(self, name: str, gap_m: float, x: float, y: float, time_s: float) -> float:
        """Distance in the floor plane from the robot's centre to a body, metres; needs the name alone."""
        x, y, _ = self._data.xpos[self._centre].tolist()
        return self._floor.to_any(self._all.get(name, ()), x, y)

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


def sensing_of(scene: Scene, built: BuiltScene, data: mujoco.MjData) -> SceneSensing:
    """Sensors and truth of a scene on its model: by the model's shapes where a file holds them."""
    return SceneSensing(scene, built, data, NativeClearance(built, data) if scene.native else None)
