"""What makes another scene, and what does not."""

from __future__ import annotations

import pytest

from simgate.harness.expansion.expand import expand_pack
from simgate.harness.expansion.scene_key import SceneKeys, may_share_scenes
from simgate.harness.expansion.variant import Placed, Variant
from simgate.harness.packs.loader import load_pack

PACK = """\
simgate: 1
pack: doors
policy: door_navigator
sim: {adapter: mujoco, physics_hz: 200, control_hz: 10, camera_hz: 10}
scenarios:
  glass: &door
    title: A glass door
    severity: critical
    world: office_corridor
    parameters: PARAMETERS
    variants: {count: 6, method: random}
    accept: {collisions: {at_most: 0}}
  again: *door
"""


def load(tmp_path, parameters):
    path = tmp_path / "pack.yaml"
    path.write_text(PACK.replace("PARAMETERS", parameters), encoding="utf-8")
    return load_pack(path)


def scenes_of(pack):
    keys = SceneKeys(pack)
    return {keys.key(variant) for variant in expand_pack(pack)}


@pytest.mark.parametrize(
    ("drawn", "number"),
    [
        ("{door.distance_m: 4}", 1),
        ("{lighting.lux: {uniform: [80, 900]}, camera.noise_std: {uniform: [0, 0.1]}}", 1),
        ("{camera.pitch_deg: {uniform: [-2, 2]}, window.lux: {uniform: [0, 900]}}", 1),
        ("{door.distance_m: {uniform: [3, 8]}}", 12),
        ("{door.kind: {choice: [glass, wood]}}", 2),
    ],
)
def test_light_and_camera_and_seeds_and_scenarios_make_no_other_scene(tmp_path, drawn, number):
    assert len(scenes_of(load(tmp_path, drawn))) == number


def test_an_object_that_stands_elsewhere_makes_another_scene(tmp_path):
    pack = load(tmp_path, "{door.distance_m: 4}")
    variant = expand_pack(pack)[0]
    moved: Variant = variant.model_copy(
        update={"placed": (Placed(group="a", kind="box", x=1.0, y=0.0, yaw=0.0),)}
    )
    assert SceneKeys(pack).key(moved) != SceneKeys(pack).key(variant)


@pytest.mark.parametrize(
    ("drawn", "shared"),
    [
        ("{door.distance_m: {uniform: [3, 8]}}", False),
        ("{lighting.lux: {uniform: [80, 900]}}", True),
        ("{door.kind: {choice: [glass, wood]}}", True),
        ("{door.distance_m: {when: [{if: lighting.lux > 90, then: 4}, {else: {uniform: [3, 8]}}]}}", False),
    ],
)
def test_what_is_drawn_from_a_continuum_is_never_twice_the_same(tmp_path, drawn, shared):
    pack = load(tmp_path, drawn)
    assert may_share_scenes(pack, pack.scenarios[0]) is shared
