"""Pushes act alike on every simulator: on a driving robot, on what is loose, and on links of robots."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.integration.adapters import isaac_double

if isaac_double.missing():
    pytest.skip(isaac_double.missing(), allow_module_level=True)

from simgate.sim_adapters.adapter import SimAdapter
from simgate.sim_adapters.drive import SERVO_S, SIDE_GRIP_MPS2
from simgate.sim_adapters.isaacsim.adapter import IsaacSimAdapter
from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.physx.adapter import PhysxAdapter
from simgate.sim_adapters.scene.push import Push
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.worlds.probes.small_arm import machines
from tests.unit.sim_adapters.native_world import scene_of
from tests.unit.sim_adapters.usd.native_stages import (
    CART,
    CRATE,
    PANE,
    TIMING,
    two_boxes,
    write_yard,
    yard_world,
)  # fmt: skip

LOAD = "/World/Load"
ENGINES = ("mujoco", "physx", "isaacsim")


@pytest.fixture
def make(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], SimAdapter]]:
    """A simulator by its name; Isaac Sim is the double over PhysX."""
    isaac_double.use_in_this_process(monkeypatch, tmp_path_factory.getbasetemp())
    made: dict[str, SimAdapter] = {}

    def of(name: str) -> SimAdapter:
        if name not in made:
            kinds = {"mujoco": MujocoAdapter, "physx": PhysxAdapter, "isaacsim": IsaacSimAdapter}
            made[name] = kinds[name](TIMING, {"settle_frames": 0} if name == "isaacsim" else {})
        return made[name]

    yield of
    for adapter in made.values():
        adapter.close()


@pytest.fixture
def yard(tmp_path: Path) -> Callable[..., Scene]:
    def of(*pushes: Push, text: str = "", **values: float) -> Scene:
        path = write_yard(tmp_path, *([text] if text else []))
        targets = {"pane": f"{PANE}.present", "crate_x": f"{CRATE}.pos.x", "crate_y": f"{CRATE}.pos.y"}
        return replace(scene_of(yard_world(path, targets), pane=False, **values), pushes=pushes)

    return of


def poses(adapter: SimAdapter, shown: Scene, ticks: int, forward_mps: float = 0.0) -> np.ndarray:
    """Place of the robot at each control tick."""
    adapter.reset([shown])
    found = []
    for _ in range(ticks):
        adapter.step(np.array([[forward_mps, 0.0]]))
        found.append(adapter.ground_truth()[0].pose)
    assert adapter.health() == ((),)
    return np.array(found)


def place_of(adapter: SimAdapter, path: str) -> np.ndarray:
    """Position and orientation of a loose body, as the simulator's own state has it, shape (7,)."""
    if isinstance(adapter, MujocoAdapter):
        (world,) = adapter._worlds
        found = world.data.body(path)
        return np.concatenate((found.xpos, found.xquat))
    if isinstance(adapter, IsaacSimAdapter):
        from isaacsim_double.kit import kit

        session = kit.session
    else:
        session = adapter._worlds[0]._session
    states = session.bodies([path]).states()
    return np.concatenate((states.position[0], np.roll(states.orientation[0], 1)))


def test_a_push_moves_a_driving_robot_as_far_as_its_drive_lets_it_on_every_simulator(
    make: Callable[[str], SimAdapter], yard: Callable[..., Scene]
) -> None:
    """A light one, which the wheels' grip holds; a hard one, which it cannot; from behind, while it drives."""
    step_s = 1.0 / TIMING.physics_hz
    mass = yard().robot.mass_kg
    for push, forward in ((Push("a", CART, 5.0, 90.0, 0.0, 0.1, 0.1), 0.0), (Push("b", CART, 60.0, -90.0, 20.0, 0.0, 0.05), 0.0),
                          (Push("c", CART, 20.0, 0.0, 0.0, 0.3, 0.2), 0.5)):  # fmt: skip
        runs = {name: poses(make(name), yard(push), 8, forward) for name in ENGINES}
        for name in ENGINES[1:]:
            np.testing.assert_allclose(runs[name], runs["mujoco"], atol=2e-6, err_msg=f"{push} {name}")
        if push.name != "b":
            continue
        # By hand: the force of the push, and of the grip, which is cut at its limit or implicit.
        speed = at = 0.0
        force = -60.0 * math.cos(math.radians(20)) / 0.05 / mass
        for step in range(8 * TIMING.control_steps):
            pushed = force if step in push.steps(TIMING.physics_hz) else 0.0
            grip = -speed / SERVO_S
            if abs(grip) >= SIDE_GRIP_MPS2:
                speed += step_s * (pushed + math.copysign(SIDE_GRIP_MPS2, grip))
            else:
                speed = (speed + step_s * pushed) / (1 + step_s / SERVO_S)
            at += step_s * speed
        assert runs["mujoco"][-1, 1] == pytest.approx(at, abs=1e-9)
        assert abs(at) > 0.1


@pytest.mark.parametrize("name", ENGINES)
def test_what_is_loose_has_its_impulse_over_its_mass_and_turns_about_its_centre_not(
    make: Callable[[str], SimAdapter], yard: Callable[..., Scene], name: str
) -> None:
    """A body whose centre of mass is not at its origin, as it falls."""
    boxes = "".join(
        f'def Cube "{part}" ( prepend apiSchemas = ["PhysicsCollisionAPI"{mass}] )\n{{\n'
        f"double size = 0.2\ndouble3 xformOp:translate = ({x}, 0, 30)\n"
        f'uniform token[] xformOpOrder = ["xformOp:translate"]\n{more}}}\n'
        for part, x, mass, more in (
            ("A", 0, ', "PhysicsMassAPI"', "float physics:mass = 5\n"), ("B", 0.5, "", ""),
        )
    )  # fmt: skip
    push = Push("shove", LOAD, 26.0, 90.0, 0.0, 0.1, 0.1)
    shown = yard(push, text=two_boxes("Load", boxes))
    adapter = make(name)
    adapter.reset([shown])
    before, after = place_of(adapter, LOAD), []
    for tick in range(8):
        adapter.step(np.zeros((1, 2)))
        if tick >= 1:
            after.append(place_of(adapter, LOAD))
    assert adapter.health() == ((),)
    speeds = np.diff([place[1] for place in after]) * TIMING.control_hz
    np.testing.assert_allclose(speeds, 26.0 / 13.0, rtol=1e-5)
    np.testing.assert_allclose(after[-1][[0, 3, 4, 5, 6]], before[[0, 3, 4, 5, 6]], atol=1e-5)
    assert after[-1][2] < before[2] - 2.0


@pytest.mark.parametrize("name", ENGINES[1:])
def test_what_has_long_been_at_rest_is_pushed_into_the_robot_and_the_blow_is_told(
    make: Callable[[str], SimAdapter], yard: Callable[..., Scene], name: str
) -> None:
    """It is farther off than contacts are looked for, and there within a control period; MuJoCo lets a body hop
    that slides so fast."""
    push = Push("kick", CRATE, 15.0, 180.0, 0.0, 1.5, 0.005)
    adapter = make(name)
    adapter.reset([yard(push, crate_x=1.6, crate_y=0.0)])
    touched = []
    for _ in range(20):
        adapter.step(np.zeros((1, 2)))
        touched += [(contact.body, contact.step) for contact in adapter.ground_truth()[0].contacts]
    assert adapter.health() == ((),)
    assert {body for body, _ in touched} == {CRATE}
    assert 300 < min(step for _, step in touched) <= 320
    assert adapter.ground_truth()[0].pose[0] < -0.05


@pytest.mark.parametrize("name", ENGINES)
def test_what_stands_is_not_pushed(
    make: Callable[[str], SimAdapter], yard: Callable[..., Scene], name: str
) -> None:
    with pytest.raises(ValueError, match=r"/World/Wall"):
        make(name).reset([yard(Push("shove", "/World/Wall", 1.0, 0.0, 0.0, 0.1, 0.1))])


def test_isaac_sim_pushes_links_of_robots_as_physx_does(
    make: Callable[[str], SimAdapter], tmp_path: Path
) -> None:
    pushes = (
        Push("a", "cube", 0.3, 60.0, 45.0, 0.05, 0.1), Push("b", "fore", 0.2, 20.0, 0.0, 0.0, 0.1),
        Push("c", "cube", 0.1, 0.0, 0.0, 0.1, 0.1),
    )  # fmt: skip
    site = replace(machines(tmp_path)[0], pushes=pushes)
    found = {}
    for name in ENGINES[1:]:
        adapter = make(name)
        adapter.reset([site])
        rows = []
        for _ in range(5):
            seen = adapter.step(np.zeros((1, 2)))
            rows.append([*seen.channels["cube.pose"][0], *seen.channels["joints.position"][0]])
        assert adapter.health() == ((),)
        found[name] = np.array(rows)
    np.testing.assert_allclose(found["isaacsim"], found["physx"], atol=2e-5)
    assert abs(found["physx"][-1, 0] - 0.5) > 0.02


def test_a_velocity_that_isaac_sim_does_not_take_is_a_push_that_did_not_act(
    make: Callable[[str], SimAdapter], yard: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = make("isaacsim")
    adapter.reset([yard(Push("shove", CRATE, 4.0, 0.0, 0.0, 0.0, 0.08))])
    from isaacsim.core.experimental.prims import RigidPrim

    monkeypatch.setattr(RigidPrim, "set_velocities", lambda *_, **__: None)
    adapter.step(np.zeros((1, 2)))
    ((problem,),) = adapter.health()
    assert problem == f"the push 'shove' on '{CRATE}' did not take: the simulator gave 0 of 4 N s"
