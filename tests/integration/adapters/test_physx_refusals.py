"""What PhysX has not of a robot in MJCF is refused, with what to do."""

from __future__ import annotations

import contextlib
from importlib.util import find_spec
from pathlib import Path

import pytest

if find_spec("ovphysx") is None or find_spec("pxr") is None:
    pytest.skip("needs simgate[physx]", allow_module_level=True)

from simgate.sim_adapters.physx.adapter import PhysxAdapter
from simgate.sim_adapters.quantities import SensorReading
from simgate.sim_adapters.scene.articulated import FileSensor
from tests.integration.adapters.physx_worlds import HINGE, MOTOR, TIMING, course, written


@pytest.mark.parametrize(
    ("world", "rest", "said"),
    [
        (
            HINGE.format('stiffness="3"'),
            MOTOR,
            "no springs of joints \\('j'\\): leave it out, or use --adapter",
        ),
        (
            HINGE.replace("<geom", '<joint type="slide"/><geom').format(""),
            MOTOR,
            "body 'robot' has 2 joints",
        ),
        (
            HINGE.format("") + '<body name="ball"><joint type="ball"/><geom size=".1"/></body>',
            MOTOR,
            "body 'ball' hangs on a ball joint, .* three hinges in its place",
        ),
        (
            HINGE.format("") + '<body><freejoint/><geom name="egg" type="ellipsoid" size=".1 .1 .2"/></body>',
            MOTOR,
            "geom 'egg' is a ellipsoid, which PhysX has not: make it a box",
        ),
        (
            HINGE.format(""),
            '<actuator><muscle name="m" joint="j" lengthrange="0 1"/></actuator>',
            "is a muscle: give",
        ),
        (
            HINGE.format(""),
            '<actuator><position name="p" joint="j" forcerange="-1 2"/></actuator>',
            "actuator 'p' pushes with 2 and pulls with 1",
        ),
        (
            HINGE.format(""),
            '<actuator><position joint="j"/><velocity joint="j" kv="1"/></actuator>',
            "joint 'j' has two actuators",
        ),
        (HINGE.format("").replace("<body ", '<body gravcomp=".5" '), MOTOR, "part of its weight taken off"),
        (HINGE.format('damping="1 .5"'), MOTOR, "no damping of joints with several numbers: leave it out"),
        (
            HINGE.format(""),
            '<actuator><motor joint="j" damping="3" armature=".1" delay=".01" nsample="3"/></actuator>',
            "no damping of actuators; no armature of actuators; no delay of actuators: leave",
        ),
        (HINGE.format(""), f'{MOTOR}<option><flag limit="disable"/></option>', '<flag limit="disable"/>'),
        (
            HINGE.format(""),
            f'{MOTOR}<option><flag filterparent="disable"/></option>',
            '<flag filterparent="disable"/>',
        ),
        (HINGE.format(""), f'{MOTOR}<option actuatorgroupdisable="2"/>', "switched off by group"),
    ],
)
def test_what_physx_has_not_is_refused_with_what_to_do(
    tmp_path: Path, world: str, rest: str, said: str
) -> None:
    asked = written(tmp_path, world, rest=rest)
    adapter = PhysxAdapter(TIMING)
    with pytest.raises(ValueError, match=said):
        adapter.reset([asked])
    adapter.close()


def test_a_sensor_of_forces_is_refused_where_it_is_read(tmp_path: Path) -> None:
    text = HINGE.replace("<geom", '<site name="s"/><geom').format("")
    rest = f'{MOTOR}<sensor><touch name="pad" site="s"/></sensor>'
    for asked in (
        {"sensors": (("pad", FileSensor(("pad",))),)},
        {"quantities": (("pad_n", SensorReading("pad")),)},
    ):
        adapter = PhysxAdapter(TIMING)
        with pytest.raises(ValueError, match=r"sensor 'pad' is a touch, .* ask for contact_force"):
            adapter.reset([written(tmp_path, text, rest=rest, **asked)])
        adapter.close()


@pytest.mark.parametrize(
    ("told", "start", "said"),
    [(6.5, 0.0, "told to hold 6.5 rad"), (0.0, 30.0, "has come to 6.[34][0-9]* rad")],
)
def test_a_hinge_that_is_held_beyond_a_turn_is_refused_and_not_held_elsewhere(
    tmp_path: Path, told: float, start: float, said: str
) -> None:
    held = '<actuator><position joint="j" kp=".01"/></actuator>'
    for range_, is_refused in (("", True), ('range="-20 20" limited="true"', False)):
        rest = f'<compiler angle="radian"/>{held}<keyframe><key name="spun" qvel="{start}"/></keyframe>'
        world = written(tmp_path, HINGE.format(f'axis="0 0 1" {range_}'), rest=rest, pose="spun")
        with pytest.raises(ValueError, match=said) if is_refused else contextlib.nullcontext():
            course(PhysxAdapter(TIMING), world, lambda _: told, 0.3, TIMING)
