"""The robot moves as it is told: units, signs, limits."""

from __future__ import annotations

import math

import pytest

from simgate.sim_adapters.adapter import SimAdapter
from simgate.sim_adapters.conformance.base import ConformanceBase
from simgate.sim_adapters.conformance.scenes import drive, scene
from simgate.sim_adapters.planar_drive import DriveView
from simgate.sim_adapters.scene.robot import Robot


class Motion(ConformanceBase):
    """Drive and poses."""

    def test_poses_are_world_frame_metres_and_radians_counter_clockwise(self, adapter: SimAdapter) -> None:
        seen = adapter.reset([scene(start=(1.5, -0.5, 0.7))])
        assert DriveView(seen).pose[0] == pytest.approx([1.5, -0.5, 0.7], abs=1e-6)
        left = drive(adapter, (0.0, 0.5), 10)[-1]
        assert 0.3 < math.remainder(left.pose[2] - 0.7, math.tau) < 0.5
        assert left.pose[:2] == pytest.approx((1.5, -0.5), abs=1e-3)

    def test_speed_follows_the_command_under_the_acceleration_limit(self, adapter: SimAdapter) -> None:
        adapter.reset([scene()])
        speeds = [truth.twist[0] for truth in drive(adapter, (0.8, 0.0), 20)]
        assert speeds[0] == pytest.approx(0.15, abs=0.03)
        assert speeds[-1] == pytest.approx(0.8, abs=0.01)
        assert max(b - a for a, b in zip([0.0, *speeds], speeds, strict=False)) <= 0.155

    def test_a_second_at_a_metre_a_second_is_a_metre(self, adapter: SimAdapter) -> None:
        adapter.reset([scene(start=(-2.0, 1.0, 0.0))])
        truths = drive(adapter, (1.0, 0.0), 30)
        assert truths[29].pose[0] - truths[19].pose[0] == pytest.approx(1.0, abs=0.005)
        assert truths[29].pose[1] == pytest.approx(1.0, abs=1e-3)

    def test_driving_at_an_angle_has_no_side_slip(self, adapter: SimAdapter) -> None:
        adapter.reset([scene(start=(0.0, 0.0, 0.6))])
        x, y, _ = drive(adapter, (0.8, 0.0), 20)[-1].pose
        assert math.atan2(y, x) == pytest.approx(0.6, abs=1e-3)

    def test_commands_beyond_the_limits_are_clipped(self, adapter: SimAdapter) -> None:
        adapter.reset([scene()])
        assert drive(adapter, (9.0, 0.0), 25)[-1].twist[0] == pytest.approx(
            Robot((0, 0, 0)).max_speed_mps, abs=0.01
        )
