"""A scanner on a site or body: ranges, and points in its own frame."""

from __future__ import annotations

import math

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.embodiment import Channel
from simgate.sim_adapters.mujoco.articulated.names import place_of
from simgate.sim_adapters.mujoco.build import GROUP_SOLID, geom_colour
from simgate.sim_adapters.scene.articulated import LidarSensor
from simgate.sim_adapters.sensors import returns

_CIRCLE = 360.0


class Rays:
    """Casts the rays of one scanner; glass lets them through, and its own body is never in the way.

    Args:
        name: Of the sensor.
        sensor: Its beams and mount.
        rate_hz: Scans a second.
        model: The model.
        data: Its state; every scan is of the poses that it holds.
        seed: Of the beams that do not come back.

    Raises:
        NativeError: There is no such mount.
    """

    def __init__(
        self,
        name: str,
        sensor: LidarSensor,
        rate_hz: float,
        model: mujoco.MjModel,
        data: mujoco.MjData,
        seed: int = 0,
    ) -> None:
        self._model, self._data, self._reach = model, data, sensor.range_m
        self._mount = place_of(model, sensor.mount)
        self._own = directions(sensor)
        count = len(self._own)
        self._hits = np.zeros(count, dtype=np.int32)
        self._distances = np.zeros(count)
        self._name, self._seed, self._scan = name, seed, 0
        self._dark_range_m = sensor.dark_range_m
        self._normals = None if sensor.dark_range_m is None else np.zeros((count, 3))
        self._reflectance = geom_colour(model)[:, :3].max(axis=1)
        self._seen = np.zeros(6, dtype=np.uint8)
        self._seen[GROUP_SOLID] = 1
        ends = np.arctan2(self._own[[0, -1], 1], self._own[[0, -1], 0]).tolist()
        made = [
            Channel(
                f"{name}.ranges",
                "ranges",
                (count,),
                "float64",
                "m",
                rate_hz,
                0.0,
                frame=sensor.mount,
                span_rad=(ends[0], ends[1]) if sensor.rows == 1 else None,
            )
        ]
        if sensor.points:
            shape = (count, 3)
            made.append(
                Channel(f"{name}.points", "points", shape, "float64", "m", rate_hz, frame=sensor.mount)
            )
        self.channels = tuple(made)

    def sample(self, out: tuple[NDArray[np.float64], ...]) -> None:
        """Ranges (R,), ``inf`` where nothing was hit, and points (R, 3), all ``inf`` there."""
        turned = self._own @ self._mount.axes(self._data).T
        normals = None if self._normals is None else self._normals.reshape(-1)
        mujoco.mj_multiRay(
            self._model, self._data, self._mount.position(self._data), turned.reshape(-1), self._seen, True,
            self._mount.body, self._hits, self._distances, normals, len(turned), self._reach,
        )  # fmt: skip
        hit = (self._hits >= 0) & (self._distances <= self._reach)
        if self._normals is not None:
            hit[hit] &= self._comes_back(hit, np.abs((turned * self._normals).sum(axis=1)))
        self._scan += 1
        out[0][:] = np.where(hit, self._distances, np.inf)
        if len(out) > 1:
            out[1][:] = np.where(hit[:, None], self._own * self._distances[:, None], np.inf)

    def _comes_back(self, hit: NDArray[np.bool_], cosine: NDArray[np.float64]) -> NDArray[np.bool_]:
        """For each beam that hits something."""
        assert self._dark_range_m is not None
        likely = returns.return_probability(
            self._distances[hit], self._reflectance[self._hits[hit]], cosine[hit], self._dark_range_m
        )
        drawn = returns.draw(self._seed, self._scan, self._name, len(hit))
        back: NDArray[np.bool_] = drawn[hit] < likely
        return back


def directions(sensor: LidarSensor) -> NDArray[np.float64]:
    """Unit vectors of the beams in the mount's frame, row by row from the lowest, shape (R, 3)."""
    half = 0.5 * math.radians(sensor.fov_deg) if sensor.beams > 1 else 0.0
    turn = np.linspace(-half, half, sensor.beams, endpoint=sensor.fov_deg < _CIRCLE)
    rise = np.radians(np.linspace(sensor.low_deg, sensor.high_deg, sensor.rows))
    up, side = (grid.reshape(-1) for grid in np.meshgrid(rise, turn, indexing="ij"))
    found: NDArray[np.float64] = np.stack(
        (np.cos(up) * np.cos(side), np.cos(up) * np.sin(side), np.sin(up)), axis=1
    )
    return found
