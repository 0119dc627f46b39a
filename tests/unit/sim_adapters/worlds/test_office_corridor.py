"""The office corridor: what its parameters promise is what the scene holds."""

import math

import pytest

from simgate.sim_adapters.scene.sensing.clearance import ClearanceField
from simgate.sim_adapters.worlds.office_corridor import OFFICE_CORRIDOR
from simgate.sim_adapters.worlds.world import ParameterSpec, PlacedObject

DEFAULTS = {name: spec.default for name, spec in OFFICE_CORRIDOR.parameters.items()}


def build(*placed, **changes):
    return OFFICE_CORRIDOR.build(
        {**DEFAULTS, **{k.replace("__", "."): v for k, v in changes.items()}}, placed
    )


def body(scene, name):
    return next(b for b in scene.bodies if b.name == name)


@pytest.mark.parametrize(
    ("kind", "label", "word"), [("glass", "glass_door", "glass"), ("wood", "wooden_door", "wood")]
)
def test_a_shut_door_is_the_barrier_and_carries_its_label(kind, label, word):
    scene = build(door__kind=kind)
    assert body(scene, "door").label == label
    assert (scene.task.barrier, scene.task.barrier_kind) == ("door", word)


def test_without_a_door_there_is_no_barrier_and_no_leaf():
    scene = build(door__kind="none")
    assert scene.task.barrier is None
    assert all(b.name != "door" for b in scene.bodies)


@pytest.mark.parametrize(("degrees", "closed"), [(0, True), (30, True), (59, True), (61, False), (95, False)])
def test_a_leaf_counts_as_barrier_up_to_sixty_degrees(degrees, closed):
    scene = build(door__opening_deg=degrees)
    assert (scene.task.barrier is not None) is closed
    assert (body(scene, "door").label is not None) is closed


def test_the_door_plane_lies_at_the_distance_that_was_asked_for():
    scene = build(door__distance_m=6.5)
    gap = ClearanceField(scene).gaps(0.0, 0.0, 0.0)["door"]
    assert gap == pytest.approx(6.5 - 0.006 - 0.25, abs=1e-6)


def test_an_open_doorway_lets_the_robot_through_to_the_goal():
    scene = build(door__kind="none", door__width_m=1.0)
    field = ClearanceField(scene)
    x = 0.0
    while x < scene.task.goal[0]:
        assert min(field.gaps(x, 0.0, 0.0).values()) > 0.1, x
        x += 0.05


def test_only_the_glass_pane_is_transparent_to_lidar():
    for kind, clear in (("glass", 1), ("wood", 0)):
        parts = [p for b in build(door__kind=kind).bodies for p in b.parts]
        assert sum(p.material.lidar_transparent for p in parts) == clear


def test_tint_is_the_opacity_of_the_pane():
    pane = body(build(door__tint=0.07), "door").parts[0]
    assert pane.material.opacity == pytest.approx(0.07)


def test_lux_is_shared_between_ambient_and_ceiling_and_adds_up():
    scene = build(lighting__lux=300.0)
    assert scene.ambient_lux + sum(light.lux for light in scene.lights) == pytest.approx(300.0)


def test_placed_objects_stand_where_they_were_put():
    scene = build(PlacedObject("chair", 2.0, 0.5, 0.3), PlacedObject("bin", 3.0, -0.5, 0.0))
    assert body(scene, "chair_0").position[:2] == (2.0, 0.5)
    gaps = ClearanceField(scene).gaps(0.0, 0.0, 0.0)
    assert gaps["bin_1"] == pytest.approx(math.hypot(3.0, 0.5) - 0.17 - 0.25)


def test_every_kind_of_object_fits_the_footprint_that_placement_reserves():
    for kind, (half_x, half_y) in OFFICE_CORRIDOR.object_kinds.items():
        made = body(build(PlacedObject(kind, 2.0, 0.0, 0.0)), f"{kind}_0")
        for part in made.parts:
            reach = part.size[:2] if part.kind == "box" else (part.size[0], part.size[0])
            assert abs(part.position[0]) + reach[0] <= half_x + 1e-9
            assert abs(part.position[1]) + reach[1] <= half_y + 1e-9


def test_the_person_stays_between_the_walls_and_leaves_behind_the_robot():
    scene = build(person__present=True, corridor__width_m=2.4)
    (walker,) = scene.actors
    for tick in range(300):
        (_, y, _), _ = walker.pose_at(tick / 10)
        assert abs(y) <= 1.2 - 0.2
    assert walker.pose_at(30.0)[0][0] < 0.0


def test_the_region_for_clutter_ends_before_the_door():
    region = OFFICE_CORRIDOR.region("corridor_floor", DEFAULTS)
    assert region.x_max < DEFAULTS["door.distance_m"]
    assert region.y_max < 0.5 * DEFAULTS["corridor.width_m"]


def test_a_start_inside_the_wall_is_refused_with_a_remedy():
    with pytest.raises(ValueError, match=r"robot\.start_y_m = 0\.9.*widen corridor\.width_m"):
        build(robot__start_y_m=0.9, corridor__width_m=2.0)


def test_a_person_pauses_half_way_and_then_walks_on_as_before():
    (walks,) = build(person__present=True, person__speed_mps=0.5).actors
    (pauses,) = build(person__present=True, person__speed_mps=0.5, person__pause_s=2.0).actors
    half_way = next(t / 100 for t in range(2000) if walks.pose_at(t / 100)[0][1] <= 0.0)
    for seconds in (0.0, half_way - 0.1):
        assert pauses.pose_at(seconds) == walks.pose_at(seconds)
    for seconds in (half_way + 0.1, half_way + 1.9):
        assert pauses.pose_at(seconds)[0] == pytest.approx((3.0, 0.0, 0.0), abs=0.01)
    for seconds in (half_way + 0.1, half_way + 5.0):
        assert pauses.pose_at(seconds + 2.0)[0] == pytest.approx(walks.pose_at(seconds)[0], abs=1e-9)


def test_a_person_behind_the_door_is_refused_with_a_remedy():
    with pytest.raises(ValueError, match=r"person\.cross_at_m.*where"):
        build(person__present=True, person__cross_at_m=5.0, door__distance_m=5.0)


@pytest.mark.parametrize("name", list(OFFICE_CORRIDOR.parameters))
def test_defaults_lie_in_their_own_range_and_have_a_meaning(name):
    spec = OFFICE_CORRIDOR.parameters[name]
    assert spec.problem(spec.default) is None
    assert spec.meaning.endswith(".")


@pytest.mark.parametrize(
    ("spec", "value", "words"),
    [
        (ParameterSpec("number", 1.0, "m", "m", 0.5, 2.0), 3, "at most 2 m"),
        (ParameterSpec("number", 1.0, "m", "m", 0.5, 2.0), 0.1, "at least 0.5 m"),
        (ParameterSpec("number", 1.0, "m"), "wide", "must be a number"),
        (ParameterSpec("number", 1.0, "m"), True, "must be a number"),
        (ParameterSpec("integer", 1, "m"), 1.5, "whole number"),
        (ParameterSpec("choice", "a", "m", choices=("a", "b")), "c", "one of a, b"),
        (ParameterSpec("bool", True, "m"), "yes", "true or false"),
    ],
)
def test_a_value_out_of_range_is_named_in_words(spec, value, words):
    assert words in spec.problem(value)
