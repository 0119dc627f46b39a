"""Switches in a site's own file: a crash that would happen happens, or the file is refused with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.sim_adapters.mujoco.native.site_file import MjcfFile
from simgate.sim_adapters.mujoco.world_state import MujocoWorld
from simgate.sim_adapters.scene.sensor import Camera
from simgate.sim_adapters.worlds.native_file import NativeError
from tests.unit.sim_adapters.native_sites import TIMING, driven, write_yard, yard_world
from tests.unit.sim_adapters.native_world import scene_of

SITE = """\
<mujoco model="lane">
  <default/>
  <worldbody>
    <geom name="floor" type="plane" size="9 9 0.1"/>
    <geom name="wall" type="box" size="0.1 2 1" pos="1.1 0 1"/>
    <body name="post" pos="0 3 0.5"><geom name="post" type="box" size="0.1 0.1 0.5"/><site name="post"/></body>
    <body name="leaf" pos="0 -3 0.5">
      <joint name="hinge" axis="0 0 1" damping="1"/><geom type="box" size="0.4 0.02 0.4"/>
    </body>
    <body name="cart" pos="0 0 0.1">
      <freejoint name="free"/>
      <geom name="hull" type="cylinder" size="0.25 0.1" pos="0 0 0.05" mass="20"/>
      <site name="hook" pos="0 0 0.2"/>
      <body name="arm" pos="0 0 0.2"><joint name="arm"/><geom name="arm" size="0.03" mass="1"/><site name="mast" pos="0 0 0.1"/></body>
    </body>
    <body name="hand" mocap="true" pos="0 0 2"/>
  </worldbody>
</mujoco>
"""
"""A wall with its face at x = 1, a cart of radius 0.25 at the origin."""


def lane(folder: Path, more: str = "", right: str = "", wrong: str = "") -> Path:
    """The site with more in it, or with something written in another way."""
    text = SITE.replace("  <default/>\n", f"{more}\n" if more else "  <default/>\n")
    assert right in text
    return write_yard(folder, text.replace(right, wrong, 1) if right else text)


def world(path: Path, targets: dict[str, str] | None = None, camera: str | Camera = Camera()):  # noqa: B008
    return yard_world(path, targets, robot="cart", camera=camera)


def crash(path: Path) -> tuple[list[str], float]:
    """What the cart touches when it drives ahead for three seconds, and where it stands then."""
    state = MujocoWorld(scene_of(world(path)), TIMING)
    touched: set[str] = set()
    for _ in range(30):
        state.advance(0.5, 0.0, TIMING.control_steps)
        truth = state.truth(None, 0)
        touched |= {contact.body for contact in truth.contacts}
    assert state.problems() == ()
    return sorted(touched), state.pose[0]


SET_BY_SIMGATE = (
    '<option timestep="0.05"/>',
    '<option integrator="RK4"/>',
    '<option solver="PGS" iterations="1" ls_iterations="1" tolerance="1"/>',
    '<option ccd_iterations="1" ccd_tolerance="0.1"/>',
    '<option actuatorgroupdisable="0 1 2"/>',
    '<option o_margin="1"><flag override="enable"/></option>',
    '<option><flag sleep="enable"/></option>',
    '<option><flag filterparent="disable" nativeccd="disable" multiccd="disable" island="disable"/></option>',
    '<option><flag gravity="disable" limit="disable" spring="disable" damper="disable"/></option>',
    '<option><flag frictionloss="disable" equality="disable" clampctrl="disable" warmstart="disable"/></option>',
    '<option><flag midphase="disable" eulerdamp="disable" autoreset="disable" refsafe="disable"/></option>',
    '<option cone="elliptic" impratio="10" noslip_iterations="3"/>',
    '<size memory="1K"/>',
    '<size nconmax="1" njmax="1"/>',
    '<compiler inertiagrouprange="0 3" boundmass="0.1" balanceinertia="true"/>',
    '<compiler autolimits="false"/>',
    '<default><geom margin="1.5" gap="1.5"/></default>',
    '<default><geom margin="0.01"/></default>',
    '<default><geom conaffinity="2147483647"/></default>',
    '<default><geom contype="3" conaffinity="2"/></default>',
)


@pytest.mark.parametrize("more", SET_BY_SIMGATE)
def test_the_cart_hits_the_wall_whatever_the_file_sets(tmp_path: Path, more: str) -> None:
    touched, x = crash(lane(tmp_path, more))
    assert touched == ["wall"]
    assert x == pytest.approx(0.75, abs=0.002)


DRIVE = [(0.8, 0.0)] * 10 + [(0.5, 0.8)] * 10


@pytest.mark.parametrize(
    "classes",
    [
        '<general delay="0.3" nsample="20"/>',
        '<general gear="0 1 0 0 0 0" dyntype="filter" dynprm="0.5" ctrlrange="-0.1 0.1" damping="40" armature="9"/>',
        '<site euler="0 0 90" pos="0 1 0"/>',
        '<joint damping="30" armature="50" frictionloss="40" stiffness="20" ref="1" pos="0 1 0" range="0 0.1"/>',
        '<joint springdamper="0.1 1" margin="1" actuatorfrcrange="-0.1 0.1"/>',
    ],
)
def test_classes_of_the_file_do_not_reach_the_drive(tmp_path: Path, classes: str) -> None:
    (tmp_path / "plain").mkdir()
    path = lane(tmp_path, f"<default>{classes}</default>")
    start = {"robot__start_x_m": -5.0, "robot__start_y_m": -6.0}
    plain = driven(scene_of(world(lane(tmp_path / "plain")), **start), DRIVE)
    assert driven(scene_of(world(path), **start), DRIVE) == pytest.approx(plain, abs=1e-9)


def test_a_floor_of_every_affinity_does_not_brake_a_hull_that_reaches_into_it(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    low = 'type="cylinder" size="0.25 0.16" pos="0 0 0.05"'
    tall = ('type="cylinder" size="0.25 0.1" pos="0 0 0.05"', low)
    path = lane(tmp_path, '<default><geom conaffinity="2147483647"/></default>', *tall)
    start = {"robot__start_x_m": -5.0, "robot__start_y_m": -6.0}
    plain = driven(scene_of(world(lane(tmp_path / "plain", "", *tall)), **start), DRIVE)
    assert driven(scene_of(world(path), **start), DRIVE) == pytest.approx(plain, abs=1e-9)


def test_classes_of_the_file_do_not_reach_the_mounted_camera(tmp_path: Path) -> None:
    path = lane(
        tmp_path, '<default><camera mode="trackcom" euler="0 0 90" projection="orthographic"/></default>'
    )
    state = MujocoWorld(scene_of(world(path, camera=Camera(position=(0.3, 0.0, 0.6)))), TIMING)
    ahead = -state.data.cam_xmat[state.built.camera].reshape(3, 3)[:, 2]
    assert ahead == pytest.approx((1.0, 0.0, 0.0), abs=1e-9)


def test_commands_reach_the_drive_past_actuators_with_other_numbers_of_inputs(tmp_path: Path) -> None:
    site = '<actuator><pid name="closer" joint="hinge" kp="3" kv="1" input="pos vel"/></actuator>'
    path = lane(tmp_path, right="</worldbody>", wrong=f"</worldbody>{site}")
    assert crash(path)[0] == ["wall"]


@pytest.mark.parametrize(
    ("flag", "effect"),
    [
        ("contact", "takes away every contact"),
        ("constraint", "lets everything pass through everything"),
        ("actuation", "lets the robot stand still"),
    ],
)
def test_a_switch_that_makes_a_crash_impossible_is_refused(tmp_path: Path, flag: str, effect: str) -> None:
    (tmp_path / "part.xml").write_text(
        f'<mujoco>\n<option>\n  <flag energy="enable"\n   {flag}="disable"/></option></mujoco>'
    )
    path = lane(tmp_path, '<include file="part.xml"/>')
    with pytest.raises(NativeError) as error:
        MjcfFile(path).robot("cart", None)
    assert error.value.message == f'part.xml:3: <flag {flag}="disable"/> {effect}'


TIES = [
    ('<contact><exclude body1="world" body2="cart"/></contact>', "<exclude> lets the robot pass through 'world'"),
    ('<contact><exclude body1="arm" body2="post"/></contact>', "<exclude> lets the robot pass through 'post'"),
    ('<equality><weld body1="cart"/></equality>', "<weld> ties the robot to its site"),
    ('<equality><connect body1="arm" body2="post" anchor="0 0 0"/></equality>', "<connect> ties the robot"),
    (
        '<tendon><spatial range="0 0.1" limited="true"><site site="hook"/><site site="post"/></spatial></tendon>',
        "<spatial> ties the robot",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("tie", "message"), TIES)
def test_what_ties_the_robot_to_its_site_is_refused_with_its_place(
    tmp_path: Path, tie: str, message: str
) -> None:
    path = lane(tmp_path, right="</worldbody>", wrong=f"</worldbody>\n{tie}")
    with pytest.raises(NativeError) as error:
        MjcfFile(path).robot("cart", None)
    line = path.read_text().splitlines().index(tie) + 1
    assert error.value.message.startswith(f"yard.xml:{line}: {message}")
    assert error.value.hint.startswith("take it out")


@pytest.mark.parametrize(
    "own",
    [
        '<contact><exclude body1="arm" body2="cart"/><exclude body1="post" body2="leaf"/></contact>',
        '<contact><pair geom1="hull" geom2="wall" margin="0.5" friction="0 0 0 0 0"/></contact>',
        '<equality><weld body1="hand" body2="cart"/><weld body1="cart" body2="post" active="false"/></equality>',
        '<equality><weld body1="arm" body2="cart"/></equality>',
        '<tendon><spatial range="0 9" limited="true"><site site="hook"/><geom geom="arm"/><site site="mast"/></spatial></tendon>',
    ],
)  # fmt: skip
def test_what_holds_the_robot_alone_or_follows_a_hand_is_left_out(tmp_path: Path, own: str) -> None:
    touched, x = crash(lane(tmp_path, right="</worldbody>", wrong=f"</worldbody>\n{own}"))
    assert touched == ["wall"]
    assert x == pytest.approx(0.75, abs=0.002)


def test_a_wall_that_only_a_pair_lets_it_touch_is_refused(tmp_path: Path) -> None:
    plain = lane(tmp_path, right='<geom name="wall"', wrong='<geom name="wall" contype="0" conaffinity="0"')
    plain.write_text(
        plain.read_text().replace(
            "</worldbody>", '</worldbody><contact><pair geom1="hull" geom2="wall"/></contact>'
        )
    )
    with pytest.raises(NativeError, match="only <pair> lets 'hull' and 'wall' touch"):
        MjcfFile(plain).robot("cart", None)


def test_cloth_is_refused_unless_it_is_only_seen(tmp_path: Path) -> None:
    cloth = (
        '<flexcomp name="curtain" type="grid" count="4 4 1" spacing="0.1 0.1 0.1" pos="0.5 0 0.5" dim="2"'
        ' mass="1" radius="0.01"><contact {}/></flexcomp>'
    )
    body = '<body name="rail" pos="0 6 1">{}</body>\n    <body name="post"'
    path = lane(tmp_path, right='<body name="post"', wrong=body.format(cloth.format("")))
    with pytest.raises(NativeError, match="the robot passes through 'curtain', which is soft"):
        MjcfFile(path).robot("cart", None)
    seen = cloth.format('contype="0" conaffinity="0" selfcollide="none"')
    assert crash(lane(tmp_path, right='<body name="post"', wrong=body.format(seen)))[0] == ["wall"]


def test_a_site_in_which_nothing_can_be_touched_is_refused(tmp_path: Path) -> None:
    path = lane(tmp_path, '<default><geom contype="0" conaffinity="0"/></default>')
    path.write_text(path.read_text().replace('<geom name="hull"', '<geom name="hull" contype="1"'))
    with pytest.raises(NativeError, match="nothing of the site can touch body 'cart'"):
        MjcfFile(path).robot("cart", None)


def test_a_body_that_sleeps_from_the_start_is_hit(tmp_path: Path) -> None:
    path = lane(tmp_path, '<option><flag sleep="enable"/></option>', '<geom name="wall"', '<geom name="far"')
    box = '<body name="box" pos="0.8 0 0.3" sleep="init"><freejoint/><geom type="box" size="0.1 0.1 0.3"/></body>'
    path.write_text(
        path.read_text().replace('pos="1.1 0 1"', 'pos="5 0 1"').replace("</worldbody>", f"{box}</worldbody>")
    )
    assert crash(path)[0] == ["box"]


@pytest.mark.parametrize(("height", "touched"), [(1.0, ["hill"]), (0.015, ["wall"])])
def test_a_hill_is_hit_and_a_carpet_is_driven_over(tmp_path: Path, height: float, touched: list[str]) -> None:
    path = lane(tmp_path, right="<worldbody>", wrong=(
        f'<asset><hfield name="hill" nrow="3" ncol="3" size="0.3 0.3 {height} 0.1" elevation="0 0 0 0 1 0 0 0 0"/>'
        '</asset><worldbody><geom name="hill" type="hfield" hfield="hill" pos="0.6 0 0"/>'
    ))  # fmt: skip
    assert crash(path)[0] == touched


def test_what_a_hand_would_move_is_hit_where_it_stands(tmp_path: Path) -> None:
    hand = ('<body name="hand" mocap="true" pos="0 0 2"/>',
            '<body name="hand" mocap="true" pos="0.6 0 0.2"><geom size="0.1"/></body>')  # fmt: skip
    assert crash(lane(tmp_path, right=hand[0], wrong=hand[1]))[0] == ["hand"]


def test_what_a_variant_takes_out_makes_nothing_else_heavier(tmp_path: Path) -> None:
    path = lane(tmp_path, '<compiler settotalmass="50"/>')
    built = {
        there: MujocoWorld(
            scene_of(world(path, {"leaf": "body/leaf.present"}), leaf=there), TIMING
        ).built.model
        for there in (True, False)
    }
    assert built[True].body_mass.sum() == pytest.approx(50.0)
    assert built[False].body_mass.sum() < 49.0
    assert built[False].body("cart").mass == pytest.approx(built[True].body("cart").mass)


def test_a_robot_in_a_frame_of_another_scale_is_refused(tmp_path: Path) -> None:
    path = lane(tmp_path, right='<body name="cart" pos="0 0 0.1">', wrong='<body name="cart" pos="0 1 0.1">')
    text = path.read_text().replace('    <body name="cart"', '    <frame scale="2 2 2"><body name="cart"')
    path.write_text(text.replace('    <body name="hand"', '    </frame><body name="hand"'))
    with pytest.raises(NativeError, match="stands in frames that change when it drives"):
        MjcfFile(path).robot("cart", None)
