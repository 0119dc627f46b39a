"""Small stages whose geometry can be computed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.scene.sensor import Camera
from simgate.sim_adapters.usd.native.stage_file import UsdFile
from simgate.sim_adapters.worlds.declared.native import NativeWorld
from tests.unit.sim_adapters.native_world import world_of_file

TIMING = Timing(200, 10, 10)
PANE, CUBE, WALL, CART, CRATE = "/World/Pane", "/World/Cube", "/World/Wall", "/World/Cart", "/World/Crate"
GLASS = "/World/Looks/Clear/Surface"

YARD = """\
#usda 1.0
(
    defaultPrim = "World"
    metersPerUnit = 1
    upAxis = "Z"
)

def Xform "World"
{
    def DomeLight "Sky"
    {
        float inputs:intensity = 60
        color3f inputs:color = (1, 0.5, 0.25)
    }

    def SphereLight "Lamp"
    {
        float inputs:intensity = 2000
        float inputs:radius = 0.1
        double3 xformOp:translate = (2, 0, 3)
        uniform token[] xformOpOrder = ["xformOp:translate"]
    }

    def Plane "Floor" (
        prepend apiSchemas = ["PhysicsCollisionAPI"]
    )
    {
        double width = 18
        double length = 18
        uniform token axis = "Z"
    }

    def Cube "Wall" (
        prepend apiSchemas = ["PhysicsCollisionAPI"]
    )
    {
        double size = 1
        double3 xformOp:translate = (5.1, 0, 1)
        float3 xformOp:scale = (0.2, 8, 2)
        uniform token[] xformOpOrder = ["xformOp:translate", "xformOp:scale"]
    }

    def Cube "Cube" (
        prepend apiSchemas = ["PhysicsCollisionAPI", "MaterialBindingAPI"]
    )
    {
        double size = 0.6
        rel material:binding = </World/Looks/Red>
        double3 xformOp:translate = (3, 0, 0.6)
        uniform token[] xformOpOrder = ["xformOp:translate"]
    }

    def Cube "Pane" (
        prepend apiSchemas = ["PhysicsCollisionAPI", "MaterialBindingAPI"]
    )
    {
        double size = 2
        rel material:binding = </World/Looks/Clear>
        double3 xformOp:translate = (2, 0, 0.5)
        float3 xformOp:scale = (0.01, 0.5, 0.5)
        uniform token[] xformOpOrder = ["xformOp:translate", "xformOp:scale"]
    }

    def Xform "Crate" (
        prepend apiSchemas = ["PhysicsRigidBodyAPI", "PhysicsMassAPI"]
    )
    {
        float physics:mass = 1
        double3 xformOp:translate = (0, 3, 0.25)
        uniform token[] xformOpOrder = ["xformOp:translate"]

        def Cube "Box" (
            prepend apiSchemas = ["PhysicsCollisionAPI"]
        )
        {
            double size = 0.5
            color3f[] primvars:displayColor = [(0.5, 0.25, 0.125)]
            float[] primvars:displayOpacity = [1]
        }
    }

    def Xform "Cart"
    {
        double3 xformOp:translate = (0, 0, 0.1)
        uniform token[] xformOpOrder = ["xformOp:translate"]

        def Cylinder "Hull" (
            prepend apiSchemas = ["PhysicsRigidBodyAPI", "PhysicsCollisionAPI", "PhysicsMassAPI"]
        )
        {
            uniform token axis = "Z"
            double radius = 0.25
            double height = 0.2
            float physics:mass = 20
            double3 xformOp:translate = (0, 0, 0.05)
            uniform token[] xformOpOrder = ["xformOp:translate"]
        }

        def Cube "Arm" (
            prepend apiSchemas = ["PhysicsRigidBodyAPI", "PhysicsCollisionAPI", "PhysicsMassAPI"]
        )
        {
            double size = 0.1
            float physics:mass = 2
            double3 xformOp:translate = (0, 0, 0.3)
            uniform token[] xformOpOrder = ["xformOp:translate"]
        }

        def PhysicsRevoluteJoint "Shoulder"
        {
            uniform token physics:axis = "Z"
            rel physics:body0 = </World/Cart/Hull>
            rel physics:body1 = </World/Cart/Arm>
        }

        def Camera "Front"
        {
            float focalLength = 18
            float horizontalAperture = 34.64102
            float verticalAperture = 20.78461
            double3 xformOp:translate = (0.2, 0, 0.5)
            float3 xformOp:rotateXYZ = (90, 0, -90)
            uniform token[] xformOpOrder = ["xformOp:translate", "xformOp:rotateXYZ"]
        }
    }

    def Xform "Dock"
    {
        double3 xformOp:translate = (4, 1.5, 0)
        uniform token[] xformOpOrder = ["xformOp:translate"]
    }

    def Camera "Fixed"
    {
    }

    def Scope "Looks"
    {
        def Material "Red"
        {
            token outputs:surface.connect = </World/Looks/Red/Surface.outputs:surface>

            def Shader "Surface"
            {
                uniform token info:id = "UsdPreviewSurface"
                color3f inputs:diffuseColor = (0.6, 0.01, 0.01)
                token outputs:surface
            }
        }

        def Material "Clear"
        {
            token outputs:surface.connect = </World/Looks/Clear/Surface.outputs:surface>

            def Shader "Surface"
            {
                uniform token info:id = "UsdPreviewSurface"
                color3f inputs:diffuseColor = (0.3, 0.6, 0.6)
                float inputs:opacity = 0.3
                float inputs:roughness.connect = </World/Looks/Red/Surface.inputs:diffuseColor>
                token outputs:surface
            }
        }
    }
}
"""
"""A yard: wall at x = 5, red cube at 2.7..3.3, pane of glass at x = 2, a loose crate, a cart at the origin."""


def write_yard(folder: Path, text: str = YARD) -> Path:
    path = folder / "yard.usda"
    path.write_text(text, encoding="utf-8")
    return path


def with_prim(text: str) -> str:
    """The yard with one more prim in ``/World``."""
    return YARD.replace('    def Xform "Dock"', f'{text}\n    def Xform "Dock"', 1)


def two_boxes(name: str, text: str) -> str:
    """The yard with a body away from everything, whose prims a text gives."""
    api = '"PhysicsRigidBodyAPI", "PhysicsMassAPI"'
    place = 'double3 xformOp:translate = (-3, -3, 0.2)\nuniform token[] xformOpOrder = ["xformOp:translate"]'
    return with_prim(f'def Xform "{name}" ( prepend apiSchemas = [{api}] )\n{{\n{place}\n{text}}}\n')


def _box(name: str, x: float, more: str = "", apis: str = "") -> str:
    return (
        f'def Cube "{name}" ( prepend apiSchemas = ["PhysicsCollisionAPI", "MaterialBindingAPI"{apis}] )\n{{\n'
        f"double size = 0.2\ndouble3 xformOp:translate = ({x}, 0, 0)\n"
        f'uniform token[] xformOpOrder = ["xformOp:translate"]\n{more}}}\n'
    )


_A, _B, _MASS = _box("A", 0), _box("B", 0.5), ', "PhysicsMassAPI"'
_FOAM = (
    'def Material "Foam" ( prepend apiSchemas = ["PhysicsMaterialAPI"] )\n{\nfloat physics:density = 50\n}\n'
)
_OF_FOAM = "rel material:binding:physics = <../Foam>\n"
MASSES = {
    "nothing": (_A + _B, 16.0, 0.25),  # 1,000 kg/m3
    "body's mass": ("float physics:mass = 3\n" + _A + _B, 3.0, 0.25),
    "body's density": ("float physics:density = 100\n" + _A + _B, 1.6, 0.25),
    "one collider's mass": (_box("A", 0, "float physics:mass = 5\n", _MASS) + _B, 13.0, 0.5 * 8 / 13),
    "one collider's density": (
        "float physics:density = 100\n" + _box("A", 0, "float physics:density = 500\n", _MASS) + _B,
        4.8,
        0.5 * 0.8 / 4.8,
    ),
    "body's mass before colliders'": (
        "float physics:mass = 3\n" + _box("A", 0, "float physics:mass = 5\n", _MASS) + _B,
        3.0,
        0.5 * 8 / 13,
    ),
    "material's density": (_FOAM + _box("A", 0, _OF_FOAM) + _B, 8.4, 0.5 * 8 / 8.4),
    "body's density before material's": (
        "float physics:density = 100\n" + _FOAM + _box("A", 0, _OF_FOAM) + _B,
        1.6,
        0.25,
    ),
    "centre of mass": ("point3f physics:centerOfMass = (0.1, 0, 0)\n" + _A + _B, 16.0, 0.1),
    "one collider off": (_A + _box("B", 0.5, "bool physics:collisionEnabled = 0\n"), 8.0, 0.0),
}
"""What of a body is said -> text of the prims, mass in kilograms, centre of mass along X in metres."""


SWITCHED_ROBOT = (
    with_prim('    def PhysicsScene "Old"\n    {\n    }\n')
    .replace(
        '    def Xform "Cart"\n    {\n',
        '    def Xform "Cart" ( prepend apiSchemas = ["PhysicsRigidBodyAPI"] )\n    {\n'
        "        bool physics:rigidBodyEnabled = 0\n        bool physics:kinematicEnabled = 1\n"
        "        bool physics:startsAsleep = 1\n        vector3f physics:velocity = (0, 3, 0)\n"
        "        rel physics:simulationOwner = </World/Old>\n"
        "        float physxRigidBody:maxLinearVelocity = 0.1\n        float physxRigidBody:maxContactImpulse = 0\n",
        1,
    )
    .replace(
        '"Crate" (\n        prepend apiSchemas = ["PhysicsRigidBodyAPI", "PhysicsMassAPI"]\n    )\n    {\n',
        '"Crate" (\n        prepend apiSchemas = ["PhysicsRigidBodyAPI", "PhysicsMassAPI", "PhysxRigidBodyAPI"]\n    )\n    {\n'
        "        rel physics:simulationOwner = </World/Old>\n        float physxRigidBody:maxContactImpulse = 0\n",
        1,
    )
)
"""The yard with every switch set that keeps its cart from moving or its crate from being pushed."""


def yard_world(
    path: Path,
    targets: Mapping[str, str] | None = None,
    *,
    camera: str | Camera = f"{CART}/Front",
    labels: Mapping[str, str] | None = None,
    barrier: Mapping[str, str] | None = None,
) -> NativeWorld:
    """The world of a stage, as the pack's reader would make it."""
    return world_of_file("usd", UsdFile(path), targets, CART, camera, None, labels, barrier)
