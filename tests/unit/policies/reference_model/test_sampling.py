import math

import pytest

from simgate.policies.reference_model.frames import load_plugin
from simgate.policies.reference_model.sampling import (
    OPERATING_DOMAIN,
    TRAINING_DOMAINS,
    draw,
    validation_domain,
)

WORLD = load_plugin("worlds", "office_corridor")


def test_a_frame_depends_on_its_seed_and_number_only():
    alone = draw(WORLD, OPERATING_DOMAIN, 5, 17)
    again = [draw(WORLD, OPERATING_DOMAIN, 5, k) for k in range(18)][17]
    assert alone == again
    assert draw(WORLD, OPERATING_DOMAIN, 6, 17) != alone
    assert draw(WORLD, OPERATING_DOMAIN, 5, 16) != alone


def test_the_held_out_sets_that_model_cards_name_stay_what_they_are():
    """A parameter that a world gets later must not be drawn among the others."""
    distances = [draw(WORLD, OPERATING_DOMAIN, 730_002, index).door_distance_m for index in range(4)]
    assert distances == pytest.approx([4.198, 1.528, 5.995, 3.402], abs=1e-3)


@pytest.mark.parametrize("domain", [*TRAINING_DOMAINS.values(), OPERATING_DOMAIN])
def test_every_scene_is_one_that_the_world_allows(domain):
    for k in range(60):
        sample = draw(WORLD, domain, 11, k)
        parameters = dict(sample.parameters)
        # The corridor is as long as the pose needs, which may be less or more than a start would.
        del parameters["door.distance_m"], parameters["person.cross_at_m"]
        problems = [f"{n}: {WORLD.parameters[n].problem(v)}" for n, v in parameters.items()]
        assert not [text for text in problems if not text.endswith("None")]
        x, y, _ = sample.scene.robot.start
        assert abs(y) + sample.scene.robot.radius_m <= 0.5 * parameters["corridor.width_m"] + 1e-9
        assert sample.scene.task.goal[0] - 1.8 - x == pytest.approx(sample.door_distance_m)


def test_conditions_stay_within_the_domain():
    for k in range(100):
        sample = draw(WORLD, TRAINING_DOMAINS["v1"], 3, k)
        assert 300.0 <= sample.parameters["lighting.lux"] <= 2000.0
        assert sample.parameters["camera.exposure_ev"] >= -0.2


def test_approach_poses_look_at_the_door_from_in_front():
    for k in range(100):
        sample = draw(WORLD, OPERATING_DOMAIN, 3, k)
        assert 0.6 <= sample.door_distance_m <= 8.0
        assert abs(sample.scene.robot.start[2]) <= math.radians(15.0)


def test_people_stand_before_the_robot_and_never_in_it():
    people = 0
    for k in range(120):
        scene = draw(WORLD, TRAINING_DOMAINS["v2"], 8, k).scene
        for actor in scene.actors:
            people += 1
            (x, y, _), _ = actor.pose_at(0.0)
            assert math.hypot(x - scene.robot.start[0], y - scene.robot.start[1]) > 0.6
    assert people > 15


def test_paired_frames_show_one_scene_with_glass_and_without_a_door():
    pairs = 0
    for k in range(0, 80, 2):
        with_door, without = (draw(WORLD, TRAINING_DOMAINS["v2"], 4, k + j) for j in (0, 1))
        if with_door.parameters["door.kind"] != "glass":
            assert with_door.parameters == without.parameters
            continue
        pairs += 1
        assert without.parameters == {**with_door.parameters, "door.kind": "none"}
        assert without.scene.robot == with_door.scene.robot
        assert without.seed != with_door.seed
    assert pairs > 15


def test_glass_is_never_fainter_than_what_can_be_seen_in_its_light():
    for k in range(200):
        parameters = draw(WORLD, OPERATING_DOMAIN, 9, k).parameters
        assert parameters["lighting.lux"] * parameters["door.tint"] >= OPERATING_DOMAIN.lux_tint - 1e-9


def test_thresholds_are_chosen_in_the_light_that_a_variant_was_made_for():
    assert validation_domain("v2") == OPERATING_DOMAIN
    assert validation_domain("v1").lux[0] == 300.0
