"""Switches of a stage that make a collision impossible are refused by name, or set back."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("pxr", reason="needs simgate[usd]")

from pxr import Usd, UsdPhysics

from simgate.sim_adapters.usd.native.stage_file import UsdFile
from simgate.sim_adapters.usd.native.variant_stage import VariantStage
from simgate.sim_adapters.worlds.native_file import NativeError
from tests.unit.sim_adapters.native_world import scene_of
from tests.unit.sim_adapters.usd.native_stages import (
    CART,
    CRATE,
    CUBE,
    PANE,
    SWITCHED_ROBOT,
    TIMING,
    WALL,
    YARD,
    with_prim,
    write_yard,
    yard_world,
)


def group(name: str, member: str, *against: str, more: str = "") -> str:
    targets = ", ".join(f"</World/{other}>" for other in against)
    return (
        f'def PhysicsCollisionGroup "{name}" ( prepend apiSchemas = ["CollectionAPI:colliders"] )\n{{\n'
        f"rel collection:colliders:includes = <{member}>\nrel physics:filteredGroups = [{targets}]\n{more}}}\n"
    )


def with_first(what: str, api: str, more: str) -> str:
    """The yard with an API and a property on a prim that has APIs."""
    head, name, tail = YARD.partition(f'"{what}" (\n        prepend apiSchemas = [')
    assert name
    return head + name + api + tail.replace("    {\n", "    {\n" + more, 1)


def pair(what: str, target: str) -> str:
    return with_first(what, '"PhysicsFilteredPairsAPI", ', f"rel physics:filteredPairs = <{target}>\n")


INVERTED = "bool physics:invertFilteredGroups = 1\n"
MERGED = 'string physics:mergeGroup = "one"\n'
HARMFUL = {
    "a group": with_prim(group("Us", CART, "Them") + group("Them", PANE)),
    "the other's group": with_prim(group("Us", CART) + group("Them", PANE, "Us")),
    "one group for all, against itself": with_prim(group("All", "/World", "All")),
    "an inverted group": with_prim(group("Us", CART, "Us", more=INVERTED) + group("Them", PANE)),
    "a merged group": with_prim(
        group("Us", CART, "Them") + group("Them", WALL, more=MERGED) + group("Glass", PANE, more=MERGED)
    ),
    "a pair on the site": pair("Pane", CART),
    "a pair with a part of the robot": pair("Pane", f"{CART}/Hull"),
}  # fmt: skip


@pytest.mark.parametrize("text", HARMFUL.values(), ids=HARMFUL)
def test_what_keeps_the_robot_from_touching_the_site_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(NativeError) as caught:
        UsdFile(write_yard(tmp_path, text)).robot(CART, None)
    assert f"keeps '{CART}/" in caught.value.message
    assert "of the robot from touching '/World/" in caught.value.message
    assert "physics:collisionEnabled" in caught.value.hint


HARMLESS = {
    "the robot's own parts": with_prim(group("Us", CART, "Us")),
    "the floor": with_prim(group("Us", CART, "Floors") + group("Floors", "/World/Floor")),
    "two that stand still": with_prim(group("One", WALL, "Two") + group("Two", PANE)),
}


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_filters_that_hide_no_collision_are_let_be(tmp_path: Path, text: str) -> None:
    file = UsdFile(write_yard(tmp_path, text))
    file.robot(CART, None)
    assert "mujoco" in file.adapters


@pytest.mark.parametrize(
    "state",
    [
        "vector3f physics:velocity = (0, 1, 0)",
        "bool physics:startsAsleep = 1",
        "bool physxRigidBody:disableGravity = 1",
    ],
)
def test_a_body_that_starts_in_motion_or_floats_needs_a_simulator_that_has_it(
    tmp_path: Path, state: str
) -> None:
    file = UsdFile(write_yard(tmp_path, with_first("Crate", "", f"{state}\n")))
    file.robot(CART, None)
    assert file.adapters == ("isaacsim", "physx")


def test_a_filter_between_loose_bodies_needs_a_simulator_that_has_it(tmp_path: Path) -> None:
    file = UsdFile(write_yard(tmp_path, pair("Pane", CRATE)))
    file.robot(CART, None)
    assert file.adapters == ("isaacsim", "physx")


def test_a_joint_inside_an_instance_needs_a_simulator_with_joints(tmp_path: Path) -> None:
    (tmp_path / "door.usda").write_text(
        '#usda 1.0\n(\n defaultPrim = "D"\n)\ndef Xform "D"\n{\n def PhysicsRevoluteJoint "Hinge"\n {\n }\n}\n'
    )
    text = with_prim('def "Door" ( instanceable = true\n prepend references = @./door.usda@ )\n{\n}\n')
    file = UsdFile(write_yard(tmp_path, text))
    file.robot(CART, None)
    assert file.adapters == ("isaacsim", "physx")


GHOSTS = {
    "switched off": with_first("Pane", "", "bool physics:collisionEnabled = 0\n"),
    "a trigger": with_first("Pane", '"PhysxTriggerAPI", ', ""),
}


@pytest.mark.parametrize("text", GHOSTS.values(), ids=GHOSTS)
def test_a_barrier_that_nothing_can_touch_is_refused(tmp_path: Path, text: str) -> None:
    file = UsdFile(write_yard(tmp_path, text))
    file.require(PANE)  # A label may be on what is only seen.
    file.require(CUBE, stops=CART)
    with pytest.raises(NativeError, match="closes no way: nothing of it can be touched"):
        file.require(PANE, stops=CART)


GLASS_IN_MDL = with_prim(
    'def Material "Mdl"\n{\ntoken outputs:mdl:surface.connect = </World/Mdl/S.outputs:out>\ndef Shader "S"\n{\n'
    'uniform token info:implementationSource = "sourceAsset"\nuniform asset info:mdl:sourceAsset = @OmniGlass.mdl@\n'
    "token outputs:out\n}\n}\n"
).replace("</World/Looks/Clear>", "</World/Mdl>", 1)


def test_a_barrier_must_say_whether_the_lidar_sees_it(tmp_path: Path) -> None:
    file = UsdFile(write_yard(tmp_path, GLASS_IN_MDL))
    file.require(PANE)
    with pytest.raises(NativeError, match="closes the way in a material that is not read") as caught:
        file.require(PANE, stops=CART)
    assert "UsdPreviewSurface" in caught.value.hint
    head, _, tail = GLASS_IN_MDL.partition('def Cube "Pane"')
    said = head + 'def Cube "Pane"' + tail.replace("{\n", "{\nfloat[] primvars:displayOpacity = [0.3]\n", 1)
    UsdFile(write_yard(tmp_path, said)).require(PANE, stops=CART)


def test_the_robot_is_switched_on_whatever_its_file_says(tmp_path: Path) -> None:
    shown = VariantStage(scene_of(yard_world(write_yard(tmp_path, SWITCHED_ROBOT))), TIMING)
    stage: Usd.Stage = shown.stage
    body = UsdPhysics.RigidBodyAPI(stage.GetPrimAtPath(CART))
    assert body.GetRigidBodyEnabledAttr().Get()
    assert not body.GetKinematicEnabledAttr().Get()
    assert not body.GetStartsAsleepAttr().Get()
    assert tuple(body.GetVelocityAttr().Get()) == (0, 0, 0)
    assert body.GetSimulationOwnerRel().GetTargets() == []
    assert body.GetPrim().GetAttribute("physxRigidBody:maxLinearVelocity").Get() is None
    assert stage.GetPrimAtPath(CRATE).GetAttribute("physxRigidBody:maxContactImpulse").Get() is None
