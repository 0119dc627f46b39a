"""Random tables: where the brick and the other things lie, in what light and colours, and their pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.policies.grasping.motion import HOME, BrickPose, Floats

TABLE = Path(__file__).resolve().parents[2] / "scenarios" / "tabletop_grasp" / "site" / "table.xml"
"""The shipped pack's world, in a checkout."""
SIZE = 96
_THINGS = ("cup", "cube", "slab", "post")
_BRICK_M = ((0.34, 0.56), (-0.17, 0.17))
_AREA_M = ((0.3, 0.6), (-0.22, 0.22))
_APART_M = 0.085
_TRIES = 1000


@dataclass(frozen=True, slots=True)
class Pictures:
    """What the camera saw of N tables.

    Attributes:
        rgb: uint8 (N, 96, 96, 3).
        depth_m: float32 (N, 96, 96).
        poses: (N, 3) x and y of the brick in metres, and its yaw in radians.
    """

    rgb: NDArray[np.uint8]
    depth_m: NDArray[np.float32]
    poses: Floats


class Tables:
    """Makes tables of one file, one after the other.

    Args:
        table: MJCF file.
        seed: Of everything that chance decides.
        varied: Whether light, colours and the places of the other things vary; the brick's place always does.
    """

    def __init__(self, table: Path, seed: int, varied: bool = True) -> None:
        self._rng, self._varied = np.random.default_rng(seed), varied
        self.model = mujoco.MjModel.from_xml_path(str(table))
        self._start = mujoco.MjModel.from_xml_path(str(table))
        self.data = mujoco.MjData(self.model)

    def next(self) -> BrickPose:
        """Lays another table; :attr:`model` and :attr:`data` are at its start."""
        mujoco.mj_resetData(self.model, self.data)
        self.data.qpos[: len(HOME)] = HOME
        x, y, yaw = (
            self._rng.uniform(*_BRICK_M[0]),
            self._rng.uniform(*_BRICK_M[1]),
            self._rng.uniform(0, np.pi),
        )
        taken = [np.array([x, y])]
        self._lay("brick", x, y, yaw)
        for thing in _THINGS:
            place = self._free(taken) if self._varied else self._usual(thing, taken)
            if place is not None:
                taken.append(place)
                self._lay(thing, place[0], place[1], self._rng.uniform(0, np.pi) if self._varied else 0.0)
        if self._varied:
            self._recolour()
        mujoco.mj_forward(self.model, self.data)
        return BrickPose(x, y, yaw)

    def pictures(self, count: int) -> Pictures:
        """Lays and draws ``count`` tables."""
        rgb = np.zeros((count, SIZE, SIZE, 3), np.uint8)
        depth, poses = np.zeros((count, SIZE, SIZE), np.float32), np.zeros((count, 3))
        with mujoco.Renderer(self.model, SIZE, SIZE) as renderer:
            for k in range(count):
                pose = self.next()
                rgb[k], depth[k] = look(renderer, self.data)
                poses[k] = pose.x, pose.y, pose.yaw
        return Pictures(rgb, depth, poses)

    def _lay(self, body: str, x: float, y: float, yaw: float) -> None:
        start = self.model.joint(self.model.body(body).jntadr[0]).qposadr[0]
        self.data.qpos[start : start + 2] = x, y
        self.data.qpos[start + 3 : start + 7] = [np.cos(yaw / 2.0), 0.0, 0.0, np.sin(yaw / 2.0)]

    def _free(self, taken: list[Floats]) -> Floats:
        for _ in range(_TRIES):
            place = np.array([self._rng.uniform(*_AREA_M[0]), self._rng.uniform(*_AREA_M[1])])
            if all(np.hypot(*(place - other)) > _APART_M for other in taken):
                return place
        raise ValueError(f"no room for {len(taken) + 1} things on the table")

    def _usual(self, thing: str, taken: list[Floats]) -> Floats | None:
        """The file's own place, moved out of the way of the brick when it lies there."""
        place: Floats = self._start.body(thing).pos[:2].copy()
        away = place - taken[0]
        distance = np.hypot(*away)
        return place if distance > _APART_M else taken[0] + away / max(distance, 1e-6) * _APART_M

    def _recolour(self) -> None:
        model, start, rng = self.model, self._start, self._rng
        lamp = model.light("lamp").id
        model.light_pos[lamp] = start.light_pos[lamp] + rng.uniform(-0.5, 0.5, 3) * (1.0, 1.6, 0.4)
        model.light_diffuse[lamp] = rng.uniform(0.25, 0.95) * rng.uniform(0.85, 1.0, 3)
        model.vis.headlight.ambient[:] = rng.uniform(0.12, 0.4)
        for name, spread in (("table", 0.25), ("brick", 0.08), *((thing, 0.3) for thing in _THINGS)):
            geom = model.geom(name).id
            colour = start.geom_rgba[geom, :3] + rng.uniform(-spread, spread, 3)
            model.geom_rgba[geom, :3] = np.clip(colour, 0.02, 1.0)


def look(renderer: mujoco.Renderer, data: mujoco.MjData) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Colour (96, 96, 3) and depth (96, 96) in metres of the camera over the table."""
    renderer.update_scene(data, "top")
    rgb = renderer.render().copy()
    renderer.enable_depth_rendering()
    depth = renderer.render().copy()
    renderer.disable_depth_rendering()
    return rgb, depth
