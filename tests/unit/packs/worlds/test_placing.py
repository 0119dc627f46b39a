"""What a pack says of objects that are put down in a file of its own, and what the linter says of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from simgate.harness.expansion.errors import ExpansionError
from simgate.harness.expansion.expand import expand_pack
from simgate.harness.expansion.variant import objects_of
from simgate.harness.packs.loader import lint, load_pack
from simgate.harness.packs.schema.pack_schema import pack_schema
from simgate.harness.packs.worlds import world_of
from simgate.harness.scoring import metrics
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.native.build import build_native
from tests.unit.packs.plain_data import data_of
from tests.unit.sim_adapters.articulated.machines import ARM

SITE = ARM.replace(
    "</worldbody>",
    '<body name="can" pos="0 2 1"><freejoint/><geom name="can" type="cylinder" size=".03 .05"/></body>'
    '<body name="cart" pos="-2 0 .2"><geom name="hull" size=".2"/>'
    '<camera name="front" xyaxes="0 -1 0 0 0 1"/></body><site name="mark" pos=".3 0 .6"/></worldbody>',
).replace(".65 1 0 0 0", ".65 1 0 0 0 0 0 0 1 0 0 0")
PACK = """\
simgate: 1
pack: arm
policy: door_navigator
sim: {physics_hz: 200, control_hz: 20}
scenarios:
  lifts:
    title: lifts
    severity: major
    world:
      mjcf: arm.xml
      robot: {body: base, drive: {joints: all, mode: position, kp: 100}}
      set: {grip: geom/floor.friction.slide}
      objects: [cube, can]
      surfaces: {top: {top_of: table, within: [0.3, -0.3, 0.8, 0.3]}}
      keep_clear: {hand: {at: mark, radius_m: 0.1}}
    task:
      signals: {height_m: {position: body/cube, axis: z}}
      success: height_m > 0.8 for 0.5 s
    place:
      one: {count: 1, kinds: cube, region: top, clearance_m: 0.02}
      more: {count: {integers: [0, 3]}, kinds: {choice: [can, cube]}, region: top, keep_clear: [hand]}
    variants: {count: 20}
    accept: {success: {equals: true}}
"""
DRIVING = """\
    world:
      mjcf: arm.xml
      robot: {body: cart, camera: front}
      goal: [-4, 0]
      labels: {can: bin}
      objects: [cube, can]
      surfaces: {yard: {top_of: floor, within: [1.2, -2, 2, 2]}}
    place: {cans: {count: 2, kinds: can, region: yard}}
    accept: {collisions: {at_most: 0}}
"""


def said(folder: Path, text: str) -> list[tuple[int, str, str, str]]:
    """Line, code, message and hint of everything that is wrong."""
    (folder / "arm.xml").write_text(SITE)
    path = folder / "pack.yaml"
    path.write_text(text)
    found = lint([path], metrics, date(2026, 11, 28))
    return [(d.line, d.code, d.message, d.hint) for d in found]


def test_objects_of_a_file_are_put_down_apart_and_a_manifest_keeps_how(tmp_path: Path) -> None:
    assert said(tmp_path, PACK) == []
    Draft202012Validator(pack_schema(metrics)).validate(data_of(tmp_path / "pack.yaml"))
    pack = load_pack(tmp_path / "pack.yaml", metrics)
    assert type(pack).model_validate_json(pack.model_dump_json()) == pack
    (scenario,) = pack.scenarios
    world = world_of(pack, scenario)
    many = 0
    for variant in expand_pack(pack):
        put = world.build(variant.parameters, objects_of(variant)).put  # type: ignore[attr-defined]
        assert "cube" in [one.body for one in put.placed]
        assert len({one.body + one.suffix for one in put.placed}) == len(put.placed)
        many += len(put.placed) > 2
        for one in put.placed:
            x, y, z = one.position
            assert 0.3 <= x <= 0.8 and -0.3 <= y <= 0.3 and z == pytest.approx(0.65)
    assert many > 3


def test_a_driving_robot_meets_what_was_put_onto_its_floor(tmp_path: Path) -> None:
    start, rest = (
        PACK[: PACK.index("    world:\n")],
        PACK[PACK.index("    variants") : PACK.index("    accept")],
    )
    assert said(tmp_path, start + DRIVING + rest) == []
    pack = load_pack(tmp_path / "pack.yaml", metrics)
    (scenario,) = pack.scenarios
    variant = expand_pack(pack)[0]
    scene = world_of(pack, scenario).build(variant.parameters, objects_of(variant))
    assert scene.native is not None
    assert scene.native.labels == (("can", "bin"), ("can.2", "bin"))
    built = build_native(scene, Timing(200, 20, 20))
    assert {"can", "can.2"} <= set(built.names) and "cube" not in built.names
    for body, item in zip(("can", "can.2"), variant.placed, strict=True):
        assert built.model.body(body).pos == pytest.approx((item.x, item.y, 0.05), abs=1e-9)


@pytest.mark.parametrize(
    ("before", "after", "line", "code", "message", "hint"),
    [
        ("[cube, can]", "[cub, can]", 13, "unknown-element", "the file has no body 'cub'", "did you mean 'cube'?"),
        ("[cube, can]", "[cube, can, can]", 13, "wrong-value", "'can' stands twice in objects", "makes copies"),
        ("[cube, can]", "[cube, can, fore]", 13, "unknown-element", "body 'fore' hangs on another body", "'upper'"),
        ("[cube, can]", "[cube, can, base]", 13, "wrong-value", "body 'base' is the robot", "out of objects"),
        ("top_of: table", "top_of: tabel", 14, "unknown-element", "no geom 'tabel'", "did you mean 'table'?"),
        ("top_of: table", "top_of: cube", 14, "unknown-element", "'within' reaches beyond the top of", "smaller"),
        ("0.3, -0.3, 0.8, 0.3", "0.3, -0.3, 0.9, 0.3", 14, "unknown-element", "'within' reaches beyond", "smaller"),
        ("0.3, -0.3, 0.8, 0.3", "0.3, -0.3, 0.8", 14, "wrong-type", "[x_min, y_min, x_max, y_max]", ""),
        ("0.3, -0.3, 0.8, 0.3", "0.8, -0.3, 0.3, 0.3", 14, "empty-range", "nothing lies within", "x_min"),
        ("{top: {", "{low: {top_of: floor, within: [0, 0, 1, 1]}, top: {", 14, "wrong-value",
         "surface 'top' lies over or under 'low'", "narrow them by within"),
        ("at: mark", "at: marc", 15, "unknown-element", "the file has no site 'marc'", "did you mean 'mark'?"),
        ("at: mark, radius_m: 0.1", "at: mark", 15, "missing-key", "'radius_m'", ""),
        ("region: top, clear", "region: tap, clear", 20, "unknown-region", "no region 'tap'", "did you mean 'top'?"),
        ("kinds: cube", "kinds: table", 20, "unknown-kind", "no kind of object 'table'", "cube"),
        ("count: 1,", "count: {integers: [0, 1]},", 20, "unknown-element",
         "signal 'height_m' is of what a variant may leave out: there the file has no body 'cube'", "a group of count"),
        ("grip: geom", "x: body/cube.pos.x, grip: geom", 13, "wrong-value",
         "'set' changes the place or size of 'cube' by body/cube.pos.x", "take body/cube.pos.x out of set"),
        ("grip: geom", "x: geom/can.size.x, grip: geom", 13, "wrong-value", "place or size of 'can'", "out of set"),
        ("grip: geom", "x: geom/table.pos.z, grip: geom", 14, "wrong-value", "place or size of 'table'", "out of set"),
        ("grip: geom", "x: site/mark.pos.x, grip: geom", 15, "wrong-value", "what is kept clear would stay", "of set"),
    ],
)  # fmt: skip
def test_what_cannot_be_put_down_is_named_at_its_place(
    tmp_path: Path, before: str, after: str, line: int, code: str, message: str, hint: str
) -> None:
    assert before in PACK
    (found, *_) = said(tmp_path, PACK.replace(before, after, 1))
    assert found[:2] == (line, code), found
    assert message in found[2]
    assert hint in found[3]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("at: mark, radius_m: 0.1", "at: [0.55, 0], radius_m: 1", "no room for a 'c"),
        ("[0, 3]", "[90, 90]", "no arrangement without overlap"),
    ],
)
def test_what_does_not_fit_is_said_when_variants_are_made(
    tmp_path: Path, before: str, after: str, message: str
) -> None:
    assert said(tmp_path, PACK.replace(before, after)) == []
    with pytest.raises(ExpansionError, match=message):
        expand_pack(load_pack(tmp_path / "pack.yaml", metrics))


def test_colours_and_masses_of_what_is_put_down_may_vary(tmp_path: Path) -> None:
    assert (
        said(tmp_path, PACK.replace("grip: geom", "kg: geom/cube.mass, tint: geom/can.rgba, grip: geom"))
        == []
    )


def test_a_signal_of_what_a_parameter_takes_away_is_refused(tmp_path: Path) -> None:
    there = (
        PACK.replace("[cube, can]", "[can]")
        .replace("kinds: cube,", "kinds: can,")
        .replace("[can, cube]", "[can]")
    )
    assert said(tmp_path, there) == []
    switched = there.replace("grip: geom", "cube.there: body/cube.present, grip: geom").replace(
        "    place:", "    parameters: {cube.there: {bool: 0.5}}\n    place:"
    )
    (found,) = said(tmp_path, switched)
    assert found[1:3] == (
        "unknown-element",
        "signal 'height_m' is of what a variant may leave out: there the file has no body 'cube'",
    )
