"""Objects of a file that are put onto a surface stand there, whole, where they were told, and nowhere else."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import mujoco
import numpy as np
import pytest

from simgate.sim_adapters.mujoco.articulated.world import ArticulatedWorld
from simgate.sim_adapters.mujoco.native.placed import support
from simgate.sim_adapters.mujoco.native.site_file import MjcfFile
from simgate.sim_adapters.scene.articulated import ArticulatedSite, CameraSensor
from simgate.sim_adapters.worlds.native_file import NativeError
from simgate.sim_adapters.worlds.placing import Placing
from simgate.sim_adapters.worlds.world import PlacedObject, Rectangle
from tests.unit.sim_adapters.articulated.machines import ARM, TIMING, arm, batch

KINDS = {
    "cube": "",
    "can": '<geom name="can" type="cylinder" size=".03 .06" mass=".1"/>',
    "ball": '<geom name="ball" size=".04" pos=".02 0 0" mass=".1"/>',
    "pill": '<geom name="pill" type="capsule" size=".02 .05" euler="0 90 0" mass=".1"/>',
    "egg": '<geom name="egg" type="ellipsoid" size=".06 .03 .02" euler="0 30 0" mass=".1"/>',
    "rock": '<geom name="rock" type="mesh" mesh="rock" pos="0 0 .1" mass=".1"/>',
    "sign": '<geom name="sign" type="box" size=".05 .01 .03" mass=".1"/><geom type="box" size=".02 .06 .005" '
    'pos="0 0 -.04" contype="0" conaffinity="0"/>',
}
THINGS = "".join(
    f'<body name="{name}" pos="3 {k} 1" euler="0 0 {20 * k}"><freejoint/>{shape}</body>'
    for k, (name, shape) in enumerate(KINDS.items())
    if shape
)
TABLE = ARM.replace(
    "<worldbody>", '<asset><mesh name="rock" vertex="0 0 0 .1 0 0 0 .08 0 .03 .03 .06"/></asset><worldbody>'
).replace("</worldbody>", f"{THINGS}</worldbody>")
TABLE = TABLE.replace(".65 1 0 0 0", ".65 1 0 0 0" + " 9 9 9 1 0 0 0" * (len(KINDS) - 1))
TOP_M = 0.6


def laid(folder: Path, *placed: PlacedObject, **asked: object) -> tuple[ArticulatedSite, Placing]:
    """The arm at its table, on which these things lie."""
    site = arm(folder, TABLE, **asked)
    file = MjcfFile(folder / "arm.xml")
    top = file.surface("table", Rectangle(0.3, -0.3, 0.8, 0.3))
    placing = Placing({"top": top}, {kind: file.placeable(kind) for kind in KINDS})
    return replace(site, put=placing.put(placed)), placing


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pose", [None, "up"])
def test_it_stands_on_the_top_with_its_middle_where_it_was_put(
    tmp_path: Path, kind: str, pose: str | None
) -> None:
    site, placing = laid(tmp_path, PlacedObject(kind, 0.6, 0.1, 0.0), pose=pose)
    world = ArticulatedWorld(site, TIMING)
    model, data = world.model, world.data
    own = [g for g in range(model.ngeom) if model.body(model.geom_bodyid[g]).name == kind]
    along = np.array([(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, -1)], dtype=float)
    right, left, front, back, _ = np.max([support(model, data, g, along) for g in own], axis=0)
    low = max(support(model, data, g, along)[-1] for g in own if model.geom_contype[g])
    assert -low == pytest.approx(TOP_M, abs=1e-9)
    assert ((right - left) / 2, (front - back) / 2) == pytest.approx((0.6, 0.1), abs=1e-9)
    half = placing.objects[kind].half
    assert ((right + left) / 2, (front + back) / 2) == pytest.approx(half, abs=1e-9)
    assert placing.objects[kind].is_round == (kind in ("can", "ball"))
    names = [model.body(k).name for k in range(model.nbody)]
    assert not (KINDS.keys() - {kind}) & set(names), "what was not put down is not there"


def test_the_room_of_a_shape_is_that_of_its_points() -> None:
    point = '<body name="far" mocap="true"><geom size="1e-6"/></body></worldbody>'
    model = mujoco.MjModel.from_xml_string(TABLE.replace("</worldbody>", point))
    data = mujoco.MjData(model)
    directions = np.random.default_rng(5).normal(size=(20, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    # The farthest point along a direction is the one that is nearest to a point far away in it.
    for geom in range(1, model.ngeom - 1):
        for direction in directions:
            data.mocap_pos[0] = data.geom_xpos[geom] + 100.0 * direction
            mujoco.mj_forward(model, data)
            apart = mujoco.mj_geomDistance(model, data, geom, model.ngeom - 1, 200.0, np.zeros(6))
            expected = float(data.mocap_pos[0] @ direction) - apart
            (found,) = support(model, data, geom, direction[None])
            assert found == pytest.approx(expected, abs=1e-3), model.geom(geom).name


def test_a_turn_turns_it_and_further_ones_are_copies_that_lie_still(tmp_path: Path) -> None:
    turned = math.radians(30.0)
    put = [PlacedObject("sign", 0.5, -0.1, 0.0), PlacedObject("sign", 0.6, 0.1, turned)]
    site, _ = laid(tmp_path, *put)
    world = ArticulatedWorld(site, TIMING)
    before = world.data.body("sign").xmat.reshape(3, 3), world.data.body("sign.2").xmat.reshape(3, 3)
    cos, sin = math.cos(turned), math.sin(turned)
    np.testing.assert_allclose(
        before[1], np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]]) @ before[0], atol=1e-12
    )
    start = world.data.body("sign.2").xpos.copy()
    for _ in range(20):
        mujoco.mj_step(world.model, world.data)
    np.testing.assert_allclose(world.data.body("sign.2").xpos, start, atol=2e-3)


def test_labels_and_allowed_contacts_go_with_what_is_there_and_batches_keep_their_channels(
    tmp_path: Path,
) -> None:
    view = CameraSensor("over", ("semantic", "instance"), 64, 48)
    text = TABLE.replace("<worldbody>", '<worldbody><camera name="over" pos=".55 0 2.5" fovy="30"/>', 1)
    asked = {
        "sensors": (("over", view),),
        "labels": (("can", "tin"), ("ball", "toy")),
        "allow": (("fore", "can"),),
    }
    none, _ = laid(tmp_path)
    two = laid(tmp_path, PlacedObject("can", 0.75, -0.2, 0.0), PlacedObject("can", 0.75, 0.2, 0.0))[0]
    sites = [replace(arm(tmp_path, text, **asked), put=site.put) for site in (none, two)]  # type: ignore[arg-type]
    with batch() as worlds:
        channels = worlds.reset(sites).channels
        seen, bodies = channels["over.semantic"], channels["over.instance"][1]
        entries = worlds.embodiment.channel("over.instance").classes
        assert {entries[k] for k in np.unique(bodies[seen[1] == 1])} == {"can", "copy 1"}
        assert worlds._worlds[1]._machine.allow == (("fore", "can"), ("fore", "can.2"))
        assert worlds._worlds[0]._machine.allow == ()
    assert seen[0].max() == 0, "nothing that has a class is there"
    found, columns = np.nonzero(seen[1] == 1), seen[1].any(axis=0)
    assert len(found[0]) > 20 and not columns[32 - 3 : 32 + 3].any(), "two cans, apart"


def test_what_would_stand_inside_something_is_refused_with_both_names(tmp_path: Path) -> None:
    text = TABLE.replace(
        "<worldbody>", '<worldbody><geom name="lamp" type="cylinder" size=".05 .2" pos=".6 .1 .8"/>', 1
    )
    site = replace(arm(tmp_path, text), put=laid(tmp_path, PlacedObject("can", 0.6, 0.12, 0.0))[0].put)
    arm(tmp_path, text)
    with pytest.raises(ValueError, match=r"'can' was put down \d+ mm inside 'lamp': keep that place free"):
        ArticulatedWorld(site, TIMING)


def test_what_lies_beside_every_surface_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"'can' at \(2, 0\) stands on no surface"):
        laid(tmp_path, PlacedObject("can", 2.0, 0.0, 0.0))


@pytest.mark.parametrize(
    ("geom", "within", "message"),
    [
        ("table", Rectangle(0.3, -0.3, 0.9, 0.3), "reaches beyond the top of geom 'table'"),
        ("floor", Rectangle(-3.0, -3.0, 3.1, 3.0), "reaches beyond the top of geom 'floor'"),
        ("post", Rectangle(-0.04, -0.04, 0.04, 0.04), "reaches beyond the top of geom 'post'"),
        ("post", None, "is no rectangle along x and y"),
        ("pill", None, "has no level top"),
        ("upper", None, "has no level top"),
        ("rock", None, "has no level top"),
    ],
)
def test_a_surface_is_level_and_no_larger_than_it_is(
    tmp_path: Path, geom: str, within: Rectangle | None, message: str
) -> None:
    arm(tmp_path, TABLE)
    with pytest.raises(NativeError, match=message):
        MjcfFile(tmp_path / "arm.xml").surface(geom, within)


def test_surfaces_are_where_the_file_has_them(tmp_path: Path) -> None:
    text = TABLE.replace(
        "<worldbody>",
        '<worldbody><geom name="desk" type="box" size=".1 .3 .5" pos="2 0 1" euler="90 0 90"/>'
        '<geom name="aslant" type="box" size=".3 .3 .1" euler="0 0 45"/>'
        '<geom name="tilted" type="box" size=".3 .3 .1" euler="0 5 0"/>'
        '<geom name="endless" type="plane" size="0 0 1"/>',
        1,
    )
    arm(tmp_path, text)
    file = MjcfFile(tmp_path / "arm.xml")
    desk = file.surface("desk", None)
    assert desk.height_m == pytest.approx(1.1)
    area = desk.area
    assert (area.x_min, area.y_min, area.x_max, area.y_max) == pytest.approx((1.7, -0.5, 2.3, 0.5))
    within = Rectangle(-0.2, -0.2, 0.2, 0.2)
    assert file.surface("aslant", within).height_m == pytest.approx(0.1)
    assert file.surface("endless", within).height_m == 0.0
    assert file.surface("post", Rectangle(-0.03, -0.03, 0.03, 0.03)).height_m == pytest.approx(0.9)
    for name, message in (("aslant", "no rectangle"), ("tilted", "is not level"), ("endless", "has no end")):
        with pytest.raises(NativeError, match=message):
            file.surface(name, None)


def test_copies_of_two_bodies_leave_the_stored_pose_one_and_whole(tmp_path: Path) -> None:
    """Each copy would bring a pose ``up.2`` of its own, and two of one name are no model."""
    at = [("can", 0.4, -0.2), ("can", 0.4, 0.2), ("ball", 0.7, -0.2), ("ball", 0.7, 0.2)]
    site, _ = laid(tmp_path, *(PlacedObject(kind, x, y, 0.0) for kind, x, y in at), pose="up")
    world = ArticulatedWorld(site, TIMING)
    assert [world.model.key(k).name for k in range(world.model.nkey)] == ["up"]
    shoulder = int(world.model.joint("shoulder").qposadr[0])
    assert world.data.qpos[shoulder] == -0.5


def test_bodies_without_a_name_keep_their_number_whatever_is_taken_out_or_copied(tmp_path: Path) -> None:
    nameless = '<body pos="{} 2 1"><geom name="{}" size=".05"/></body>'
    text = ARM.replace(
        '<geom name="cube"', '<body><geom name="lid" size=".01"/></body><geom name="cube"'
    ).replace("</worldbody>", nameless.format(1, "one") + nameless.format(2, "two") + "</worldbody>")
    site = arm(tmp_path, text)
    placing = Placing(
        {"top": MjcfFile(tmp_path / "arm.xml").surface("table", Rectangle(0.3, -0.3, 0.8, 0.3))},
        {"cube": MjcfFile(tmp_path / "arm.xml").placeable("cube")},
    )
    cubes = [PlacedObject("cube", 0.4, y, 0.0) for y in (-0.2, 0.2)]
    numbers = []
    for placed in ([], cubes[:1], cubes):
        world = ArticulatedWorld(replace(site, put=placing.put(placed)), TIMING)
        drawn, model = world._machine.drawn, world.model
        owner = {model.geom(g).name: int(model.geom_bodyid[g]) for g in range(model.ngeom)}
        numbers.append({name: int(drawn.numbers[body + 1]) for name, body in owner.items()})
    alone, one, two = numbers
    assert {name: two[name] for name in one} == one
    assert {name: one[name] for name in alone} == alone
    assert len(set(two.values())) == world.model.nbody
    assert [drawn.bodies[two[name]] for name in ("one", "two")] == ["body 6", "body 7"]
    assert {drawn.bodies[two[name]] for name in ("cube.2", "lid.2")} == {"copy 1", "copy 2"}


def test_the_top_of_a_mesh_is_where_its_hull_is_level_and_as_large_as_that(tmp_path: Path) -> None:
    # A table with six corners, its legs drawn in, turned by 90 degrees: 0.5 to 1.1 along Y at X from 1.8 to 2.2.
    rim = "-.3 0 .7  -.2 .2 .7  .2 .2 .7  .3 0 .7  .2 -.2 .7  -.2 -.2 .7"
    text = TABLE.replace("<asset>", f'<asset><mesh name="desk" vertex="{rim}  -.1 0 0  .1 .1 0  .1 -.1 0"/>')
    text = text.replace(
        "<worldbody>",
        '<worldbody><geom name="desk" type="mesh" mesh="desk" pos="2 .8 .1" euler="0 0 90"/>',
        1,
    )
    arm(tmp_path, text)
    file = MjcfFile(tmp_path / "arm.xml")
    whole = file.surface("desk", Rectangle(1.81, 0.61, 2.19, 0.99))
    assert whole.height_m == pytest.approx(0.8, abs=1e-6)
    file.surface("desk", Rectangle(1.8, 0.6, 2.2, 1.0))
    for beyond in (Rectangle(1.81, 0.55, 2.19, 0.99), Rectangle(1.79, 0.61, 2.19, 0.99)):
        with pytest.raises(NativeError, match="reaches beyond the top of geom 'desk'"):
            file.surface("desk", beyond)
    with pytest.raises(NativeError, match=r"a mesh, has no sides to go by; add within"):
        file.surface("desk", None)
