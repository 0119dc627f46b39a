"""Where things are in the image: the pinhole model, in numbers."""

from __future__ import annotations

import pytest

from simgate.sim_adapters.adapter import SimAdapter
from simgate.sim_adapters.conformance.base import ConformanceBase
from simgate.sim_adapters.conformance.scenes import RED, Box, block, corners, drive, pinhole_box, scene
from simgate.sim_adapters.planar_drive import DriveView
from simgate.sim_adapters.scene.body import Actor, Body, Part, Waypoint
from simgate.sim_adapters.scene.sensor import Camera

_SLAB, _PLACE = (0.02, 0.7, 0.3), (3.0, 0.4, 0.7)
"""Half extents and centre of a slab across the view, metres."""


class Geometry(ConformanceBase):
    """Known bodies project where the formula says."""

    def test_a_known_cube_projects_where_the_pinhole_model_says(self, adapter: SimAdapter) -> None:
        edge, x, y, z = 0.4, 3.0, 0.5, 0.8
        half = edge / 2
        cube = Body("cube", (Part("box", (half, half, half), material=RED),), (x, y, z), label="cube")
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
            "post", (Part("box", (0.1, 0.1, 0.5), (0, 0, 0.5), material=RED),), (3.0, 0.8, 0.0), label="post"
        )
        adapter.reset([scene(post)])
        box = adapter.ground_truth()[0].entities[0].box
        assert box[2] < 80

    def test_a_camera_that_looks_up_sees_things_further_down(self, adapter: SimAdapter) -> None:
        self._projects(adapter, Camera(pitch_deg=8.0))

    def test_another_camera_projects_by_its_own_intrinsics_and_place(self, adapter: SimAdapter) -> None:
        self._projects(adapter, Camera(200, 100, 42.0, (-0.1, 0.15, 0.9), -3.0))

    def _projects(self, adapter: SimAdapter, camera: Camera) -> None:
        half, place = (0.2, 0.2, 0.2), (3.0, 0.3, 0.8)
        seen = adapter.reset([scene(block("cube", half, place), camera=camera)])
        assert DriveView(seen).rgb.shape == (1, camera.height, camera.width, 3)
        wanted = pinhole_box(corners(half, place), camera)
        assert self._box(adapter, "cube") == pytest.approx(wanted, abs=1.01)

    # Quaternions in another order, or a turn of the other sign, draw a slab where it is not. The two ends of
    # a slab are at different distances, so that both turns give different boxes.

    def test_a_turned_body_is_drawn_turned_counter_clockwise(self, adapter: SimAdapter) -> None:
        adapter.reset([scene(block("slab", _SLAB, _PLACE, yaw=0.6))])
        wanted = pinhole_box(corners(_SLAB, _PLACE, 0.6), Camera())
        assert self._box(adapter, "slab") == pytest.approx(wanted, abs=1.01)
        mirrored = pinhole_box(corners(_SLAB, _PLACE, -0.6), Camera())
        assert abs(mirrored[0] - wanted[0]) > 4.0, "this test can tell"

    def test_an_actor_is_drawn_turned_as_its_path_says(self, adapter: SimAdapter) -> None:
        path = (Waypoint(0.0, _PLACE, yaw=0.6), Waypoint(1.0, _PLACE, yaw=-0.6))
        adapter.reset([scene(actors=(Actor(block("slab", _SLAB, (0.0, 0.0, 0.0)), path),))])
        for ticks, yaw in ((0, 0.6), (2, 0.36), (8, -0.6)):
            drive(adapter, (0.0, 0.0), ticks)
            wanted = pinhole_box(corners(_SLAB, _PLACE, yaw), Camera())
            assert self._box(adapter, "slab") == pytest.approx(wanted, abs=1.01), yaw

    def test_the_camera_starts_and_turns_with_the_robot(self, adapter: SimAdapter) -> None:
        half, place = (0.15, 0.15, 0.3), (2.4, 1.6, 0.7)
        adapter.reset([scene(block("post", half, place), start=(-0.6, -0.2, 0.5))])
        truths = [adapter.ground_truth()[0], *drive(adapter, (0.3, 0.5), 6)]
        assert truths[-1].pose[2] > 0.65
        for truth in truths:
            wanted = pinhole_box(corners(half, place), Camera(), truth.pose)
            assert truth.entities[0].box == pytest.approx(wanted, abs=1.01)

    def _box(self, adapter: SimAdapter, name: str) -> Box:
        (found,) = [entity for entity in adapter.ground_truth()[0].entities if entity.name == name]
        return found.box
