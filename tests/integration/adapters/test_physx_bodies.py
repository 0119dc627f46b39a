"""Bodies of MJCF weigh, turn, rub and collide in PhysX as in MuJoCo."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import mujoco
import numpy as np
import pytest

if find_spec("ovphysx") is None or find_spec("pxr") is None:
    pytest.skip("needs simgate[physx]", allow_module_level=True)

from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.mujoco.native.source import open_source
from simgate.sim_adapters.physx.adapter import PhysxAdapter
from simgate.sim_adapters.physx.articulated.links import links_of
from simgate.sim_adapters.physx.articulated.surfaces import colliders_of, colliding, friction_of
from simgate.sim_adapters.quantities import ContactForce, Position, Touching
from simgate.sim_adapters.scene.articulated import (
    BodySensor,
    FileSensor,
)
from tests.integration.adapters.physx_worlds import HINGE, MOTOR, TIMING, course, site, written


def test_a_box_that_lies_presses_with_its_weight_and_feels_gravity(tmp_path: Path) -> None:
    world = written(
        tmp_path,
        """<geom name="floor" type="plane" size="2 2 .1"/><body name="robot" pos="0 0 1"><joint axis="0 1 0" name="j"/>
        <geom size=".1" mass="1" contype="0" conaffinity="0"/></body>
        <body name="box" pos="1 0 .1"><freejoint/><geom type="box" size=".1 .1 .1" mass="3"/>
        <body name="lid" pos="0 0 .11"><geom type="box" size=".1 .1 .01" mass="1"/><site name="imu"/></body></body>""",
        rest="""<actuator><motor joint="j"/></actuator><sensor><accelerometer name="acc" site="imu"/></sensor>""",
        sensors=(("acc", FileSensor(("acc",))), ("box", BodySensor("box"))),
        quantities=(
            ("force_n", ContactForce("body/box", "geom/floor")),
            ("lid_n", ContactForce("body/lid", "geom/floor")),
            ("touches", Touching("geom/floor", "body/box")),
            ("height_m", Position("body/lid", "z")),
        ),
    )  # fmt: skip
    read, values = course(PhysxAdapter(TIMING), world, lambda _: 0.0, 0.5, TIMING)
    assert values[-1]["force_n"] == pytest.approx(4 * 9.81, rel=0.01)
    assert (values[-1]["lid_n"], values[-1]["touches"]) == (0.0, 1.0)
    assert values[-1]["height_m"] == pytest.approx(0.21, abs=1e-4)
    np.testing.assert_allclose(read["acc"][-1], (0.0, 0.0, 9.81), atol=0.05)


def test_a_box_on_a_box_presses_once_with_its_weight(tmp_path: Path) -> None:
    box = '<body name="{}" pos="1 0 {}"><freejoint/><geom type="box" size=".1 .1 .1" mass="{}"/></body>'
    world = written(
        tmp_path,
        '<geom name="floor" type="plane" size="2 2 .1"/>'
        + HINGE.format("").replace('"robot"', '"robot" pos="0 0 1"')
        + box.format("low", 0.1, 3)
        + box.format("high", 0.3, 2),
        rest=MOTOR,
        quantities=(
            ("between_n", ContactForce("body/low", "body/high")),
            ("floor_n", ContactForce("body/low", "geom/floor")),
        ),
    )
    _, values = course(PhysxAdapter(TIMING), world, lambda _: 0.0, 0.5, TIMING)
    assert values[-1]["between_n"] == pytest.approx(2 * 9.81, rel=0.02)
    assert values[-1]["floor_n"] == pytest.approx(5 * 9.81, rel=0.02)


def test_a_mesh_lies_where_its_corners_are(tmp_path: Path) -> None:
    corners = " ".join(f"{x} {y} {z}" for x in (0, 0.4) for y in (0, 0.2) for z in (0.1, 0.3))
    path = tmp_path / "world.xml"
    path.write_text(
        f"""<mujoco><asset><mesh name="block" vertex="{corners}"/></asset><worldbody>
        <geom name="floor" type="plane" size="2 2 .1" euler="10 0 0"/>
        {HINGE.format("").replace('"robot"', '"robot" pos="0 0 1"')}
        <body name="block" pos="1 0 0" euler="10 0 0"><freejoint/><geom type="mesh" mesh="block" friction="1"/></body>
        </worldbody>{MOTOR}</mujoco>"""
    )
    world = site(path, "robot", sensors=(("block", BodySensor("block")),))
    (mine, _), (theirs, _) = (
        course(made(TIMING), world, lambda _: 0.0, 0.5, TIMING) for made in (PhysxAdapter, MujocoAdapter)
    )
    fallen = theirs["block.pose"][-1, :3] - (1.0, 0.0, 0.0)
    assert np.linalg.norm(fallen) == pytest.approx(0.1, abs=0.01)
    np.testing.assert_allclose(mine["block.pose"][-1], theirs["block.pose"][-1], atol=5e-3)


def test_a_thrown_body_flies_and_turns_as_in_mujoco(tmp_path: Path) -> None:
    world = written(
        tmp_path,
        """<body name="robot" pos="0 0 1"><joint axis="0 1 0" name="j"/><geom size=".1" mass="1"/></body>
        <body name="club" pos="0 0 3"><freejoint name="free"/><geom size=".05" mass="1"/>
        <geom type="box" size=".02 .03 .1" pos=".2 0 .1" mass=".5"/></body>""",
        rest="""<actuator><motor joint="j"/></actuator>
        <keyframe><key name="go" qpos="0 0 0 3 -.8 .6 0 0" qvel="0 1 .5 2 .3 -4 2"/></keyframe>""",
        pose="go",
        sensors=(("club", BodySensor("club")),),
    )  # fmt: skip
    (mine, _), (theirs, _) = (
        course(made(TIMING), world, lambda _: 0.0, 0.3, TIMING) for made in (PhysxAdapter, MujocoAdapter)
    )
    for name, near in (("club.pose", 0.02), ("club.twist", 0.1)):
        np.testing.assert_allclose(mine[name], theirs[name], atol=near)
    assert np.abs(theirs["club.twist"][-1, 3:]).max() > 2.0


def test_what_moves_as_one_has_the_mass_and_inertia_of_all_of_it(tmp_path: Path) -> None:
    parts = '<geom type="box" size=".1 .2 .3" mass="2"/>{}<geom type="box" size=".05 .1 .02" mass="1" {}/>{}'
    place = 'pos=".3 -.1 .2" euler="30 20 10"'
    apart = written(
        tmp_path, f'<body name="robot"><freejoint/>{parts.format(f"<body {place}>", "", "</body>")}</body>'
    )
    split = open_source(Path(apart.path)).model
    whole = written(tmp_path, f'<body name="robot"><freejoint/>{parts.format("", place, "")}</body>')
    one = open_source(Path(whole.path)).model
    (link,) = links_of(split, _at_start(split))
    assert link.mass_kg == pytest.approx(3.0)
    np.testing.assert_allclose(link.centre, one.body_ipos[1], atol=1e-12)
    turn = np.zeros(9)
    mujoco.mju_quat2Mat(turn, one.body_iquat[1])
    axes = turn.reshape(3, 3)
    np.testing.assert_allclose(link.inertia, axes @ np.diag(one.body_inertia[1]) @ axes.T, atol=1e-12)


def _at_start(model: mujoco.MjModel) -> mujoco.MjData:
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    return data


@pytest.mark.parametrize(
    ("shapes", "rule"),
    [
        ((("0.9", 0), ("0.3", 0), ("0.5", 0), ("0.4", 0)), "max"),
        ((("0.9", 1), ("0.3", 0), ("0.5", 0), ("0.4", 0)), "max"),
        ((("0.2", 1), ("0.5", 0), ("0.5", 0), ("0.4", 0)), "multiply"),
        ((("0.2", 1), ("0.5", 0), ("0.3", 0), ("0.4", 0)), None),
        ((('0.2" condim="1', 1), ("0.5", 0), ("0.5", 0), ("0.5", 0)), None),
    ],
)
def test_two_surfaces_have_the_friction_that_mujoco_gives_them(
    tmp_path: Path, shapes: Sequence[tuple[str, int]], rule: str | None
) -> None:
    # They lie within each other, so that MuJoCo says what it has between every two.
    text = "".join(
        f'<body name="b{k}" pos="0 0 {k / 100}"><freejoint/><geom size=".1" friction="{slip}" priority="{level}"/></body>'
        for k, (slip, level) in enumerate(shapes)
    )
    model = open_source(Path(written(tmp_path, text).path)).model
    data, geoms = _at_start(model), colliders_of(model)
    collide, _ = colliding(model, geoms)
    if rule is None:
        with pytest.raises(ValueError, match=r"between 'geom \d' and 'geom \d' MuJoCo has friction"):
            friction_of(model, geoms, collide)
        return
    found, slips = friction_of(model, geoms, collide)
    combine = max if found == "max" else lambda a, b: a * b
    assert (found, data.ncon) == (rule, 6)
    for (a, b), friction in zip(data.contact.geom, data.contact.friction, strict=True):
        assert combine(slips[a], slips[b]) == pytest.approx(friction[0])


def test_shapes_that_mujoco_lets_pass_do_not_collide(tmp_path: Path) -> None:
    world = written(
        tmp_path,
        """<geom name="floor" type="plane" size="2 2 .1"/>
        <body name="robot" pos="0 0 .5"><joint name="j" type="slide" axis="0 0 1"/><geom size=".1" mass="1"/></body>
        <body name="ghost" pos="1 0 .1"><freejoint/><geom size=".1" contype="2" conaffinity="2"/></body>
        <body name="twin" pos="0 1 .1"><freejoint/><geom size=".1"/></body>""",
        rest='<contact><exclude body1="twin" body2="world"/></contact><actuator><motor joint="j"/></actuator>',
        sensors=tuple((name, BodySensor(name)) for name in ("ghost", "twin", "robot")),
    )  # fmt: skip
    read, _ = course(PhysxAdapter(TIMING), world, lambda _: 0.0, 0.5, TIMING)
    assert read["robot.pose"][-1, 2] == pytest.approx(0.1, abs=0.01)
    fallen = 0.1 - 0.5 * 9.81 * 0.5**2
    assert [read[f"{name}.pose"][-1, 2] for name in ("ghost", "twin")] == [
        pytest.approx(fallen, abs=0.05)
    ] * 2
