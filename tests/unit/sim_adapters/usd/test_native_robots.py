"""Robots of OpenUSD on their own joints: read, moved by MuJoCo and by PhysX, and refused where they would float."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pxr", reason="needs simgate[usd]")

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.conformance.robots import RobotConformance
from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.mujoco.native.site_file import MjcfFile
from simgate.sim_adapters.mujoco.stage_twin.site_file import StageFile
from simgate.sim_adapters.scene.articulated import ArticulatedSite, BodySensor, JointSensor, Servos
from simgate.sim_adapters.worlds.native_file import NativeError
from tests.unit.sim_adapters.usd.robot_stages import ARM_AS_MJCF, HEAD, LIFT, REACH, arm, link

TIMING = Timing(physics_hz=500, control_hz=50, camera_hz=50)
BASE = "/World/Arm/base"
NAMES = ("/World/Arm/lift", "/World/Arm/reach")


def stage(folder: Path, text: str) -> Path:
    path = folder / "arm.usda"
    path.write_text(text)
    return path


def usd_site(path: Path, robot: str = BASE, **asked: Any) -> ArticulatedSite:
    sensors = (("joints", JointSensor(NAMES)), ("tip", BodySensor("/World/Arm/tip")))
    asked = {"sensors": sensors, **asked}
    return ArticulatedSite("arm", "usd", str(path), StageFile(path).sha256, robot, **asked)


def course(adapter: Any, world: ArticulatedSite, told: tuple[float, ...], ticks: int = 50) -> np.ndarray:
    """Positions of the joints, tick by tick, and where the tip is at the end."""
    rows = [adapter.reset([world]).channels["joints.position"][0].copy()]
    for _ in range(ticks):
        sensed = adapter.step(np.array([told]))
        rows.append(sensed.channels["joints.position"][0].copy())
    assert adapter.health() == ((),)
    place = sensed.channels["tip.pose"][0, :3].copy()
    adapter.close()
    return np.vstack((np.array(rows), [[place[0], place[2]]]))


def test_a_stage_moves_as_the_same_robot_in_mjcf(tmp_path: Path) -> None:
    mjcf = tmp_path / "arm.xml"
    mjcf.write_text(ARM_AS_MJCF)
    same = ArticulatedSite(
        "arm", "mjcf", str(mjcf), MjcfFile(mjcf).sha256, "base", pose="start",
        sensors=(("joints", JointSensor(("lift", "reach"))), ("tip", BodySensor("tip"))),
    )  # fmt: skip
    world = usd_site(stage(tmp_path, arm()))
    mine, theirs = (course(MujocoAdapter(TIMING), one, (0.4, 0.08)) for one in (world, same))
    np.testing.assert_allclose(mine, theirs, atol=1e-5)
    np.testing.assert_allclose(mine[0], (0.0, -0.05), atol=1e-7)
    assert np.abs(mine[-2] - mine[0]).min() > 0.1


@pytest.mark.skipif(find_spec("ovphysx") is None, reason="needs simgate[physx]")
@pytest.mark.parametrize(
    ("drive", "told"),
    [("actuators", (0.4, 0.08)), (Servos("position", (), (150.0,), (25.0,)), (-0.3, -0.12)),
     (Servos("torque"), (-5.0, 1.0))],
)  # fmt: skip
def test_physx_moves_a_stage_as_mujoco_does(tmp_path: Path, drive: Any, told: tuple[float, ...]) -> None:
    from simgate.sim_adapters.physx.adapter import PhysxAdapter

    world = usd_site(stage(tmp_path, arm()), drive=drive)
    mine, theirs = (course(made(TIMING), world, told) for made in (PhysxAdapter, MujocoAdapter))
    moved = np.abs(theirs[:-1] - theirs[0]).max(axis=0)
    assert moved.min() > 0.015
    # Within 2 mrad and 2 mm at 1 s where a position is held; a torque lets errors grow.
    near = 2e-3 if drive == "actuators" or drive.mode == "position" else 0.03 * moved.max()
    assert np.abs(mine[-3:] - theirs[-3:]).max() < near


def test_drives_are_told_in_radians_and_metres_within_the_limits(tmp_path: Path) -> None:
    file = StageFile(stage(tmp_path, arm()))
    action = file.jointed(BASE, "actuators", None).action
    assert (action.names, action.units) == (NAMES, ("rad", "m"))
    assert action.low == pytest.approx((-np.radians(80), -0.2)) and action.high[1] == pytest.approx(0.1)
    speed = LIFT.replace("stiffness = 3", "stiffness = 0")
    assert (
        StageFile(stage(tmp_path, arm(lift=speed))).jointed(BASE, "actuators", None).action.units[0]
        == "rad/s"
    )
    torque = file.jointed(BASE, Servos("torque", (NAMES[1],)), None).action
    assert (torque.names, torque.units) == ((NAMES[1],), ("N",))


def test_a_robot_that_nothing_holds_is_free(tmp_path: Path) -> None:
    walker = (
        HEAD
        + 'def Xform "Walker" {'
        + link("trunk", "(0, 0, 0.5)", api=', "PhysicsArticulationRootAPI"')
        + link("leg", "(0.3, 0, 0.5)")
        + LIFT.replace("/World/Arm/base", "/World/Walker/trunk").replace(
            "/World/Arm/upper", "/World/Walker/leg"
        )
        + "\n}\n}\n"
    )
    path = stage(tmp_path, walker)
    asked = {"sensors": (("trunk", BodySensor("/World/Walker/trunk")),)}
    adapter = MujocoAdapter(TIMING)
    start = adapter.reset([usd_site(path, "/World/Walker/trunk", **asked)]).channels["trunk.pose"][0].copy()
    for _ in range(10):
        sensed = adapter.step(np.zeros((1, 1)))
    fallen = start[2] - sensed.channels["trunk.pose"][0, 2]
    adapter.close()
    assert start[:3] == pytest.approx((0.0, 0.0, 0.5))
    assert fallen == pytest.approx(0.5 * 9.81 * 0.2**2, rel=0.1)


def test_a_body_without_colliders_has_the_inertia_that_the_file_says(tmp_path: Path) -> None:
    bare = link("upper", "(0.3, 0, 1)", "1", "float3 physics:diagonalInertia = (1, 5, 5)\n").replace(
        'prepend apiSchemas = ["PhysicsCollisionAPI"]', ""
    )
    slow = arm().replace(link("upper", "(0.3, 0, 1)"), bare)
    quick, inert = (
        course(MujocoAdapter(TIMING), usd_site(stage(tmp_path, text), drive=Servos("torque")), (3.0, 0.0), 5)
        for text in (arm(), slow)
    )
    assert abs(inert[-2, 0]) < 0.25 * abs(quick[-2, 0])


_BALL = LIFT.replace("PhysicsRevoluteJoint", "PhysicsSphericalJoint")
_CIRCLE = """
    def PhysicsRevoluteJoint "again"
    {
        rel physics:body0 = </World/Arm/base>
        rel physics:body1 = </World/Arm/tip>
        token physics:axis = "Y"
    }"""
_SLIPPERY = """
    def Material "Ice" (prepend apiSchemas = ["PhysicsMaterialAPI"])
    {
        float physics:dynamicFriction = 0.1
    }
    def Cube "Rink" (prepend apiSchemas = ["PhysicsCollisionAPI", "MaterialBindingAPI"])
    {
        rel material:binding:physics = </World/Ice>
    }"""


@pytest.mark.parametrize(
    ("text", "robot", "said"),
    [
        (
            arm(base=', "PhysicsArticulationRootAPI"', hold=""), BASE,
            r"is on '/World/Arm/base', a link of a robot that the world holds: PhysX lets it float; put it onto the joint",
        ),
        (
            arm(base=', "NewtonArticulationRootAPI"'), BASE,
            r"is on '/World/Arm/base', a link of a robot that the world holds",
        ),
        (
            arm(upper="").replace('"shape" (prepend apiSchemas = ["PhysicsCollisionAPI"])', '"shape"'), BASE,
            r"'/World/Arm/upper' has neither a mass nor a shape that collides: PhysX invents a mass for it; give it phys",
        ),
        (
            arm(reach=REACH.replace("state:linear:physics:position = -0.05", "state:linear:physics:position = 0")), BASE,
            r"'/World/Arm/tip' stands 50 mm .* away from where its joints put it; move it there, or say where",
        ),
        (arm(lift=_BALL), BASE, r"joint '/World/Arm/lift' is a SphericalJoint, which is not moved; make it a revolute"),
        (
            arm(lift=LIFT.replace("float physics:upperLimit = 80", "")), BASE,
            r"joint '/World/Arm/lift' has a limit at one end, from -80 to inf; give it both, or none",
        ),
        (
            arm(lift=LIFT.replace('"PhysxJointAxisAPI:angular"', '"PhysxMimicJointAPI:rotX"')), BASE,
            r"joint '/World/Arm/lift' has PhysxMimicJointAPI:rotX, which MuJoCo does not take over",
        ),
        (
            arm(lift=LIFT.replace("angular:armature = 0.02", "angular:maxJointVelocity = 90")), BASE,
            r"joint '/World/Arm/lift' has physxJointAxis:angular:maxJointVelocity, which MuJoCo",
        ),
        (
            arm(lift=LIFT.replace("angular:armature = 0.02", "angular:staticFrictionEffort = 0.5")), BASE,
            r"joint '/World/Arm/lift' has a static friction of 0.5 and a dynamic one of 0, and MuJoCo has one of both; write",
        ),
        (
            arm(reach=REACH.replace("state:linear:physics:position = -0.05", "state:linear:physics:position = -0.05\nfloat state:linear:physics:velocity = 1")), BASE,
            r"'/World/Arm/reach' starts in motion; let the robot's task begin at rest",
        ),
        (
            arm(lift=LIFT.replace("token physics:axis", "bool physics:collisionEnabled = 1\ntoken physics:axis")), BASE,
            r"joint '/World/Arm/lift' has physics:collisionEnabled, which MuJoCo does not take over",
        ),
        (arm(reach=REACH + _CIRCLE), BASE, r"joint '/World/Arm/\w+' closes a circle of bodies"),
        (
            arm(lift=LIFT.replace("float drive:angular:physics:stiffness", 'token drive:angular:physics:type = "acceleration"\nfloat drive:angular:physics:stiffness')), BASE,
            r"the drive of '/World/Arm/lift' is of type acceleration",
        ),
        (
            arm().replace('"PhysicsMassAPI"])\n{\n    double size = 0.2', '"PhysicsMassAPI", "PhysicsFilteredPairsAPI"])\n{\n    rel physics:filteredPairs = </World/Arm>\n    double size = 0.2'), BASE,
            r"the filtered pair of '/World/Load' keeps shapes from touching",
        ),
        (arm(more=_SLIPPERY), BASE, r"frictions from 0\.1 to 0\.5, combined by average; MuJoCo takes the larger"),
        (arm(), "/World/Arm", r"'/World/Arm' is not the body .*; name the body that the robot begins with: /World/Arm/base"),
        (arm(), "/World/Crate", r"has no body '/World/Crate' that physics moves"),
    ],
)  # fmt: skip
def test_what_would_float_jump_or_move_otherwise_is_refused(
    tmp_path: Path, text: str, robot: str, said: str
) -> None:
    file = StageFile(stage(tmp_path, text))
    with pytest.raises(NativeError, match=said):
        file.jointed(robot, "actuators", None)


def test_links_of_a_robot_that_does_not_touch_itself_pass_through_each_other(tmp_path: Path) -> None:
    bent = (
        arm()
        .replace("float physics:lowerLimit = -80", "float physics:lowerLimit = -179")
        .replace("float physics:upperLimit = 80", "float physics:upperLimit = 179")
    )
    bent = bent.replace("stiffness = 3", "stiffness = 30").replace("damping = 0.3", "damping = 3")
    # Drawn in so far that the tip, which no joint connects with the base, would fold onto it.
    bent = bent.replace("float physics:upperLimit = 0.1", "float physics:upperLimit = 0.2")
    bent = bent.replace("stiffness = 900", "stiffness = 90000").replace("damping = 60", "damping = 600")
    free = bent.replace(
        'prepend apiSchemas = ["PhysicsArticulationRootAPI"]',
        'prepend apiSchemas = ["PhysicsArticulationRootAPI", "PhysxArticulationAPI"]',
    ).replace(
        "rel physics:body1 = </World/Arm/base>",
        "rel physics:body1 = </World/Arm/base>\n        bool physxArticulation:enabledSelfCollisions = 0",
        1,
    )
    assert free.count("enabledSelfCollisions") == 1
    (stuck, _), (through, _) = (
        course(MujocoAdapter(TIMING), usd_site(stage(tmp_path, text)), (3.1, 0.2))[-2]
        for text in (bent, free)
    )
    assert abs(through) > 3.0 > 2.9 > abs(stuck)


def test_bodies_that_a_joint_is_between_do_not_touch_each_other(tmp_path: Path) -> None:
    overlapping = arm().replace("double height = 0.2", "double height = 0.3")
    model, data = StageFile(stage(tmp_path, overlapping)).jointed(BASE, "actuators", None).start
    touched = {model.geom(int(geom)).name for geom in data.contact.geom.reshape(-1)}
    assert touched == {"/World/floor", "/World/Load"}


def test_a_drive_damps_about_the_speed_that_the_file_says(tmp_path: Path) -> None:
    turning = LIFT.replace(
        "float physxJoint", "float drive:angular:physics:targetVelocity = 20\nfloat physxJoint"
    )
    _, data = StageFile(stage(tmp_path, arm(lift=turning))).jointed(BASE, "actuators", None).start
    assert data.actuator_force[0] == pytest.approx(0.3 * 20)


def test_a_fixed_joint_in_the_middle_makes_one_of_two(tmp_path: Path) -> None:
    stiff = """
    def PhysicsFixedJoint "lift"
    {
        rel physics:body0 = </World/Arm/base>
        rel physics:body1 = </World/Arm/upper>
        point3f physics:localPos0 = (0.3, 0, 0)
    }"""
    file = StageFile(stage(tmp_path, arm(lift=stiff)))
    assert file.jointed(BASE, "actuators", None).action.names == (NAMES[1],)


@pytest.mark.skipif(find_spec("ovphysx") is None, reason="needs simgate[physx]")
class TestStageOnPhysx(RobotConformance):
    """An arm of OpenUSD on its drives, beside a box that lies elsewhere in the second world."""

    timing = Timing(physics_hz=100, control_hz=20, camera_hz=20)
    folder: Path

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def make_worlds(self, timing: Timing) -> Any:
        from simgate.sim_adapters.physx.adapter import PhysxAdapter

        return PhysxAdapter(timing)

    def make_payloads(self) -> Sequence[ArticulatedSite]:
        sensors = (
            ("joints", JointSensor()),
            ("tip", BodySensor("/World/Arm/tip")),
            ("load", BodySensor("/World/Load")),
        )
        first = usd_site(stage(self.folder, arm()), sensors=sensors)
        return [first, replace(first, values=(("/World/Load.pos.x", 1.3),))]
