"""MuJoCo and PhysX agree on where things are and where the robot goes."""

import math
from importlib.util import find_spec

import pytest

if find_spec("ovphysx") is None or find_spec("pxr") is None:
    pytest.skip("needs simgate[physx]", allow_module_level=True)

import mujoco
import numpy as np
from pxr import Usd, UsdGeom, UsdPhysics

from simgate.sim_adapters.conformance import scene, wall
from simgate.sim_adapters.drive import Servo
from simgate.sim_adapters.mujoco.build import build_model
from simgate.sim_adapters.mujoco.world_state import MujocoWorld
from simgate.sim_adapters.physx.session import PhysxSession
from simgate.sim_adapters.physx.world_state import PhysxWorld
from simgate.sim_adapters.usd.paths import StagePaths
from tests.integration.adapters.parity import TIMING, drive_both, first_touch
from tests.unit.sim_adapters.usd.scenes import built, random_office

SECONDS = 5.0
DRIVES = {
    "standing": lambda t: (0.0, 0.0),
    "straight": lambda t: (0.8, 0.0),
    "above the top speed": lambda t: (9.0, 9.0),
    "backwards": lambda t: (-0.7, 0.0),
    "turning on the spot": lambda t: (0.0, 1.2),
    "arc": lambda t: (0.6, 0.4),
    "tight arc": lambda t: (1.2, -1.5),
    "s-curve": lambda t: (0.8, math.sin(2.0 * t)),
    "stop": lambda t: (1.2, 0.3) if t < 2.0 else (0.0, 0.0),
    "reversing": lambda t: (1.0, 1.0) if t < 2.0 else (-1.0, -1.0),
    "jerks": lambda t: (1.2 * (int(10 * t) * 7919 % 3 - 1), 1.5 * (int(10 * t) * 104729 % 3 - 1)),
}
STARTS = ((0.0, 0.0, 0.0), (1.5, -0.5, 0.7), (-3.25, 2.0, -3.1))


@pytest.fixture(scope="module")
def session():
    with PhysxSession() as made:
        yield made


@pytest.mark.parametrize("start", STARTS)
def test_the_robot_starts_where_the_scene_says(session, start):
    """PhysX computes in single precision: a millionth is the last digit that it has."""
    world = PhysxWorld(scene(start=start), TIMING, session)
    assert world.pose == pytest.approx(start, abs=1e-6)
    assert MujocoWorld(scene(start=start), TIMING).pose == pytest.approx(start, abs=1e-15)


@pytest.mark.parametrize("name", DRIVES)
def test_the_robot_goes_the_same_way(session, name):
    """Asked for is 1 cm and 1 degree over 5 s; what is held is ten times less."""
    apart = drive_both(session, scene(start=(0.3, -0.2, 0.4)), DRIVES[name], SECONDS)
    assert apart.metres < 0.001
    assert apart.degrees < 0.1
    assert apart.speed_mps < 1e-4


@pytest.mark.parametrize("heading", [0.0, 0.5])
def test_a_wall_is_hit_at_the_same_moment_as_hard(session, heading):
    """MuJoCo's contact is soft (4 mm deep), PhysX' is hard: the same momentum, one physics step apart."""
    made = scene(wall(1.6), start=(0.0, 0.0, heading))
    worlds = (MujocoWorld(made, TIMING), PhysxWorld(made, TIMING, session))
    (step_a, impulse_a), (step_b, impulse_b) = (first_touch(world, (0.8, 0.0), 3.0) for world in worlds)
    assert abs(step_a - step_b) <= 2
    assert impulse_a == pytest.approx(impulse_b, rel=0.03)


def test_the_law_of_the_drive_is_one_step_of_mujocos_integrator():
    """The servo in Python and the actuators in MuJoCo, from any state and for any command."""
    generator = np.random.default_rng(4)
    made = scene()
    model = build_model(made, TIMING).model
    servo = Servo(made.robot, 1.0 / TIMING.physics_hz)
    data = mujoco.MjData(model)
    for _ in range(200):
        yaw, speed, turn = generator.uniform(-3, 3), generator.uniform(-1.2, 1.2, 2), generator.uniform(-2, 2)
        command = servo.command(generator.uniform(-1.5, 1.5), generator.uniform(-2, 2))
        mujoco.mj_resetData(model, data)
        data.qpos[2], data.qvel[:] = yaw, (*speed, turn)
        data.ctrl[:] = (command[0], 0.0, command[1])
        mujoco.mj_step(model, data)
        force_x, force_y, torque = servo.wrench(command, yaw, (speed[0], speed[1]), turn)
        robot, dt = made.robot, 1.0 / TIMING.physics_hz
        wanted = (
            speed[0] + dt * force_x / robot.mass_kg,
            speed[1] + dt * force_y / robot.mass_kg,
            turn + dt * torque / robot.yaw_inertia_kgm2,
        )
        assert data.qvel == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_fixed_geometry_is_the_same_to_the_last_digit_that_matters(seed):
    made = random_office(seed)
    model = build_model(made, TIMING).model
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    stage, paths = built(made), StagePaths(made)
    for body in made.bodies:
        for number, part in enumerate(body.parts):
            geom = model.geom(f"geom/{body.name}/{number}")
            prim = stage.GetPrimAtPath(f"{paths.bodies[body.name]}/Part_{number}")
            matrix = UsdGeom.Xformable(prim).ComputeLocalToWorldTransform(Usd.TimeCode.Default())
            assert tuple(matrix.ExtractTranslation()) == pytest.approx(data.geom_xpos[geom.id], abs=1e-12)
            turn = np.array(matrix.RemoveScaleShear().ExtractRotationMatrix()).T
            assert turn.reshape(-1) == pytest.approx(data.geom_xmat[geom.id], abs=1e-12)
            assert half_extents(prim, matrix) == pytest.approx(extents(part, geom.size), rel=1e-6)
            assert prim.HasAPI(UsdPhysics.CollisionAPI) == bool(geom.contype[0])


def half_extents(prim, matrix):
    """Half extents of a primitive along its own axes, metres."""
    if prim.IsA(UsdGeom.Mesh):
        points = np.array(UsdGeom.Mesh(prim).GetPointsAttr().Get())
        return tuple(points.max(axis=0))
    if prim.IsA(UsdGeom.Cube):
        half = 0.5 * UsdGeom.Cube(prim).GetSizeAttr().Get()
        return tuple(half * matrix.GetRow3(axis).GetLength() for axis in range(3))
    radius = prim.GetAttribute("radius").Get()
    if prim.IsA(UsdGeom.Sphere):
        return (radius,) * 3
    half = 0.5 * prim.GetAttribute("height").Get()
    return radius, radius, half + (radius if prim.IsA(UsdGeom.Capsule) else 0.0)


def extents(part, size):
    """The same of MuJoCo's geom."""
    if part.kind == "box":
        return tuple(size)
    if part.kind == "sphere":
        return (size[0],) * 3
    return size[0], size[0], size[1] + (size[0] if part.kind == "capsule" else 0.0)
