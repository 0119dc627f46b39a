"""Units of a stage and of what it is put together from, and values that exist at times alone."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("pxr", reason="needs simgate[usd]")

from simgate.sim_adapters.usd.native.stage_file import UsdFile
from simgate.sim_adapters.usd.native.variant_stage import VariantStage
from simgate.sim_adapters.worlds.native_file import NativeError
from tests.unit.sim_adapters.native_world import scene_of
from tests.unit.sim_adapters.usd.native_stages import CUBE, TIMING, YARD, with_prim, write_yard, yard_world

CHAIR = """\
#usda 1.0
(
    defaultPrim = "Chair"
    UNITS
)
def Xform "Chair" ( prepend apiSchemas = ["PhysicsRigidBodyAPI", "PhysicsMassAPI"] )
{
    MASS
    def Cube "Seat" ( prepend apiSchemas = ["PhysicsCollisionAPI"] )
    {
        double size = 40
    }
}
"""


def refused(path: Path) -> str:
    with pytest.raises(NativeError) as caught:
        UsdFile(path)
    return str(caught.value)


def yard_with_chair(folder: Path, units: str, place: str = "", mass: str = "") -> Path:
    (folder / "chair.usda").write_text(CHAIR.replace("UNITS", units).replace("MASS", mass))
    chair = f'    def "Chair" ( prepend references = @./chair.usda@ )\n    {{\n        {place}\n    }}\n'
    return write_yard(folder, with_prim(chair))


def test_a_stage_in_grams_is_not_read_as_kilograms(tmp_path: Path) -> None:
    text = YARD.replace("metersPerUnit = 1\n", "metersPerUnit = 1\n    kilogramsPerUnit = 0.001\n")
    said = refused(write_yard(tmp_path, text))
    assert "kilogramsPerUnit is 0.001" in said
    assert "metres and kilograms" in said


SCALED = 'float3 xformOp:scale = ({0}, {0}, {0})\n uniform token[] xformOpOrder = ["xformOp:scale"]'
TURNED = 'double xformOp:rotateX = 90\n uniform token[] xformOpOrder = ["xformOp:rotateX"]'
UNCONVERTED = [
    ("metersPerUnit = 0.01", "", "", "scale that prim by 0.01, or save chair.usda"),
    ("metersPerUnit = 0.01", SCALED.format(0.9), "", "scale that prim by 0.01"),
    ('upAxis = "Y"', "", "", "turn that prim so that Y points up"),
    ('metersPerUnit = 0.01\n upAxis = "Y"', SCALED.format(0.01), "", "turn that prim"),
    ("kilogramsPerUnit = 0.001", "", "float physics:mass = 5000", "masses and densities in kilograms"),
]  # fmt: skip


@pytest.mark.parametrize(("units", "place", "mass", "hint"), UNCONVERTED)
def test_what_is_referred_to_in_other_units_is_refused_where_it_stands(
    tmp_path: Path, units: str, place: str, mass: str, hint: str
) -> None:
    said = refused(yard_with_chair(tmp_path, units, place, mass))
    assert "'/World/Chair' shows chair.usda" in said
    assert hint in said


CONVERTED = [
    ("", "", ""),  # says nothing
    ("metersPerUnit = 1", "", ""),
    ("metersPerUnit = 0.01", SCALED.format(0.01), ""),
    ("metersPerUnit = 0.01", SCALED.format(0.013), ""),  # a somewhat larger chair
    ('upAxis = "Y"', TURNED, ""),
    ("kilogramsPerUnit = 0.001", "", ""),  # gives no mass
]


@pytest.mark.parametrize(("units", "place", "mass"), CONVERTED)
def test_what_is_converted_where_it_stands_is_read(tmp_path: Path, units: str, place: str, mass: str) -> None:
    assert UsdFile(yard_with_chair(tmp_path, units, place, mass)).sha256


def test_units_are_those_of_the_file_that_refers_and_not_of_the_stage(tmp_path: Path) -> None:
    """A part in metres inside an asset in centimetres is a hundred times too small, however right the asset is."""
    (tmp_path / "part.usda").write_text(
        '#usda 1.0\n(\n defaultPrim = "P"\n metersPerUnit = 1\n)\ndef Cube "P"\n{\n}\n'
    )
    part = 'def "Part" ( prepend references = @./part.usda@ )\n{ PLACE\n}'
    path = yard_with_chair(tmp_path, "metersPerUnit = 0.01", SCALED.format(0.01), part)
    chair = tmp_path / "chair.usda"
    text = chair.read_text()
    chair.write_text(text.replace("PLACE", ""))
    assert "'/World/Chair/Part' shows part.usda" in refused(path)
    chair.write_text(text.replace("PLACE", SCALED.format(100)))
    assert UsdFile(path).sha256


def test_a_sublayer_in_other_units_is_refused_when_it_has_lengths(tmp_path: Path) -> None:
    head = "#usda 1.0\n(\n metersPerUnit = 0.01\n)\n"
    layer = tmp_path / "dressing.usda"
    path = write_yard(
        tmp_path, YARD.replace("metersPerUnit = 1\n", "metersPerUnit = 1\n subLayers = [@./dressing.usda@]\n")
    )
    layer.write_text(
        head + 'over "World"\n{\n over "Cube"\n {\n  double3 xformOp:translate = (300, 0, 60)\n }\n}\n'
    )
    assert "sublayer dressing.usda metersPerUnit is 0.01" in refused(path)
    layer.write_text(head + 'over "World"\n{\n over "Sky"\n {\n  float inputs:intensity = 70\n }\n}\n')
    assert UsdFile(path).sha256


TIMED = [
    ("double3 xformOp:translate = (3, 0, 0.6)", "double3 xformOp:translate.timeSamples = { 1: (3, 0, 0.6) }"),
    ("double size = 0.6", "double size.timeSamples = { 1: 0.6, 2: 0.7 }"),
    ("float inputs:opacity = 0.3", "float inputs:opacity.timeSamples = { 0: 0.3 }"),
    ("float inputs:intensity = 60", "float inputs:intensity.timeSamples = { 0: 60 }"),
    ("float inputs:intensity = 60", "float inputs:intensity.spline = { 0: 60 }"),
    ("double size = 0.6", 'double size = 0.6\n token visibility.timeSamples = { 0: "invisible" }'),
    ("float physics:mass = 20", "float physics:mass.timeSamples = { 0: 20 }"),
    ("float focalLength = 18", "float focalLength.timeSamples = { 0: 18 }"),
]


@pytest.mark.parametrize(("right", "wrong"), TIMED)
def test_a_value_at_times_alone_is_refused_by_name(tmp_path: Path, right: str, wrong: str) -> None:
    assert YARD.count(right) == 1
    name = wrong.split(".timeSamples", maxsplit=1)[0].split(".spline", maxsplit=1)[0].rsplit(maxsplit=1)[-1]
    said = refused(write_yard(tmp_path, YARD.replace(right, wrong)))
    assert f".{name}' has values over time and none without a time" in said


def test_an_animation_with_a_default_is_hidden_from_every_simulator(tmp_path: Path) -> None:
    moving = "double3 xformOp:translate = (3, 0, 0.6)\n double3 xformOp:translate.timeSamples = { 0: (9, 0, 0), 9: (3, 0, 0) }"
    path = write_yard(tmp_path, YARD.replace("double3 xformOp:translate = (3, 0, 0.6)", moving))
    shown = VariantStage(scene_of(yard_world(path)), TIMING)
    place = shown.stage.GetAttributeAtPath(f"{CUBE}.xformOp:translate")
    assert [tuple(place.Get(time)) for time in (0.0, 4.0)] == [(3, 0, pytest.approx(0.6))] * 2
    assert place.GetNumTimeSamples() == 0
    target = f"{CUBE}.xformOp:translate.x"
    moved = VariantStage(scene_of(yard_world(path, {"x": target}), x=2.0), TIMING)
    assert moved.stage.GetAttributeAtPath(f"{CUBE}.xformOp:translate").Get(4.0)[0] == 2.0
