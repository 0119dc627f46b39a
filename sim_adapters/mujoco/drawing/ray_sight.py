"""Frames of a simulator that tells the body in front and nothing else: the rest by rays on a MuJoCo model."""

from __future__ import annotations

import math

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.mujoco.build import BuiltScene, geom_opacity

_GROUP_CAST = 1
"""A group that no model of ours uses otherwise."""


class RaySight:
    """See :class:`.sight.Sight`; depths are along the rays through pixel centres.

    Args:
        built: The scene's model.
        data: Its state, posed as it was when the frame was taken.
        bodies: Index of the body in front at each pixel, negative for none, shape (H, W).
    """

    def __init__(self, built: BuiltScene, data: mujoco.MjData, bodies: NDArray[np.int64]) -> None:
        self._built, self._data = built, data
        self.opacity = geom_opacity(built.model)
        self._drawn = ~np.isin(built.model.geom_group, built.unseen_groups)
        self.owners = built.geom_body
        self.bodies = bodies
        glassy = np.zeros(len(built.names) + 1, dtype=np.bool_)
        glassy[self.owners[(self.opacity < 1.0) & (self.owners >= 0)]] = True
        self.clear = glassy[np.maximum(bodies, -1)]
        self._rays: NDArray[np.float64] | None = None

    def depth_of(self, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Depth of some of the shapes, (G,), as if the others were not there, metres, shape (H, W)."""
        model, data = self._built.model, self._data
        origin, rays = data.cam_xpos[self._built.camera].copy(), self._directions()
        depth = np.full(len(rays), np.inf)
        chosen = chosen & self._drawn
        near = self._towards(np.flatnonzero(chosen), origin, rays)
        count = int(np.count_nonzero(near))
        if count:
            hits, distances = np.zeros(count, dtype=np.int32), np.zeros(count)
            groups, wanted = model.geom_group.copy(), np.zeros(6, dtype=np.uint8)
            wanted[_GROUP_CAST] = 1
            model.geom_group[chosen] = _GROUP_CAST
            mujoco.mj_multiRay(
                model, data, origin, rays[near].reshape(-1), wanted, True, -1, hits, distances, None, count,
                mujoco.mjMAXVAL,
            )  # fmt: skip
            model.geom_group[:] = groups
            depth[near] = np.where(hits >= 0, distances, np.inf)
        return depth.reshape(self.bodies.shape)

    def _directions(self) -> NDArray[np.float64]:
        """Unit vectors through the pixels' centres, world frame, shape (H * W, 3)."""
        if self._rays is None:
            height, width = self.bodies.shape
            model, camera = self._built.model, self._built.camera
            focal = 0.5 * height / math.tan(0.5 * math.radians(float(model.cam_fovy[camera])))
            columns, rows = np.arange(width) + 0.5 - 0.5 * width, np.arange(height) + 0.5 - 0.5 * height
            right, down = np.meshgrid(columns, rows)
            # MuJoCo's camera has X right, Y up and looks along -Z.
            rays = np.stack((right, -down, np.full_like(right, -focal)), axis=-1).reshape(-1, 3)
            rays /= np.linalg.norm(rays, axis=1, keepdims=True)
            self._rays = rays @ self._data.cam_xmat[camera].reshape(3, 3).T
        return self._rays

    def _towards(
        self, geoms: NDArray[np.int64], origin: NDArray[np.float64], rays: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Whether each ray meets the ball around one of the shapes; those without a bound are everywhere."""
        met = np.zeros(len(rays), dtype=np.bool_)
        for geom in geoms:
            radius, away = float(self._built.model.geom_rbound[geom]), self._data.geom_xpos[geom] - origin
            distance = float(np.linalg.norm(away))
            if radius <= 0.0 or distance <= radius:
                return np.ones_like(met)
            met |= rays @ away >= math.sqrt(distance**2 - radius**2)
        return met
