from pathlib import Path

import pytest

pytest.importorskip("pxr", reason="needs simgate[usd]")

from importlib.util import find_spec

from pxr import Sdf, UsdGeom, UsdPhysics

from simgate.sim_adapters.conformance import scene
from simgate.sim_adapters.scene.robot import Robot
from simgate.sim_adapters.usd.paths import HULL, PHYSICS_SCENE, ROBOT, StagePaths
from tests.unit.sim_adapters.usd.scenes import built, office


def test_the_physics_rate_is_on_the_scene():
    prim = built(office()).GetPrimAtPath(PHYSICS_SCENE)
    assert prim.GetAttribute("physxScene:timeStepsPerSecond").Get() == 200
    assert prim.GetAttribute("physxScene:enableEnhancedDeterminism").Get() is True


def test_the_robot_has_the_mass_and_inertia_of_the_scene():
    robot = Robot((0.0, 0.0, 0.0))
    prim = built(scene()).GetPrimAtPath(ROBOT)
    mass = UsdPhysics.MassAPI(prim)
    assert mass.GetMassAttr().Get() == robot.mass_kg
    assert mass.GetDiagonalInertiaAttr().Get()[2] == pytest.approx(robot.yaw_inertia_kgm2)
    assert tuple(mass.GetCenterOfMassAttr().Get()) == (0.0, 0.0, 0.5 * robot.height_m)


def test_the_robot_can_neither_rise_nor_tip_nor_fall():
    prim = built(scene()).GetPrimAtPath(ROBOT)
    assert prim.GetAttribute("physxRigidBody:lockedPosAxis").Get() == 0b100
    assert prim.GetAttribute("physxRigidBody:lockedRotAxis").Get() == 0b011
    assert prim.GetAttribute("physxRigidBody:disableGravity").Get() is True


def test_nothing_but_the_drive_slows_the_robot_down():
    prim = built(scene()).GetPrimAtPath(ROBOT)
    damping = [prim.GetAttribute(f"physxRigidBody:{kind}Damping").Get() for kind in ("linear", "angular")]
    assert damping == [0.0, 0.0]


def test_the_hull_stands_on_the_floor():
    prim = built(scene()).GetPrimAtPath(HULL)
    box = UsdGeom.BBoxCache(0, ["default"]).ComputeWorldBound(prim).ComputeAlignedRange()
    assert (box.GetMin()[2], box.GetMax()[2]) == pytest.approx((0.0, 0.5))


def test_actors_are_kinematic_and_fixed_bodies_are_no_bodies_at_all():
    made = office()
    stage, paths = built(made), StagePaths(made)
    actor = stage.GetPrimAtPath(next(iter(paths.actors.values())))
    assert UsdPhysics.RigidBodyAPI(actor).GetKinematicEnabledAttr().Get() is True
    assert not any(
        stage.GetPrimAtPath(path).HasAPI(UsdPhysics.RigidBodyAPI) for path in paths.bodies.values()
    )


@pytest.mark.skipif(find_spec("physx_usd_schemas") is None, reason="needs simgate[physx]")
def test_every_physx_attribute_is_one_of_its_schema_with_its_type():
    folder = Path(find_spec("physx_usd_schemas").origin).parent
    layer = Sdf.Layer.FindOrOpen(str(folder / "PhysxSchema/resources/generatedSchema.usda"))
    known = {
        (prim.name, attribute.name): attribute.typeName
        for prim in layer.rootPrims
        for attribute in prim.attributes
    }
    found = 0
    for prim in built(office()).Traverse():
        schemas = [name for name in prim.GetPrimTypeInfo().GetAppliedAPISchemas() if name.startswith("Physx")]
        for attribute in prim.GetAuthoredAttributes():
            if attribute.GetName().startswith("physx"):
                types = [known[s, attribute.GetName()] for s in schemas if (s, attribute.GetName()) in known]
                assert types == [attribute.GetTypeName()], attribute.GetPath()
                found += 1
    assert found > 20
