"""Seen against drawn alone, through glass too: by drawing and, for frames of other simulators, by rays."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.mujoco.drawing.ray_sight import RaySight
from simgate.sim_adapters.mujoco.drawing.sight import LabelledBodies
from simgate.sim_adapters.observation import VisibleEntity
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.worlds.office.objects import walking_person
from simgate.sim_adapters.worlds.office_corridor import OFFICE_CORRIDOR
from tests.unit.sim_adapters.native_sites import TIMING, write_yard, yard_world
from tests.unit.sim_adapters.native_world import scene_of


def both_ways(scene: Scene) -> list[dict[str, VisibleEntity]]:
    """What the adapter says, and what rays make of the same image of bodies."""
    adapter = MujocoAdapter(TIMING)
    adapter.reset([scene])
    truth, world, view = adapter.ground_truth()[0], adapter._worlds[0], adapter._views[0]
    sight = RaySight(world.built, world.data, view.bodies)
    labelled = LabelledBodies(scene, world.built, world._sensing.clearance)
    by_rays = labelled.seen(sight, truth.clearance_m, truth.pose[:2], 0.0)
    adapter.close()
    return [{entity.name: entity for entity in entities} for entities in (truth.entities, by_rays)]


def corridor(x_m: float, **parameters: object) -> Scene:
    """A corridor whose glass door is 5 m ahead, and a person who stands at ``x_m``."""
    values = {name: spec.default for name, spec in OFFICE_CORRIDOR.parameters.items()} | parameters
    scene = OFFICE_CORRIDOR.build(values, [])
    person = replace(walking_person(values).body, position=(x_m, 0.0, 0.0))
    return replace(scene, bodies=(*scene.bodies, person))


@pytest.mark.parametrize("x_m", [1.5, 2.5, 4.0])
def test_a_person_in_plain_view_is_not_occluded(x_m: float):
    drawn, by_rays = both_ways(corridor(x_m))
    assert drawn["person"].occlusion == 0.0
    # Rays meet the shapes themselves, what is drawn has facets: a pixel at the rim may differ.
    assert by_rays["person"].occlusion < 0.02
    assert drawn["person"].truncated == by_rays["person"].truncated == (x_m == 1.5)


@pytest.mark.parametrize(("tint", "light"), [(0.15, 0.85), (0.45, 0.55), (0.6, 0.4)])
def test_a_person_behind_the_glass_door_is_in_the_truth_with_the_light_that_comes_through(
    tint: float, light: float
):
    drawn, by_rays = both_ways(corridor(6.0, **{"door.tint": tint, "door.marking": "stripe"}))
    for seen in (drawn, by_rays):
        assert seen["person"].transmittance == pytest.approx(light, abs=1e-3)
        assert seen["door"].transmittance == 1.0
        assert seen["person"].distance_m == pytest.approx(6.0 - 0.085, abs=0.3)
    assert drawn["person"].box == by_rays["person"].box
    # The stripe on the glass hides a strip of a few pixels, as it does in the picture.
    assert 0.0 < drawn["person"].occlusion < 0.2


def test_a_wooden_door_hides_whoever_is_behind_it():
    for seen in both_ways(corridor(6.0, **{"door.kind": "wood"})):
        assert seen.keys() == {"door"}


def test_a_files_own_glass_lets_through_what_its_material_says(tmp_path: Path):
    world = yard_world(write_yard(tmp_path), {"clarity": "material/clear.rgba.a"}, labels={"cube": "crate"})
    for clarity, light in ((0.2, 0.8), (0.7, 0.3)):
        for seen in both_ways(scene_of(world, clarity=clarity)):
            assert seen["cube"].transmittance == pytest.approx(light, abs=1e-3)
            assert seen["cube"].occlusion < 0.02
    for seen in both_ways(scene_of(world, clarity=0.95)):
        assert seen == {}


def test_a_picture_is_of_its_own_simulator_whoever_was_asked_for_one_in_between():
    adapters, small = [MujocoAdapter(TIMING), MujocoAdapter(TIMING)], corridor(2.5)
    scenes = [small, replace(small, camera=replace(small.camera, width=64, height=48))]
    pictures = [a.reset([s]).channels["front.rgb"][0].copy() for a, s in zip(adapters, scenes, strict=True)]
    views = [adapter._views[0] for adapter in adapters]
    for view, adapter in zip(views, adapters, strict=True):
        view.update(adapter._worlds[0].data)
    for view, picture in zip(views, pictures, strict=True):
        again = np.zeros_like(picture)
        view.color(again)
        assert np.array_equal(again, picture)
    for adapter in adapters:
        adapter.close()
