"""The physx adapter passes the conformance suite, and says in words what keeps it from starting."""

import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

if find_spec("ovphysx") is None or find_spec("pxr") is None:
    pytest.skip("needs simgate[physx]", allow_module_level=True)

from simgate.sim_adapters.conformance import TIMING, AdapterConformance, scene, wall
from simgate.sim_adapters.physx.adapter import PhysxAdapter
from simgate.sim_adapters.physx.session import PhysxSession
from simgate.sim_adapters.scene.body import Actor, Body, Part, Waypoint
from simgate.sim_adapters.usd.paths import HULL, ROBOT
from simgate.sim_adapters.usd.stage import build_stage


class TestPhysx(AdapterConformance):
    def make_adapter(self, timing, options=None):
        return PhysxAdapter(timing=timing, options=options)


@pytest.fixture(scope="module")
def session():
    with PhysxSession() as made:
        yield made


def test_engines_are_kept_from_scene_to_scene():
    adapter = PhysxAdapter(TIMING)
    adapter.reset([scene(wall(3.0))])
    (engine,) = adapter._sessions
    adapter.reset([scene(wall(2.0)), scene()])
    assert adapter._sessions[0] is engine
    assert len(adapter._sessions) == 2
    adapter.close()
    assert adapter._sessions == []


def test_an_unknown_option_is_refused_by_name():
    with pytest.raises(ValueError, match="physx adapter: unknown option 'gpu'"):
        PhysxAdapter(TIMING, {"gpu": True})


def test_it_says_what_steps_and_what_draws():
    adapter = PhysxAdapter(TIMING)
    adapter.reset([scene()])
    info = adapter.describe()
    adapter.close()
    assert (info.name, info.device) == ("physx", "cpu")
    assert info.renderer.startswith("MuJoCo ")


def test_a_person_who_walks_into_the_robot_pushes_it_away():
    body = Body("walker", (Part("capsule", (0.2, 0.5, 0.0), (0.0, 0.0, 0.75)),), label="person")
    path = (Waypoint(0.0, (0.0, 1.0, 0.0)), Waypoint(2.0, (0.0, -1.0, 0.0)))
    adapter = PhysxAdapter(TIMING)
    adapter.reset([scene(actors=(Actor(body, path),))])
    touched = []
    for _ in range(15):
        adapter.step(np.zeros((1, 2)))
        touched += adapter.ground_truth()[0].contacts
    end = adapter.ground_truth()[0].pose
    adapter.close()
    assert {contact.body for contact in touched} == {"walker"}
    # The gap of 0.55 m is closed at 1 m/s.
    assert touched[0].step == pytest.approx(0.55 * 200, abs=4)
    assert end[1] < -0.3


def test_orientations_are_xyzw(session):
    session.load(build_stage(scene(start=(1.0, 2.0, 1.0)), TIMING))
    state = session.bodies([ROBOT]).states()
    assert state.position[0] == pytest.approx([1.0, 2.0, 0.0])
    assert state.orientation[0] == pytest.approx([0.0, 0.0, np.sin(0.5), np.cos(0.5)])


def test_several_bodies_keep_the_order_in_which_they_were_asked_for(session):
    body = Body("a", (Part("box", (0.1, 0.1, 0.1)),))
    actors = tuple(
        Actor(Body(name, body.parts), (Waypoint(0.0, (x, 0.0, 1.0)),))
        for name, x in (("b", 5.0), ("c", 6.0), ("a", 4.0))
    )
    session.load(build_stage(scene(actors=actors), TIMING))
    paths = [f"/World/Actors/{name}" for name in "cab"]
    bodies = session.bodies([*paths, ROBOT])
    assert bodies.states().position[:, 0] == pytest.approx([6.0, 4.0, 5.0, 0.0])
    bodies = session.bodies(paths)
    bodies.write({"kinematicTargetPosition": np.array([[1.0, 1, 1], [2.0, 2, 2], [3.0, 3, 3]])})
    session.step(0.005)
    assert bodies.states().position[:, 0] == pytest.approx([1.0, 2.0, 3.0])


def test_a_force_moves_the_robot_by_newtons_law(session):
    session.load(build_stage(scene(), TIMING))
    robot = session.bodies([ROBOT])
    robot.write({"wrench": np.array([[30.0, 60.0, 0.0, 0.0, 0.0, 0.9375, 0.0, 0.0, 0.25]])})
    session.step(0.01)
    state = robot.states()
    assert state.linear_velocity[0] == pytest.approx([0.01, 0.02, 0.0], abs=1e-7)
    assert state.angular_velocity[0] == pytest.approx([0.0, 0.0, 0.01], abs=1e-7)


def test_what_is_no_rigid_body_is_refused_by_its_path(session):
    session.load(build_stage(scene(), TIMING))
    with pytest.raises(ValueError, match="/World/Robot/Hull"):
        session.bodies([HULL])


def test_contacts_name_the_collider_that_is_touched(session):
    session.load(build_stage(scene(wall(0.25)), TIMING))
    robot, sensor = session.bodies([ROBOT]), session.contact_sensor(ROBOT)
    others, impulse = set(), 0.0
    for _ in range(100):
        robot.write({"wrench": np.array([[30.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.25]])})
        session.step(0.005)
        points = sensor.points()
        others |= {point.other for point in points}
        impulse += 0.005 * sum(point.force_n for point in points)
    assert others == {"/World/Bodies/wall/Part_0"}
    assert impulse == pytest.approx(30.0 * 0.5, rel=0.02)


def test_an_unloaded_session_can_be_closed_twice():
    made = PhysxSession()
    made.close()
    made.close()
    with pytest.raises(AttributeError):
        made.step(0.005)


def run_python(code, *options):
    return subprocess.run(
        [sys.executable, *options, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )


HIDE = """
import importlib.util, sys
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == {name!r} else real(name, package)
"""


def test_a_missing_package_is_named_with_its_remedy():
    code = HIDE.format(name="ovphysx") + "import simgate.sim_adapters.physx.adapter"
    done = run_python(code)
    assert "needs ovphysx: pip install 'simgate[physx]'" in done.stderr


def test_missing_openusd_is_named_with_its_remedy():
    code = HIDE.format(name="pxr") + "import simgate.sim_adapters.usd"
    assert "pip install 'simgate[usd]'" in run_python(code).stderr


def test_an_engine_that_was_loaded_before_pxr_is_an_error_in_words_and_no_abort():
    done = run_python("import ovphysx; ovphysx.PhysX; import simgate.sim_adapters.physx.adapter")
    assert done.returncode == 1
    assert "ovphysx was loaded before pxr" in done.stderr


def test_a_third_openusd_in_the_environment_is_refused():
    code = (
        "from importlib import metadata; real = metadata.version\n"
        "metadata.version = lambda name: '4.0.0' if name == 'mujoco-usd' else real(name)\n"
        "import simgate.sim_adapters.physx.adapter"
    )
    done = run_python(code)
    assert done.returncode == 1
    assert "pip uninstall mujoco-usd" in done.stderr


@pytest.mark.parametrize("first", ["mujoco", "ovphysx", "torch, onnxruntime", "pxr.Usd", "gymnasium"])
def test_it_runs_whatever_the_host_process_has_imported_before(first):
    if find_spec(first.partition(",")[0].partition(".")[0]) is None:
        pytest.skip(f"{first} is not installed")
    code = f"""
import {first}
from simgate.sim_adapters.conformance import TIMING, scene
from simgate.sim_adapters.physx.session import PhysxSession
from simgate.sim_adapters.usd.paths import ROBOT
from simgate.sim_adapters.usd.stage import build_stage
with PhysxSession() as session:
    session.load(build_stage(scene(), TIMING))
    session.step(0.005)
    print("ended at", session.bodies([ROBOT]).states().position[0, 0])
"""
    done = run_python(code)
    assert done.returncode == 0, done.stderr
    assert "ended at 0.0" in done.stdout
