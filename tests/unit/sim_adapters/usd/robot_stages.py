"""A small arm and a small walker of OpenUSD, on joints with drives, as tests write them."""

from __future__ import annotations

HEAD = """#usda 1.0
(
    defaultPrim = "World"
    metersPerUnit = 1
    kilogramsPerUnit = 1
    upAxis = "Z"
)
def Xform "World"
{
def PhysicsScene "Scene" {}
def Cube "floor" (prepend apiSchemas = ["PhysicsCollisionAPI"])
{
    double size = 1
    double3 xformOp:translate = (0, 0, -0.5)
    double3 xformOp:scale = (8, 8, 1)
    uniform token[] xformOpOrder = ["xformOp:translate", "xformOp:scale"]
}
def Cube "Load" (prepend apiSchemas = ["PhysicsCollisionAPI", "PhysicsRigidBodyAPI", "PhysicsMassAPI"])
{
    double size = 0.2
    float physics:mass = 2
    double3 xformOp:translate = (1.5, 0, 0.1)
    uniform token[] xformOpOrder = ["xformOp:translate"]
}
"""


def link(name: str, place: str, mass: str = "1", more: str = "", api: str = "") -> str:
    """A capsule of 0.3 m along X, the body's origin at its one end."""
    stated = f"float physics:mass = {mass}" if mass else ""
    mass_api = ', "PhysicsMassAPI"' if mass else ""
    return f"""
    def Xform "{name}" (prepend apiSchemas = ["PhysicsRigidBodyAPI"{mass_api}{api}])
    {{
        {stated}
        {more}
        double3 xformOp:translate = {place}
        uniform token[] xformOpOrder = ["xformOp:translate"]
        def Capsule "shape" (prepend apiSchemas = ["PhysicsCollisionAPI"])
        {{
            double radius = 0.03
            double height = 0.2
            token axis = "X"
            double3 xformOp:translate = (0.15, 0, 0)
            uniform token[] xformOpOrder = ["xformOp:translate"]
        }}
    }}"""


FIXED = """
    def PhysicsFixedJoint "hold" ({api})
    {{
        rel physics:body1 = <{base}>
    }}"""
ROOT = 'prepend apiSchemas = ["PhysicsArticulationRootAPI"]'
LIFT = """
    def PhysicsRevoluteJoint "lift" (prepend apiSchemas = ["PhysicsDriveAPI:angular", "PhysxJointAxisAPI:angular"])
    {
        rel physics:body0 = </World/Arm/base>
        rel physics:body1 = </World/Arm/upper>
        token physics:axis = "Y"
        point3f physics:localPos0 = (0.3, 0, 0)
        point3f physics:localPos1 = (0, 0, 0)
        float physics:lowerLimit = -80
        float physics:upperLimit = 80
        float drive:angular:physics:stiffness = 3
        float drive:angular:physics:damping = 0.3
        float drive:angular:physics:maxForce = 40
        float physxJointAxis:angular:armature = 0.02
    }"""
REACH = """
    def PhysicsPrismaticJoint "reach" (prepend apiSchemas = ["PhysicsDriveAPI:linear", "PhysicsJointStateAPI:linear"])
    {
        rel physics:body0 = </World/Arm/tip>
        rel physics:body1 = </World/Arm/upper>
        token physics:axis = "X"
        point3f physics:localPos0 = (0, 0, 0)
        point3f physics:localPos1 = (0.3, 0, 0)
        float physics:lowerLimit = -0.2
        float physics:upperLimit = 0.1
        float drive:linear:physics:stiffness = 900
        float drive:linear:physics:damping = 60
        float state:linear:physics:position = -0.05
    }"""


def arm(
    base: str = "", hold: str = ROOT, lift: str = LIFT, reach: str = REACH, upper: str = "1", more: str = ""
) -> str:
    """Base held by the world, a hinge, and a slide whose ends are the other way round: its child is its body 0."""
    return (
        HEAD
        + 'def Xform "Arm" {'
        + link("base", "(0, 0, 1)", api=base)
        + link("upper", "(0.3, 0, 1)", upper)
        + link("tip", "(0.65, 0, 1)", "0.5")
        + FIXED.format(api=hold, base="/World/Arm/base")
        + lift
        + reach
        + "\n}\n"
        + more
        + "\n}\n"
    )


ARM_AS_MJCF = """
<mujoco><compiler angle="degree"/><option integrator="implicitfast"/>
<default><geom type="capsule" size=".03" fromto=".05 0 0 .25 0 0" friction=".5"/></default>
<worldbody>
<body name="base" pos="0 0 1"><geom mass="1"/>
<body name="upper" pos=".3 0 0"><joint name="lift" axis="0 1 0" range="-80 80" armature=".02"/><geom mass="1"/>
<body name="tip" pos=".3 0 0"><joint name="reach" type="slide" axis="-1 0 0" range="-.2 .1"/><geom mass=".5"/></body>
</body></body></worldbody>
<actuator><position joint="lift" kp="171.88733853924697" kv="17.188733853924697" forcerange="-40 40"/>
<position joint="reach" kp="900" kv="60"/></actuator>
<keyframe><key name="start" qpos="0 -.05"/></keyframe></mujoco>
"""

EYE = """
    def Camera "Eye"
    {
        float focalLength = 15
        float horizontalAperture = 20
        float verticalAperture = 15
        double3 xformOp:translate = (0.05, 0, 0.3)
        double3 xformOp:rotateXYZ = (30, 0, -90)
        uniform token[] xformOpOrder = ["xformOp:translate", "xformOp:rotateXYZ"]
    }
    def Xform "Scanner"
    {
        double3 xformOp:translate = (0, 0, 0.1)
        float xformOp:rotateY = 30
        uniform token[] xformOpOrder = ["xformOp:translate", "xformOp:rotateY"]
    }"""
"""A camera that looks ahead and down, and a scanner's place, on the link that they are written into."""
ROOM = """
    def RectLight "Lamp"
    {
        float inputs:intensity = 300
        float inputs:width = 1
        float inputs:height = 1
        double3 xformOp:translate = (0, 0, 3)
        uniform token[] xformOpOrder = ["xformOp:translate"]
    }
    def Xform "Desk"
    {
        double3 xformOp:translate = (0.8, 0.5, 0)
        uniform token[] xformOpOrder = ["xformOp:translate"]
        def Cube "Top" (prepend apiSchemas = ["PhysicsCollisionAPI"])
        {
            double size = 1
            color3f[] primvars:displayColor = [(0.9, 0.1, 0.1)]
            double3 xformOp:translate = (0, 0, 0.35)
            double3 xformOp:scale = (0.4, 0.4, 0.1)
            uniform token[] xformOpOrder = ["xformOp:translate", "xformOp:scale"]
        }
        def Cube "Foot" (prepend apiSchemas = ["PhysicsCollisionAPI"])
        {
            double size = 0.3
            double3 xformOp:translate = (0, 0, 0.15)
            uniform token[] xformOpOrder = ["xformOp:translate"]
        }
    }"""
"""A lamp, and a table of two shapes that stand."""


def equipped(**parts: str) -> str:
    """The arm with what sees on its second link, in a room."""
    text = arm(**{"more": ROOM, **parts})
    upper = link("upper", "(0.3, 0, 1)")
    return text.replace(upper, f"{upper[: upper.rindex('}')]}{EYE}\n    }}")
