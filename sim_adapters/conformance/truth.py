"""What is true: boxes, pixels, occlusion, distances, actors."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from simgate.sim_adapters.adapter import SimAdapter
from simgate.sim_adapters.conformance.base import ConformanceBase
from simgate.sim_adapters.conformance.scenes import (
    GLASS,
    RED,
    block,
    corners,
    drive,
    pinhole_box,
    scene,
    wall,
)
from simgate.sim_adapters.scene.body import Actor, Body, Part, Waypoint
from simgate.sim_adapters.scene.sensor import Camera


class Truth(ConformanceBase):
    """Segmentation and ground truth."""

    def test_boxes_are_tight_around_the_visible_pixels(self, adapter: SimAdapter) -> None:
        back = Body(
            "back",
            (Part("box", (0.05, 0.6, 0.6), (0, 0, 0.6), material=RED),),
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
            (Part("box", (0.05, 0.6, 0.6), (0, 0, 0.6), material=RED),),
            (4.0, 0.0, 0.0),
            label="back",
        )
        screen = Body("screen", (Part("box", (0.02, 0.5, 1.0), (0, 0, 1.0)),), (2.0, 0.5, 0.0))
        adapter.reset([scene(back, screen)])
        entity = adapter.ground_truth()[0].entities[0]
        assert entity.occlusion == pytest.approx(0.5, abs=0.05)
        assert entity.box[0] == pytest.approx(80, abs=2)

    def test_a_body_that_nothing_hides_is_not_occluded_whatever_its_shape(self, adapter: SimAdapter) -> None:
        """Legs with room between them and arms that stand out are far from filling their convex hull."""
        parts = [Part("capsule", (0.06, 0.4, 0.0), (0.0, side, 0.46), material=RED) for side in (-0.3, 0.3)]
        parts.append(Part("box", (0.05, 0.6, 0.05), (0.0, 0.0, 1.2), material=RED))
        parts.append(Part("sphere", (0.12, 0.0, 0.0), (0.0, 0.0, 1.6), material=RED))
        adapter.reset([scene(Body("figure", tuple(parts), (4.0, 0.0, 0.0), label="figure"))])
        entity = adapter.ground_truth()[0].entities[0]
        x0, y0, x1, y1 = entity.box
        assert entity.pixels < 0.5 * (x1 - x0) * (y1 - y0)
        assert entity.occlusion < 0.04

    @pytest.mark.parametrize(
        ("opacities", "light"), [((0.15,), 0.85), ((0.4, 0.5), 0.3), ((0.8,), 0.2), ((0.7, 0.8), None)]
    )
    def test_what_stands_behind_glass_is_seen_by_the_light_that_comes_through(
        self, adapter: SimAdapter, opacities: tuple[float, ...], light: float | None
    ) -> None:
        """Less than a tenth of the light is nothing; the panes are there all the same."""
        panes = [
            wall(2.0 + 0.5 * number, f"pane_{number}", replace(GLASS, opacity=opacity), "pane")
            for number, opacity in enumerate(opacities)
        ]
        adapter.reset([scene(*panes, block("behind", (0.2, 0.3, 0.3), (4.0, 0.0, 0.6)))])
        seen = {entity.name: entity for entity in adapter.ground_truth()[0].entities}
        assert seen["pane_0"].transmittance == 1.0
        assert ("behind" in seen) == (light is not None)
        if light is not None:
            wanted = pinhole_box(corners((0.2, 0.3, 0.3), (4.0, 0.0, 0.6)), Camera())
            assert seen["behind"].box == pytest.approx(wanted, abs=1.01)
            assert seen["behind"].transmittance == pytest.approx(light, abs=1e-3)
            assert seen["behind"].occlusion < 0.05

    def test_behind_glass_a_wall_still_hides(self, adapter: SimAdapter) -> None:
        pane, screen = wall(2.0, "pane", GLASS, "pane"), wall(2.5, "screen", label=None)
        adapter.reset([scene(pane, screen, block("behind", (0.2, 0.3, 0.3), (4.0, 0.0, 0.6)))])
        assert [entity.name for entity in adapter.ground_truth()[0].entities] == ["pane"]

    def test_half_before_and_half_behind_a_pane_edge_is_one_body(self, adapter: SimAdapter) -> None:
        pane = Body(
            "pane",
            (Part("box", (0.01, 1.0, 1.0), (0, 0, 1.0), material=GLASS),),
            (2.0, 1.0, 0.0),
            label="pane",
        )
        adapter.reset([scene(pane, block("behind", (0.2, 0.3, 0.3), (4.0, 0.0, 0.6)))])
        (behind,) = [one for one in adapter.ground_truth()[0].entities if one.name == "behind"]
        assert behind.box == pytest.approx(
            pinhole_box(corners((0.2, 0.3, 0.3), (4.0, 0.0, 0.6)), Camera()), abs=1.01
        )
        assert behind.transmittance == pytest.approx(0.925, abs=0.02)

    def test_distance_and_clearance_are_measured_in_the_floor_plane(self, adapter: SimAdapter) -> None:
        adapter.reset([scene(wall(3.0))])
        truth = adapter.ground_truth()[0]
        assert truth.clearance_m["wall"] == pytest.approx(2.75)
        assert truth.entities[0].distance_m == pytest.approx(3.0)

    def test_a_moving_actor_is_where_its_path_says(self, adapter: SimAdapter) -> None:
        body = Body("walker", (Part("capsule", (0.2, 0.5, 0), (0, 0, 0.75), material=RED),), label="walker")
        path = (Waypoint(0.0, (4.0, 1.0, 0.0)), Waypoint(2.0, (4.0, -1.0, 0.0)))
        adapter.reset([scene(actors=(Actor(body, path),))])
        before = adapter.ground_truth()[0].entities[0].box
        after = drive(adapter, (0.0, 0.0), 20)[-1]
        assert (before[0] + before[2]) / 2 < 70
        assert (after.entities[0].box[0] + after.entities[0].box[2]) / 2 > 90
        assert after.clearance_m["walker"] == pytest.approx(math.hypot(4.0, 1.0) - 0.2 - 0.25, abs=1e-6)

    def test_every_labelled_body_owns_its_own_pixels_and_unlabelled_ones_own_none(
        self, adapter: SimAdapter
    ) -> None:
        half = (0.2, 0.3, 0.3)
        places = {"near": (2.5, 0.6, 0.6), "far": (4.0, -0.9, 0.6)}
        nameless = Body("nameless", (Part("box", half, material=RED),), (3.0, 0.0, 1.6))
        adapter.reset([scene(*(block(name, half, place) for name, place in places.items()), nameless)])
        entities = {entity.name: entity for entity in adapter.ground_truth()[0].entities}
        assert entities.keys() == places.keys()
        camera = Camera()
        for name, (x, y, z) in places.items():
            found = entities[name]
            wanted = pinhole_box(corners(half, (x, y, z)), camera)
            assert found.label == name
            assert found.box == pytest.approx(wanted, abs=1.01)
            front = (
                (2 * half[1]) * (2 * half[2]) * (camera.focal_px / (x - half[0] - camera.position[0])) ** 2
            )
            area = (wanted[2] - wanted[0]) * (wanted[3] - wanted[1])
            # The front face at least; the sides that are seen fill the box no more than once.
            assert 0.95 * front <= found.pixels <= 1.05 * area
