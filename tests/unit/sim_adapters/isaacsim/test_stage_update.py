"""From one stage to the next without adding or removing a prim."""

from __future__ import annotations

import pytest

pytest.importorskip("pxr", reason="OpenUSD is not installed: pip install 'simgate[usd]'")

from pxr import Sdf, Usd, UsdGeom, UsdPhysics

from simgate.sim_adapters.conformance import TIMING
from simgate.sim_adapters.isaacsim.stage.stage_update import (
    apply_difference,
    has_same_prims,
    name_parts_by_shape,
    united,
)
from simgate.sim_adapters.usd.stage import build_stage
from simgate.sim_adapters.worlds.office_corridor import OFFICE_CORRIDOR

BASE = {name: spec.default for name, spec in OFFICE_CORRIDOR.parameters.items()}


def authored(**parameters):
    layer = Sdf.Layer.CreateAnonymous()
    scene = OFFICE_CORRIDOR.build({**BASE, **parameters}, [])
    stage = build_stage(scene, TIMING)
    layer.TransferContent(stage.GetRootLayer())
    name_parts_by_shape(layer)
    return layer


def live(layer):
    stage = Usd.Stage.CreateInMemory()
    stage.GetRootLayer().TransferContent(layer)
    return stage


def prims(layer):
    stage = Usd.Stage.Open(layer)
    return {str(prim.GetPath()) for prim in stage.TraverseAll()}


@pytest.mark.parametrize(
    "change",
    [
        {"door.distance_m": 5.5, "door.opening_deg": 30.0},
        {"lighting.lux": 90.0, "lighting.temperature_k": 3000.0},
        {"door.tint": 0.4, "wall.color": "blue", "floor.material": "concrete"},
        {"robot.start_yaw_deg": 20.0, "robot.radius_m": 0.3},
        {"camera.pitch_deg": 5.0},
        {"door.kind": "none"},
    ],
)
def test_an_edited_stage_equals_the_one_that_would_have_been_opened(change):
    shown, wanted = authored(), authored(**change)
    target = united(shown, wanted)
    assert has_same_prims(shown, target)
    stage = live(shown)
    assert apply_difference(stage, shown, target) > 0
    assert stage.GetRootLayer().ExportToString() == target.ExportToString()
    assert prims(stage.GetRootLayer()) == prims(shown)


def test_the_same_scene_needs_no_edit():
    shown = authored()
    assert apply_difference(live(shown), shown, united(shown, authored())) == 0


@pytest.mark.parametrize("change", [{"person.present": True}, {"door.kind": "wood"}, {"window.lux": 300.0}])
def test_more_prims_or_other_ones_need_a_new_stage(change):
    shown = authored()
    assert not has_same_prims(shown, united(shown, authored(**change)))


def test_stages_grow_together_until_each_has_what_the_next_one_wants():
    person, window = authored(**{"person.present": True}), authored(**{"window.lux": 300.0})
    both = united(person, window)
    assert prims(both) == prims(person) | prims(window)
    assert has_same_prims(both, united(both, authored()))
    assert has_same_prims(both, united(both, person))
    stage = Usd.Stage.Open(both)
    walker = stage.GetPrimAtPath("/World/Actors").GetChildren()[0]
    assert UsdGeom.Imageable(walker).ComputeVisibility() == UsdGeom.Tokens.invisible


def test_a_part_of_another_shape_is_another_prim():
    bar, lever = authored(), authored(**{"door.handle": "lever"})
    both = united(bar, lever)
    assert prims(bar) <= prims(both)
    assert has_same_prims(both, united(both, authored()))


def test_what_is_left_over_is_neither_seen_nor_hit_and_comes_back_whole():
    shown = authored()
    without = united(shown, authored(**{"door.kind": "none"}))
    stage = live(shown)
    apply_difference(stage, shown, without)
    door = stage.GetPrimAtPath("/World/Bodies/door")
    assert UsdGeom.Imageable(door).ComputeVisibility() == UsdGeom.Tokens.invisible
    parts = [p for p in Usd.PrimRange(door) if p.HasAPI(UsdPhysics.CollisionAPI)]
    assert parts
    assert not any(UsdPhysics.CollisionAPI(part).GetCollisionEnabledAttr().Get() for part in parts)
    again = united(without, authored())
    apply_difference(stage, without, again)
    assert UsdGeom.Imageable(door).ComputeVisibility() == UsdGeom.Tokens.inherited
    assert all(UsdPhysics.CollisionAPI(part).GetCollisionEnabledAttr().Get() for part in parts)


def test_what_the_simulator_has_written_itself_stays():
    shown = authored()
    stage = live(shown)
    scene = stage.GetPrimAtPath("/World/PhysicsScene")
    scene.CreateAttribute("physxScene:own", Sdf.ValueTypeNames.Int).Set(7)
    apply_difference(stage, shown, united(shown, authored(**{"door.distance_m": 5.2})))
    assert scene.GetAttribute("physxScene:own").Get() == 7
