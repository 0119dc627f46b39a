"""The suite that every adapter must pass; third parties subclass it in their own tests.

Example:
    >>> class TestMyAdapter(AdapterConformance):            # doctest: +SKIP
    ...     def make_adapter(self, timing, options=None):
    ...         return MyAdapter(timing=timing, options=options or {})

Expected values are analytic: where a known cube projects, how far a wall is, what a lidar reads
through glass. Image tolerances are pixels of rasterisation, not of convention.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from sim_adapters.adapter import SimAdapter, Timing
from sim_adapters.observation import GroundTruth
from sim_adapters.scene.body import Actor, Body, Material, Part, Waypoint
from sim_adapters.scene.light import Light
from sim_adapters.scene.robot import Robot
from sim_adapters.scene.scene import Scene, Task
from sim_adapters.scene.sensor import Camera, Lidar

TIMING = Timing(physics_hz=200, control_hz=10, camera_hz=10)
_RED = Material(rgb=(0.9, 0.1, 0.1))
_GLASS = Material(rgb=(0.6, 0.8, 0.7), opacity=0.15, lidar_transparent=True)
_LAMP = Light("lamp", "ceiling", (0.0, 0.0, 2.5), (0.43, 0.13, -0.894), lux=220.0)


def wall(x: float, name: str = "wall", look: Material = _RED, label: str | None = "wall") -> Body:
    """A wall across the robot's way whose near face is at ``x``."""
    return Body(
        name, (Part("box", (0.05, 3.0, 1.5), (0.05, 0.0, 1.5), material=look),), (x, 0.0, 0.0), label=label
    )


def scene(
    *bodies: Body, start: tuple[float, float, float] = (0.0, 0.0, 0.0), actors: tuple[Actor, ...] = ()
) -> Scene:
    """A lit floor with the robot and ``bodies``."""
    floor = Body(
        "floor",
        (Part("box", (15.0, 15.0, 0.05), material=Material(rgb=(0.3, 0.3, 0.3)), collides=False),),
        (0.0, 0.0, -0.05),
    )
    return Scene(
        name="conformance",
        bodies=(floor, *bodies),
        actors=actors,
        lights=(_LAMP,),
        ambient_lux=180.0,
        robot=Robot(start=start),
        camera=Camera(),
        lidar=Lidar(),
        task=Task(goal=(8.0, 0.0)),
    )


def drive(
    adapter: SimAdapter, command: tuple[float, float], ticks: int, worlds: int = 1
) -> list[GroundTruth]:
    """Holds a command and returns the truth of world 0 after each control period."""
    commands = np.tile(np.array(command, dtype=np.float64), (worlds, 1))
    truths = []
    for _ in range(ticks):
        adapter.step(commands)
        truths.append(adapter.ground_truth()[0])
    return truths


class AdapterConformance:
    """Subclass it and implement :meth:`make_adapter`."""

    bit_reproducible = True
    """Whether the same scene gives the same frames bit for bit (false for ray-traced renderers)."""

    max_worlds: int | None = None
    """Most worlds that the adapter takes together; tests that need more are skipped."""

    def make_adapter(self, timing: Timing, options: Mapping[str, object] | None = None) -> SimAdapter:
        """A fresh adapter."""
        raise AssertionError("a conformance suite must say which adapter it tests: override make_adapter")

    @pytest.fixture
    def adapter(self) -> Iterator[SimAdapter]:
        """An adapter that is closed after the test."""
        made = self.make_adapter(TIMING)
        yield made
        made.close()

    # -- protocol and time

    def test_it_has_the_protocol_of_an_adapter(self, adapter: SimAdapter) -> None:
        assert isinstance(adapter, SimAdapter)

    def test_reset_gives_a_first_frame_at_step_zero(self, adapter: SimAdapter) -> None:
        seen = adapter.reset([scene(wall(3.0))])
        assert (seen.step, seen.frame_step, seen.has_new_frame) == (0, 0, True)
        assert seen.rgb.shape == (1, 120, 160, 3)
        assert seen.rgb.dtype == np.uint8
        assert seen.rgb.std() > 5.0

    def test_a_step_is_one_control_period_of_whole_physics_steps(self, adapter: SimAdapter) -> None:
        adapter.reset([scene()])
        steps = [adapter.step(np.zeros((1, 2))).step for _ in range(3)]
        assert steps == [20, 40, 60]
        assert adapter.ground_truth()[0].step == 60

    def test_a_slower_camera_repeats_its_frame_step(self) -> None:
        adapter = self.make_adapter(Timing(200, 20, 10))
        try:
            adapter.reset([scene(wall(3.0))])
            frames = [adapter.step(np.zeros((1, 2))).frame_step for _ in range(4)]
        finally:
            adapter.close()
        assert frames == [0, 20, 20, 40]

    def test_an_empty_reset_is_refused_in_words(self, adapter: SimAdapter) -> None:
        with pytest.raises(ValueError, match="at least one scene"):
            adapter.reset([])

    def test_closing_before_the_first_scene_is_harmless(self) -> None:
        self.make_adapter(TIMING).close()

    def test_closing_twice_is_harmless(self) -> None:
        adapter = self.make_adapter(TIMING)
        adapter.reset([scene()])
        adapter.close()
        adapter.close()

    # -- the robot

    def test_poses_are_world_frame_metres_and_radians_counter_clockwise(self, adapter: SimAdapter) -> None:
        seen = adapter.reset([scene(start=(1.5, -0.5, 0.7))])
        assert seen.pose[0] == pytest.approx([1.5, -0.5, 0.7], abs=1e-6)
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

    # -- camera geometry

    def test_a_known_cube_projects_where_the_pinhole_model_says(self, adapter: SimAdapter) -> None:
        edge, x, y, z = 0.4, 3.0, 0.5, 0.8
        half = edge / 2
        cube = Body("cube", (Part("box", (half, half, half), material=_RED),), (x, y, z), label="cube")
        adapter.reset([scene(cube)])
        found = adapter.ground_truth()[0].entities[0]
        camera = Camera()
        near = x - half - camera.position[0]
        far = x + half - camera.position[0]
        focal = camera.focal_px
        left = 80 - focal * (y + half) / near
        right = 80 - focal * (y - half) / far if y - half > 0 else 80 - focal * (y - half) / near
        top = 60 - focal * (z + half - camera.position[2]) / near
        bottom_edge = z - half - camera.position[2]
        bottom = 60 - focal * bottom_edge / (far if bottom_edge > 0 else near)
        assert found.label == "cube"
        assert found.box == pytest.approx((left, top, right, bottom), abs=1.01)

    def test_left_in_the_world_is_left_in_the_image(self, adapter: SimAdapter) -> None:
        post = Body(
            "post", (Part("box", (0.1, 0.1, 0.5), (0, 0, 0.5), material=_RED),), (3.0, 0.8, 0.0), label="post"
        )
        adapter.reset([scene(post)])
        box = adapter.ground_truth()[0].entities[0].box
        assert box[2] < 80

    def test_colours_are_rgb(self, adapter: SimAdapter) -> None:
        seen = adapter.reset([scene(wall(3.0))])
        red, green, blue = (float(seen.rgb[0, 40:60, 60:100, c].mean()) for c in range(3))
        assert red > 2 * green
        assert red > 2 * blue

    def test_more_light_makes_a_brighter_frame(self, adapter: SimAdapter) -> None:
        bright = scene(wall(3.0))
        dim = dataclasses.replace(bright, lights=(dataclasses.replace(_LAMP, lux=22.0),), ambient_lux=18.0)
        means = [float(adapter.reset([s]).rgb.mean()) for s in (dim, bright)]
        assert means[1] > 1.5 * means[0]

    def test_glass_lets_the_wall_behind_it_shine_through(self, adapter: SimAdapter) -> None:
        clear = adapter.reset([scene(wall(4.0))]).rgb[0, 40:60, 60:100].astype(float).mean(axis=(0, 1))
        pane = wall(2.5, "pane", _GLASS)
        through = (
            adapter.reset([scene(wall(4.0), pane)]).rgb[0, 40:60, 60:100].astype(float).mean(axis=(0, 1))
        )
        assert through[0] > 1.5 * through[2]
        assert np.abs(through - clear).max() > 3.0

    def test_depth_is_the_analytic_distance_along_the_optical_axis(self) -> None:
        adapter = self.make_adapter(TIMING, {"depth": True})
        try:
            seen = adapter.reset([scene(wall(3.0))])
        finally:
            adapter.close()
        assert seen.depth_m is not None
        middle = seen.depth_m[0, 30:60, 40:120]
        assert middle == pytest.approx(np.full(middle.shape, 3.0 - 0.2), abs=0.01)

    # -- truth

    def test_boxes_are_tight_around_the_visible_pixels(self, adapter: SimAdapter) -> None:
        back = Body(
            "back",
            (Part("box", (0.05, 0.6, 0.6), (0, 0, 0.6), material=_RED),),
            (4.0, 0.0, 0.0),
            label="back",
        )
        adapter.reset([scene(back)])
        whole = adapter.ground_truth()[0].entities[0]
        x0, y0, x1, y1 = whole.box
        assert whole.pixels == pytest.approx((x1 - x0) * (y1 - y0), rel=0.03)
        assert whole.occlusion < 0.05
        assert not whole.truncated

    def test_half_hidden_bodies_are_half_occluded(self, adapter: SimAdapter) -> None:
        back = Body(
            "back",
            (Part("box", (0.05, 0.6, 0.6), (0, 0, 0.6), material=_RED),),
            (4.0, 0.0, 0.0),
            label="back",
        )
        screen = Body("screen", (Part("box", (0.02, 0.5, 1.0), (0, 0, 1.0)),), (2.0, 0.5, 0.0))
        adapter.reset([scene(back, screen)])
        entity = adapter.ground_truth()[0].entities[0]
        assert entity.occlusion == pytest.approx(0.5, abs=0.05)
        assert entity.box[0] == pytest.approx(80, abs=2)

    def test_distance_and_clearance_are_measured_in_the_floor_plane(self, adapter: SimAdapter) -> None:
        adapter.reset([scene(wall(3.0))])
        truth = adapter.ground_truth()[0]
        assert truth.clearance_m["wall"] == pytest.approx(2.75)
        assert truth.entities[0].distance_m == pytest.approx(3.0)

    def test_a_moving_actor_is_where_its_path_says(self, adapter: SimAdapter) -> None:
        body = Body("walker", (Part("capsule", (0.2, 0.5, 0), (0, 0, 0.75), material=_RED),), label="person")
        path = (Waypoint(0.0, (4.0, 1.0, 0.0)), Waypoint(2.0, (4.0, -1.0, 0.0)))
        adapter.reset([scene(actors=(Actor(body, path),))])
        before = adapter.ground_truth()[0].entities[0].box
        after = drive(adapter, (0.0, 0.0), 20)[-1]
        assert (before[0] + before[2]) / 2 < 70
        assert (after.entities[0].box[0] + after.entities[0].box[2]) / 2 > 90
        assert after.clearance_m["walker"] == pytest.approx(math.hypot(4.0, 1.0) - 0.2 - 0.25, abs=1e-6)

    # -- lidar

    def test_lidar_reads_the_analytic_range_of_a_wall(self, adapter: SimAdapter) -> None:
        seen = adapter.reset([scene(wall(3.0))])
        lidar = Lidar()
        angles = np.linspace(-1, 1, lidar.beams) * math.radians(lidar.fov_deg) / 2
        ahead = np.abs(angles) < math.radians(40)
        assert seen.ranges_m[0][ahead] == pytest.approx(3.0 / np.cos(angles[ahead]), abs=0.01)

    def test_a_turned_wall_is_turned_counter_clockwise(self, adapter: SimAdapter) -> None:
        seen = adapter.reset([scene(dataclasses.replace(wall(3.0), yaw=0.3))])
        self._reads_a_turned_wall(seen.ranges_m[0], 3.0, 0.3)

    def test_an_actor_is_turned_as_its_path_says(self, adapter: SimAdapter) -> None:
        path = (Waypoint(0.0, (3.0, 0.0, 0.0)), Waypoint(0.4, (3.0, 0.0, 0.0), yaw=-0.4))
        seen = adapter.reset([scene(actors=(Actor(wall(3.0, "gate"), path),))])
        self._reads_a_turned_wall(seen.ranges_m[0], 3.0, 0.0)
        for _ in range(4):
            seen = adapter.step(np.zeros((1, 2)))
        self._reads_a_turned_wall(seen.ranges_m[0], 3.0, -0.4)

    def _reads_a_turned_wall(self, ranges: NDArray[np.float64], distance: float, yaw: float) -> None:
        """The near face passes through ``distance`` straight ahead, its normal turned by ``yaw``."""
        lidar = Lidar()
        angles = np.linspace(-1, 1, lidar.beams) * math.radians(lidar.fov_deg) / 2
        ahead = np.abs(angles) < math.radians(25)
        expected = distance * math.cos(yaw) / np.cos(angles[ahead] - yaw)
        assert ranges[ahead] == pytest.approx(expected, abs=0.01)

    def test_lidar_passes_through_glass(self, adapter: SimAdapter) -> None:
        seen = adapter.reset([scene(wall(4.0), wall(2.0, "pane", _GLASS))])
        assert seen.ranges_m[0][60] == pytest.approx(4.0, abs=0.01)

    def test_lidar_reads_infinity_where_nothing_is_in_range(self, adapter: SimAdapter) -> None:
        seen = adapter.reset([scene(wall(11.0))])
        assert np.isinf(seen.ranges_m[0][60])

    def test_the_first_beam_is_to_the_right_and_the_last_to_the_left(self, adapter: SimAdapter) -> None:
        left = Body("left", (Part("box", (1.0, 0.05, 0.5), (0, 0, 0.5)),), (0.0, 1.0, 0.0))
        ranges = adapter.reset([scene(left)]).ranges_m[0]
        assert np.isinf(ranges[:60]).all()
        assert np.isfinite(ranges[90:]).any()

    # -- contact

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

    # -- reproducibility and batches

    def _frames(self, adapter: SimAdapter, scenes: list[Scene], world: int) -> list[NDArray[np.uint8]]:
        frames = [adapter.reset(scenes).rgb[world].copy()]
        for tick in range(6):
            commands = np.tile(np.array([0.5, 0.1 * (tick % 2)]), (len(scenes), 1))
            frames.append(adapter.step(commands).rgb[world].copy())
        return frames

    def test_the_same_scene_gives_the_same_run(self, adapter: SimAdapter) -> None:
        first, second = (self._frames(adapter, [scene(wall(3.0))], 0) for _ in range(2))
        if self.bit_reproducible:
            assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
        adapter.reset([scene(wall(3.0))])
        one = [truth.pose for truth in drive(adapter, (0.5, 0.2), 10)]
        adapter.reset([scene(wall(3.0))])
        assert one == [truth.pose for truth in drive(adapter, (0.5, 0.2), 10)]

    def _need_worlds(self, count: int) -> None:
        if self.max_worlds is not None and self.max_worlds < count:
            pytest.skip(f"the adapter runs {self.max_worlds} world(s) at a time")

    def test_a_world_does_not_feel_its_neighbours_in_a_batch(self, adapter: SimAdapter) -> None:
        self._need_worlds(3)
        alone = self._frames(adapter, [scene(wall(3.0))], 0)
        beside = self._frames(adapter, [scene(wall(2.0)), scene(wall(3.0)), scene(wall(4.0))], 1)
        if self.bit_reproducible:
            assert all(np.array_equal(a, b) for a, b in zip(alone, beside, strict=True))
        adapter.reset([scene(wall(3.0))])
        poses = [truth.pose for truth in drive(adapter, (0.5, 0.2), 10)]
        adapter.reset([scene(wall(3.0)), scene(wall(1.0))])
        assert poses == [truth.pose for truth in drive(adapter, (0.5, 0.2), 10, worlds=2)]

    def test_an_inactive_world_stands_still(self, adapter: SimAdapter) -> None:
        self._need_worlds(2)
        adapter.reset([scene(wall(3.0)), scene(wall(3.0))])
        active = np.array([True, False])
        for _ in range(5):
            seen = adapter.step(np.full((2, 2), 0.5), active)
        assert seen.pose[0][0] > 0.05
        assert seen.pose[1] == pytest.approx([0.0, 0.0, 0.0])

    def test_a_sound_world_has_no_complaints(self, adapter: SimAdapter) -> None:
        worlds = 1 if self.max_worlds == 1 else 2
        adapter.reset([scene(wall(3.0)), scene()][:worlds])
        drive(adapter, (0.3, 0.0), 3, worlds=worlds)
        assert adapter.health() == ((),) * worlds
