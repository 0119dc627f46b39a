"""Contact when and only when touching."""

from __future__ import annotations

import pytest

from simgate.sim_adapters.adapter import SimAdapter
from simgate.sim_adapters.conformance.base import ConformanceBase
from simgate.sim_adapters.conformance.scenes import GLASS, RED, TIMING, block, drive, scene, wall
from simgate.sim_adapters.scene.body import Actor, Body, Part, Waypoint
from simgate.sim_adapters.scene.robot import Robot


class Touch(ConformanceBase):
    """Contacts."""

    def test_contact_is_reported_when_and_only_when_touching(self, adapter: SimAdapter) -> None:
        adapter.reset([scene(wall(1.0))])
        truths = drive(adapter, (0.6, 0.0), 25)
        for truth in truths:
            touching = bool(truth.contacts)
            gap = truth.clearance_m["wall"]
            assert not touching or gap < 0.02
            assert touching or gap > -0.005
        hit = [truth for truth in truths if truth.contacts]
        assert hit
        assert hit[0].contacts[0].body == "wall"

    def test_the_impulse_of_a_crash_is_the_momentum_that_was_lost(self, adapter: SimAdapter) -> None:
        adapter.reset([scene(wall(1.6))])
        truths = drive(adapter, (0.8, 0.0), 26)
        first = next(index for index, truth in enumerate(truths) if truth.contacts)
        speed = truths[first - 1].twist[0]
        impulse = sum(c.impulse_ns for truth in truths[first : first + 2] for c in truth.contacts)
        robot = Robot((0, 0, 0))
        push = robot.mass_kg * robot.max_accel_mps2 * 0.2
        assert robot.mass_kg * speed * 0.9 <= impulse <= robot.mass_kg * speed * 1.2 + push

    def test_glass_is_hit_like_any_other_wall(self, adapter: SimAdapter) -> None:
        adapter.reset([scene(wall(1.0, "pane", GLASS))])
        touched = [c.body for truth in drive(adapter, (0.6, 0.0), 25) for c in truth.contacts]
        assert set(touched) == {"pane"}
        assert adapter.ground_truth()[0].pose[0] < 0.77

    def test_contact_ends_when_the_robot_backs_away(self, adapter: SimAdapter) -> None:
        adapter.reset([scene(wall(1.0))])
        assert drive(adapter, (0.6, 0.0), 25)[-1].contacts
        truths = drive(adapter, (-0.6, 0.0), 15)
        gone = [truth for truth in truths if truth.clearance_m["wall"] > 0.02]
        assert len(gone) > 5
        assert not any(truth.contacts for truth in gone)

    def test_a_grazed_corner_is_named_and_what_is_passed_is_not(self, adapter: SimAdapter) -> None:
        bodies = (
            block("grazed", (0.2, 0.2, 0.4), (1.2, 0.40, 0.4)),
            block("passed", (0.2, 0.2, 0.4), (0.45, -0.48, 0.4)),  # 3 cm beside the way
        )
        adapter.reset([scene(*bodies)])
        truths = drive(adapter, (0.6, 0.0), 30)
        assert {c.body for truth in truths for c in truth.contacts} == {"grazed"}

    def test_someone_who_walks_into_the_standing_robot_touches_it(self, adapter: SimAdapter) -> None:
        body = Body("walker", (Part("capsule", (0.2, 0.5, 0), (0, 0, 0.75), material=RED),), label="walker")
        path = (Waypoint(0.0, (0.0, 1.05, 0.0)), Waypoint(2.0, (0.0, -0.95, 0.0)))
        adapter.reset([scene(actors=(Actor(body, path),))])
        truths = drive(adapter, (0.0, 0.0), 8)
        touched = [c for truth in truths for c in truth.contacts]
        assert {c.body for c in touched} == {"walker"}
        # The gap of 0.6 m is closed at 1 m/s.
        assert touched[0].step / TIMING.physics_hz == pytest.approx(0.6, abs=0.02)

    def test_no_contact_is_left_over_for_the_next_scene(self, adapter: SimAdapter) -> None:
        adapter.reset([scene(wall(0.5))])
        assert drive(adapter, (0.6, 0.0), 12)[-1].contacts
        adapter.reset([scene(wall(3.0))])
        assert adapter.ground_truth()[0].contacts == ()
        assert not any(truth.contacts for truth in drive(adapter, (0.6, 0.0), 5))
