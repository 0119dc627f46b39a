"""The analytic lidar scan: closed formulas, and the same numbers as MuJoCo's rays."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from simgate.sim_adapters.conformance import GLASS, scene, wall
from simgate.sim_adapters.scene.body import Actor, Body, Material, Part, Waypoint
from simgate.sim_adapters.scene.sensing.plane_scan import PlaneScan
from simgate.sim_adapters.worlds.office_corridor import OFFICE_CORRIDOR
from simgate.sim_adapters.worlds.world import PlacedObject

AHEAD = 60


def ahead(*bodies, pose=(0.0, 0.0, 0.0), actors=(), time_s=0.0):
    return PlaneScan(scene(*bodies, actors=actors)).ranges(pose, time_s)[AHEAD]


def one(part, x=3.0, z=0.25):
    return Body("thing", (part,), (x, 0.0, z))


@pytest.mark.parametrize(
    ("part", "gap"),
    [
        (Part("box", (0.2, 1.0, 0.1)), 2.8),
        (Part("box", (0.2, 0.2, 0.1), yaw=math.pi / 4), 3.0 - 0.2 * math.sqrt(2.0)),
        (Part("cylinder", (0.3, 0.1, 0.0)), 2.7),
        (Part("sphere", (0.3, 0.0, 0.0)), 2.7),
        (Part("sphere", (0.5, 0.0, 0.0), position=(0.0, 0.0, 0.3)), 2.6),
        (Part("capsule", (0.3, 0.5, 0.0), position=(0.0, 0.0, -0.4)), 2.7),
        (Part("capsule", (0.5, 0.1, 0.0), position=(0.0, 0.0, 0.4)), 2.6),
        (Part("box", (0.2, 1.0, 0.1), position=(0.0, 0.0, 0.2)), math.inf),
        (Part("cylinder", (0.3, 0.1, 0.0), position=(0.0, 0.0, -0.2)), math.inf),
        (Part("box", (0.2, 1.0, 0.1), material=Material(lidar_transparent=True)), math.inf),
    ],
)
def test_a_beam_ends_where_the_plane_cuts_the_part(part, gap):
    assert ahead(one(part)) == pytest.approx(gap)


def test_the_nearest_of_several_counts_and_glass_is_passed():
    assert ahead(wall(5.0), wall(4.0), wall(2.0, "pane", GLASS)) == pytest.approx(4.0)


def test_beams_turn_with_the_robot_and_go_counter_clockwise():
    left = Body("left", (Part("box", (0.5, 0.1, 0.5)),), (0.0, 2.0, 0.25))
    assert ahead(left, pose=(0.0, 0.0, math.pi / 2)) == pytest.approx(1.9)
    ranges = PlaneScan(scene(left)).ranges((0.0, 0.0, 0.0), 0.0)
    assert np.isfinite(ranges[AHEAD:]).any()
    assert np.isinf(ranges[:AHEAD]).all()


def test_what_is_out_of_range_or_behind_reads_infinity():
    assert ahead(wall(10.5)) == math.inf
    assert ahead(wall(-2.0)) == math.inf
    assert ahead() == math.inf


def test_actors_are_where_they_are_at_the_time_of_the_scan():
    walker = Body("walker", (Part("capsule", (0.2, 0.6, 0.0), (0.0, 0.0, 0.8)),))
    path = (Waypoint(0.0, (4.0, 0.0, 0.0)), Waypoint(2.0, (2.0, 0.0, 0.0)))
    actors = (Actor(walker, path),)
    assert ahead(actors=actors) == pytest.approx(3.8)
    assert ahead(actors=actors, time_s=1.0) == pytest.approx(2.8)


def test_it_reads_what_mujoco_reads_in_the_office():
    from simgate.sim_adapters.adapter import Timing
    from simgate.sim_adapters.mujoco.world_state import MujocoWorld

    base = {name: spec.default for name, spec in OFFICE_CORRIDOR.parameters.items()}
    generator = np.random.default_rng(4)
    for kind in ("glass", "wood", "none"):
        parameters = {**base, "door.kind": kind, "person.present": True, "door.opening_deg": 20.0}
        placed = [PlacedObject(k, 1.0 + 0.8 * n, 0.6, 0.3 * n) for n, k in enumerate(("box", "bin", "chair"))]
        office = OFFICE_CORRIDOR.build(parameters, placed)
        x, y, yaw = (float(v) for v in generator.uniform([-0.2, -0.2, -1.0], [0.5, 0.2, 1.0]))
        office = replace(office, robot=replace(office.robot, start=(x, y, yaw)))
        expected = np.empty(office.lidar.beams)
        MujocoWorld(office, Timing()).scan(expected)
        found = PlaneScan(office).ranges((x, y, yaw), 0.0)
        seen = np.isfinite(expected)
        assert np.array_equal(seen, np.isfinite(found))
        assert found[seen] == pytest.approx(expected[seen], abs=1e-6)
