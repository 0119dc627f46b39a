"""Lidar against analytic ranges, with and without glass."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import SimAdapter
from simgate.sim_adapters.conformance.base import ConformanceBase
from simgate.sim_adapters.conformance.scenes import GLASS, beam_angles, scene, wall
from simgate.sim_adapters.planar_drive import DriveView
from simgate.sim_adapters.scene.body import Actor, Body, Part, Waypoint
from simgate.sim_adapters.scene.sensor import Lidar


class LidarRanges(ConformanceBase):
    """Ranges."""

    def test_lidar_reads_the_analytic_range_of_a_wall(self, adapter: SimAdapter) -> None:
        seen = adapter.reset([scene(wall(3.0))])
        lidar = Lidar()
        angles = np.linspace(-1, 1, lidar.beams) * math.radians(lidar.fov_deg) / 2
        ahead = np.abs(angles) < math.radians(40)
        assert DriveView(seen).ranges_m[0][ahead] == pytest.approx(3.0 / np.cos(angles[ahead]), abs=0.01)

    def test_a_turned_wall_is_turned_counter_clockwise(self, adapter: SimAdapter) -> None:
        seen = adapter.reset([scene(dataclasses.replace(wall(3.0), yaw=0.3))])
        self._reads_a_turned_wall(DriveView(seen).ranges_m[0], 3.0, 0.3)

    def test_an_actor_is_turned_as_its_path_says(self, adapter: SimAdapter) -> None:
        path = (Waypoint(0.0, (3.0, 0.0, 0.0)), Waypoint(0.4, (3.0, 0.0, 0.0), yaw=-0.4))
        seen = adapter.reset([scene(actors=(Actor(wall(3.0, "gate"), path),))])
        self._reads_a_turned_wall(DriveView(seen).ranges_m[0], 3.0, 0.0)
        for _ in range(4):
            seen = adapter.step(np.zeros((1, 2)))
        self._reads_a_turned_wall(DriveView(seen).ranges_m[0], 3.0, -0.4)

    def _reads_a_turned_wall(self, ranges: NDArray[np.float64], distance: float, yaw: float) -> None:
        """The near face passes through ``distance`` straight ahead, its normal turned by ``yaw``."""
        lidar = Lidar()
        angles = np.linspace(-1, 1, lidar.beams) * math.radians(lidar.fov_deg) / 2
        ahead = np.abs(angles) < math.radians(25)
        expected = distance * math.cos(yaw) / np.cos(angles[ahead] - yaw)
        assert ranges[ahead] == pytest.approx(expected, abs=0.01)

    def test_lidar_passes_through_glass(self, adapter: SimAdapter) -> None:
        seen = adapter.reset([scene(wall(4.0), wall(2.0, "pane", GLASS))])
        assert DriveView(seen).ranges_m[0][60] == pytest.approx(4.0, abs=0.01)

    def test_lidar_reads_infinity_where_nothing_is_in_range(self, adapter: SimAdapter) -> None:
        seen = adapter.reset([scene(wall(11.0))])
        assert np.isinf(DriveView(seen).ranges_m[0][60])

    def test_the_first_beam_is_to_the_right_and_the_last_to_the_left(self, adapter: SimAdapter) -> None:
        left = Body("left", (Part("box", (1.0, 0.05, 0.5), (0, 0, 0.5)),), (0.0, 1.0, 0.0))
        ranges = DriveView(adapter.reset([scene(left)])).ranges_m[0]
        assert np.isinf(ranges[:60]).all()
        assert np.isfinite(ranges[90:]).any()

    def test_an_opaque_pane_in_the_place_of_the_glass_is_what_lidar_reads(self, adapter: SimAdapter) -> None:
        seen = adapter.reset([scene(wall(4.0), wall(2.0, "pane"))])
        assert DriveView(seen).ranges_m[0][60] == pytest.approx(2.0, abs=0.01)

    def test_lidar_turns_and_moves_with_the_robot(self, adapter: SimAdapter) -> None:
        adapter.reset([scene(wall(3.0), start=(0.5, 0.2, 0.4))])
        seen = adapter.step(np.array([[0.4, -0.5]]))
        for _ in range(4):
            seen = adapter.step(np.array([[0.4, -0.5]]))
        x, _, yaw = DriveView(seen).pose[0]
        assert yaw < 0.35
        angles = beam_angles() + yaw
        ahead = np.abs(angles) < math.radians(40)
        assert DriveView(seen).ranges_m[0][ahead] == pytest.approx(
            (3.0 - x) / np.cos(angles[ahead]), abs=0.01
        )
