"""What may be set in an environment: what takes, what is idle, what is not there."""

from __future__ import annotations

import dataclasses
import types

import numpy as np
import pytest

from simgate.sim_adapters.environments.link import open_link
from simgate.sim_adapters.environments.remote.refused import Refused
from simgate.sim_adapters.environments.remote.settable import Place, attributes, place_of, same
from tests.unit.sim_adapters.environments.links import step

WORKING = {
    "make.start_m": 0.3,
    "make.mass_kg": 2.0,
    "options.shift_m": 0.2,
    "attr/friction": 0.4,
    "attr/gains.0": 0.7,
    "attr/nested.wind": 0.3,
    "attr/dt": 0.04,
    "attr/start_m": 0.25,
    "attr/mass_kg": 3.0,
}


IDLE = {
    "make.colour": 0.9,
    "options.unheard": 1.0,
    "attr/unread": 5.0,
    "attr/colour": 0.1,
    "attr/gains.1": 0.9,
    "attr/nested.dust": 0.8,
}


def idle(link, values, *asked):
    return link.call("idle", values=values, asked=list(asked), seed=0, steps=30)


@pytest.mark.parametrize(
    ("target", "value"), [("make.mass_kg", 1.0), ("attr/friction", 0.1), ("make.fails_at", -1)]
)
def test_of_what_is_at_its_default_nothing_is_said(cart, target: str, value: float) -> None:
    assert idle(cart, {target: value}, target) == {}


@pytest.mark.parametrize("target", WORKING)
def test_what_changes_something_is_not_idle(cart, target: str) -> None:
    assert idle(cart, {target: WORKING[target]}, target) == {target: False}


def test_what_changes_the_info_alone_is_idle_unless_it_is_asked_for(cart) -> None:
    about = {"values": {"attr/marked": 0.5}, "asked": ["attr/marked"], "seed": 0, "steps": 10}
    assert cart.call("idle", **about) == {"attr/marked": True}
    assert cart.call("idle", **about, info=["marked"]) == {"attr/marked": False}


@pytest.mark.parametrize("target", IDLE)
def test_what_changes_nothing_is_named(cart, target: str) -> None:
    values = {target: IDLE[target], "attr/friction": 0.4}
    assert idle(cart, values, target, "attr/friction") == {target: True, "attr/friction": False}


def test_what_reset_overwrites_did_not_take(cart) -> None:
    lost = cart.call("begin", slot=0, seed=0, values={"attr/overwritten": 5.0, "attr/friction": 0.4})["lost"]
    assert lost == ["attr/overwritten was set to 5.0 and is 2.0: it did not take"]


def test_what_changes_during_the_episode_is_lost(cart) -> None:
    cart.call("begin", slot=0, seed=0, values={"attr/count": 0})
    assert cart.call("problems", slot=0)["lost"] == []
    step(cart, np.zeros(1))
    assert cart.call("problems", slot=0)["lost"] == ["attr/count was set to 0 and is 1: it did not take"]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("friction", "is no target"),
        ("attr/frictoin", "no attribute 'frictoin'"),
        ("attr/nested.wnd", "no attribute 'nested.wnd'"),
        ("wheel/left.mass", "no kind of target"),
        ("body/torso.mass", "no model"),
    ],
)
def test_a_target_that_is_not_there_is_refused_by_name(cart, target: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        cart.call("begin", slot=0, seed=0, values={target: 1.0})


@dataclasses.dataclass
class Wheels:
    radius_m: float = 0.1
    teeth: list[int] = dataclasses.field(default_factory=lambda: [3, 4])


def test_parts_of_attributes_are_listed_by_the_path_that_sets_them() -> None:
    inner = types.SimpleNamespace(
        kg=2.0,
        robot={"arm": {"m": 0.5}, "a.b": 1, 3: 4},
        wheels=Wheels(),
        kind=Wheels,
        rows=np.ones((2, 2)),
        _own=1,
    )
    listed = dict(attributes(inner))
    assert listed == {
        "kg": 2.0,
        "robot.arm.m": 0.5,
        "wheels.radius_m": 0.1,
        "wheels.teeth.0": 3,
        "wheels.teeth.1": 4,
    }
    for path, value in listed.items():
        place_of(inner, f"attr/{path}").write(value + 1)
    assert dict(attributes(inner)) == {path: value + 1 for path, value in listed.items()}


@pytest.mark.parametrize(
    ("now", "wanted", "took"),
    [
        (0.1, 0.1, True),
        (np.float32(0.1), 0.1, True),
        (2, 2.0, True),
        (np.int64(2), 2.7, False),
        (2, 2.7, False),
        (np.uint8(44), 300, False),
        (np.float32(np.inf), 1e40, False),
        (np.array([2, 3]), [2.5, 3.0], False),
        (np.array([0.1, 0.2], np.float32), [0.1, 0.2], True),
    ],
)
def test_what_a_whole_number_cannot_hold_did_not_take(now: object, wanted: object, took: bool) -> None:
    assert same(now, wanted) is took


@pytest.fixture(scope="module")
def ant():
    pytest.importorskip("imageio", reason="gymnasium's MuJoCo environments need imageio")
    link = open_link(None, {"name": "Ant-v5", "folder": ".", "make": {}})
    yield link
    link.close()


def test_a_field_of_a_mujoco_model_is_set_and_stays(ant) -> None:
    values = {"body/torso.mass": 9.0, "geom/floor.friction.slide": 0.3, "joint/hip_1.damping": 3.0,
              "actuator/0.gear.0": 90.0, "opt/gravity.z": -5.0}  # fmt: skip
    known = dict(ant.call("describe")["settable"])
    assert all(known[target] != value for target, value in values.items())
    assert ant.call("begin", slot=0, seed=0, values=values)["lost"] == []
    for _ in range(5):
        step(ant, np.full(8, 0.3))
    assert ant.call("problems", slot=0)["lost"] == []


NOTHING_OF_ANT = {
    "actuator/0.forcerange.high": 5.0,  # Its force is not limited,
    "actuator/0.bias.1": 2.0,  # nor has it a bias,
    "actuator/0.gear.1": 2.0,  # and its joint turns about one axis.
    "opt/wind.x": 3.0,  # Without air,
    "joint/root.range.low": -0.5,  # a joint without limits,
    "geom/floor.friction.spin": 0.3,  # contacts that only slide,
    "geom/floor.size.0": 3.0,  # a plane without end,
    "geom/floor.rgba.r": 0.1,
    "body/world.mass": 5.0,
    "attr/width": 320,
}


SOMETHING_OF_ANT = {
    "actuator/0.gear.0": 20.0,
    "actuator/0.ctrlrange.high": 0.2,
    "opt/gravity.z": -3.0,
    "opt/viscosity": 2.0,
    "joint/hip_1.range.high": 0.2,
    "joint/hip_1.frictionloss": 2.0,
    "joint/root.stiffness": 1.0,
    "geom/floor.margin": 0.2,
    "body/torso.mass": 3.0,
    "attr/frame_skip": 3,
}


@pytest.mark.parametrize("target", [*NOTHING_OF_ANT, *SOMETHING_OF_ANT])
def test_a_target_of_a_mujoco_model_is_named_where_it_changes_nothing(ant, target: str) -> None:
    values = {**NOTHING_OF_ANT, **SOMETHING_OF_ANT}
    assert idle(ant, {target: values[target]}, target) == {target: target in NOTHING_OF_ANT}


def test_a_mass_and_its_inertia_are_put_back_to_the_last_bit() -> None:
    body = types.SimpleNamespace(mass=np.array([0.7]), inertia=np.array([0.1, 0.2, 0.3]))
    before = body.inertia.copy()
    for mass in np.geomspace(0.1, 3.0, 30):
        place = Place(body.mass, 0, True, body.inertia)
        put_back = place.keep()
        place.write(mass)
        assert (body.inertia != before).all()
        put_back()
        assert (body.mass[0], body.inertia.tolist()) == (0.7, before.tolist())
