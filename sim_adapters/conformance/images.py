"""What the camera shows: colour, light, glass, depth."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from simgate.sim_adapters.adapter import SimAdapter
from simgate.sim_adapters.conformance.base import ConformanceBase
from simgate.sim_adapters.conformance.scenes import GLASS, LAMP, TIMING, scene, wall
from simgate.sim_adapters.planar_drive import DriveView
from simgate.sim_adapters.scene.sensor import Camera


class Images(ConformanceBase):
    """Frames and depth."""

    def test_colours_are_rgb(self, adapter: SimAdapter) -> None:
        seen = adapter.reset([scene(wall(3.0))])
        red, green, blue = (float(DriveView(seen).rgb[0, 40:60, 60:100, c].mean()) for c in range(3))
        assert red > 2 * green
        assert red > 2 * blue

    def test_more_light_makes_a_brighter_frame(self, adapter: SimAdapter) -> None:
        bright = scene(wall(3.0))
        dim = dataclasses.replace(bright, lights=(dataclasses.replace(LAMP, lux=22.0),), ambient_lux=18.0)
        means = [float(DriveView(adapter.reset([s])).rgb.mean()) for s in (dim, bright)]
        assert means[1] > 1.5 * means[0]

    def test_glass_lets_the_wall_behind_it_shine_through(self, adapter: SimAdapter) -> None:
        pane = wall(2.5, "pane", GLASS)
        clear, through = (
            DriveView(adapter.reset([seen])).rgb[0, 40:60, 60:100].astype(float).mean(axis=(0, 1))
            for seen in (scene(wall(4.0)), scene(wall(4.0), pane))
        )
        assert through[0] > 1.5 * through[2]
        assert np.abs(through - clear).max() > 3.0

    def test_depth_is_the_analytic_distance_along_the_optical_axis(self) -> None:
        adapter = self.make_adapter(TIMING, {"depth": True})
        try:
            seen = adapter.reset([scene(wall(3.0))])
        finally:
            adapter.close()
        depth_m = DriveView(seen).depth_m
        assert depth_m is not None
        middle = depth_m[0, 30:60, 40:120]
        assert middle == pytest.approx(np.full(middle.shape, 3.0 - 0.2), abs=0.01)

    def test_the_depth_of_the_floor_is_that_of_a_plane_under_the_camera(self) -> None:
        adapter = self.make_adapter(TIMING, {"depth": True})
        try:
            seen = adapter.reset([scene()])
        finally:
            adapter.close()
        depth_m = DriveView(seen).depth_m
        assert depth_m is not None
        camera = Camera()
        rows = np.arange(80, 120)
        below = rows + 0.5 - camera.height / 2
        wanted = camera.position[2] * camera.focal_px / below
        for column in (20, 80, 140):
            assert depth_m[0, rows, column] == pytest.approx(wanted, rel=0.005)
