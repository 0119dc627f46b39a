"""``world: {usd: FILE}``: what a stage says of itself, what can be set in it, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("pxr", reason="needs simgate[usd]")

from simgate.sim_adapters.mujoco.world_state import MujocoWorld
from simgate.sim_adapters.usd.native.stage_file import UsdFile
from simgate.sim_adapters.usd.native.variant_stage import VariantStage
from simgate.sim_adapters.worlds.native_file import NativeError
from tests.unit.sim_adapters.native_world import scene_of
from tests.unit.sim_adapters.usd.native_stages import (
    CART,
    CRATE,
    CUBE,
    GLASS,
    PANE,
    TIMING,
    WALL,
    YARD,
    with_prim,
    write_yard,
    yard_world,
)


@pytest.fixture
def yard(tmp_path: Path) -> Path:
    return write_yard(tmp_path)


def test_the_robot_is_measured_by_what_can_touch(yard: Path) -> None:
    facts = UsdFile(yard).robot(CART, None)
    assert facts.start == (0.0, 0.0, 0.0)
    assert facts.radius_m == pytest.approx(0.25)
    assert facts.height_m == pytest.approx(0.45)  # the arm's top: 0.1 + 0.3 + 0.05
    assert facts.mass_kg == pytest.approx(22.0)


def test_a_robot_without_masses_has_the_mass_of_water(tmp_path: Path) -> None:
    text = YARD.replace("float physics:mass = 20", "").replace("float physics:mass = 2\n", "")
    volume = 3.14159265 * 0.25**2 * 0.2 + 0.1**3
    assert UsdFile(write_yard(tmp_path, text)).robot(CART, None).mass_kg == pytest.approx(
        1000 * volume, rel=1e-4
    )


def test_a_camera_is_read_from_aperture_and_focal_length(yard: Path) -> None:
    seen = UsdFile(yard).camera(f"{CART}/Front", CART)
    assert (seen.width, seen.height) == (200, 120)
    assert seen.vertical_fov_deg == pytest.approx(60.0, abs=1e-4)
    assert seen.position == pytest.approx((0.2, 0.0, 0.5))
    assert seen.pitch_deg == pytest.approx(0.0, abs=1e-4)
    assert UsdFile(yard).point("/World/Dock") == (4.0, 1.5)


TARGETS = [
    (f"{CUBE}.pos.x", 3.0, "m", 3.4),
    (f"{CUBE}.turn_deg", 0.0, "deg", 30.0),
    (f"{PANE}.inputs:opacity", 0.3, "", 0.5),  # through the material that it is drawn with
    (f"{GLASS}.inputs:opacity", 0.3, "", 0.5),
    ("/World/Lamp.inputs:intensity", 2000.0, "", 500.0),
    ("/World/Lamp.pos.z", 3.0, "m", 2.5),
    ("/World/Lamp.xformOp:translate.z", 3.0, "m", 2.5),
    (f"{CART}/Front.fovy", 60.0, "deg", 75.0),
    (f"{CART}/Front.pitch_deg", 0.0, "deg", -5.0),
    ("/World/Looks/Red/Surface.inputs:diffuseColor", 0.6, "", 0.3),
    ("/World/Looks/Red/Surface.inputs:diffuseColor.g", 0.01, "", 0.3),
    (f"{CRATE}/Box.primvars:displayColor", 0.5, "", 0.25),
    (f"{CRATE}/Box.primvars:displayOpacity", 1.0, "", 0.5),
    (f"{CUBE}.size", 0.6, "", 0.4),
]


@pytest.mark.parametrize(("target", "default", "unit", "value"), TARGETS)
def test_a_target_takes_a_number_and_has_it_afterwards(
    yard: Path, tmp_path: Path, target: str, default: float, unit: str, value: float
) -> None:
    spec = UsdFile(yard).target(target, CART)
    assert (spec.kind, spec.unit) == ("number", unit)
    assert spec.default == pytest.approx(default, abs=1e-4)
    shown = VariantStage(scene_of(yard_world(yard, {"it": target}), it=value), TIMING)
    path = tmp_path / "set.usda"
    shown.stage.Flatten().Export(str(path))
    expected = (
        0.0 if target.endswith(("turn_deg", "pitch_deg")) else value
    )  # added to the file's own, which it is now
    assert UsdFile(path).target(target).default == pytest.approx(expected, abs=1e-4)


def test_a_colour_keeps_its_hue(yard: Path) -> None:
    target = f"{CRATE}/Box.primvars:displayColor"
    shown = VariantStage(scene_of(yard_world(yard, {"it": target}), it=0.25), TIMING)
    (colour,) = shown.stage.GetPrimAtPath(f"{CRATE}/Box").GetAttribute("primvars:displayColor").Get()
    assert tuple(colour) == pytest.approx((0.25, 0.125, 0.0625))
    assert UsdFile(yard).whole(target) == pytest.approx((0.5, 0.25, 0.125))


def test_words_of_the_stage_are_choices(yard: Path) -> None:
    material = UsdFile(yard).target(f"{CUBE}.material")
    assert (material.kind, material.default) == ("choice", "/World/Looks/Red")
    assert material.choices == ("/World/Looks/Red", "/World/Looks/Clear")
    shown = UsdFile(yard).target(f"{CUBE}.visibility")
    assert (shown.default, shown.choices) == ("inherited", ("inherited", "invisible"))
    assert UsdFile(yard).target(f"{CUBE}.present").kind == "bool"


WRONG = [
    ("World/Cube.pos.x", "is no target", "write /Path/of/prim.attribute"),
    ("/World/Cube", "is no target", "write"),
    ("/World/Kube.pos.x", "no prim '/World/Kube'", ""),
    (f"{CUBE}.pos", "has several values", "say which: pos.x, pos.y, pos.z"),
    (f"{CUBE}.pos.w", "has no 'w'", "pos.x"),
    (f"{CUBE}.size.x", "is one value", "leave '.x' out"),
    (f"{CUBE}.sise", "no attribute 'sise'", ""),
    (f"{CUBE}.fovy", "is no camera", "it is a Cube"),
    (f"{PANE}.inputs:roughness", "is connected to", "set that"),
    (f"{WALL}.material", "has no material", "give it one"),
    (f"{CUBE}.doubleSided.x", "is one value", ""),
    (f"{CART}.pos.x", "is the robot", "robot.start_x_m"),
    (f"{CART}.turn_deg", "is the robot", "robot.start_yaw_deg"),
    ("/World.present", "is the robot", "robot.start_x_m"),
    (f"{CUBE}.extent", "several values", ""),
]  # fmt: skip


@pytest.mark.parametrize(("target", "message", "hint"), WRONG)
def test_a_wrong_target_says_what_is_there(yard: Path, target: str, message: str, hint: str) -> None:
    with pytest.raises(NativeError, match=message) as caught:
        UsdFile(yard).target(target, CART)
    assert hint in caught.value.hint
    if caught.value.unknown:
        assert caught.value.known


IDLE = [
    ("double3 xformOp:rotateXYZ = (0, 0, 9)", f"{CUBE}.xformOp:rotateXYZ.z", "it is not in xformOpOrder"),
    ("color3f[] primvars:displayColor = [(1, 0, 0)]", f"{CUBE}.primvars:displayColor", "drawn with a material"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "target", "why"), IDLE)
def test_a_target_on_which_nothing_depends_is_refused(
    tmp_path: Path, text: str, target: str, why: str
) -> None:
    yard = YARD.replace("double size = 0.6", f"double size = 0.6\n{text}", 1)
    with pytest.raises(NativeError, match=f"has no effect: .*{why}"):
        UsdFile(write_yard(tmp_path, yard)).target(target, CART)


def test_a_colour_temperature_counts_where_it_is_switched_on(tmp_path: Path) -> None:
    warm, target = "float inputs:colorTemperature = 3000", "/World/Lamp.inputs:colorTemperature"
    yard = YARD.replace("float inputs:radius = 0.1", f"float inputs:radius = 0.1\n{warm}", 1)
    with pytest.raises(NativeError, match="has no effect: inputs:enableColorTemperature is off"):
        UsdFile(write_yard(tmp_path, yard)).target(target)
    lit = yard.replace(warm, f"{warm}\nbool inputs:enableColorTemperature = 1")
    assert UsdFile(write_yard(tmp_path, lit)).target(target).default == 3000.0


BROKEN = [
    (YARD.replace("metersPerUnit = 1", "metersPerUnit = 0.01"), "metersPerUnit is 0.01"),
    (YARD.replace('upAxis = "Z"', 'upAxis = "Y"'), "upAxis is Y"),
    (
        YARD.replace('"Red"\n', '"Red" (\n prepend references = @./no.usda@\n)\n'),
        r"does not exist: .*no\.usda",
    ),
    ("#usda 1.0\ndef Xform {", "OpenUSD cannot read it"),
    (with_prim('    def PointInstancer "Trees"\n    {\n    }\n'), "PointInstancer, which cannot be read"),
]


@pytest.mark.parametrize(("text", "message"), BROKEN)
def test_a_file_that_cannot_be_a_world_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(NativeError, match=message):
        UsdFile(write_yard(tmp_path, text))


UNFIT = [
    (
        'def Xform "Cart"\n    {',
        'def Xform "Cart"\n    {\n        float3 xformOp:scale = (2, 2, 2)',
        "is scaled",
    ),
    ('def Xform "Cart"\n    {', 'def Xform "Cart"\n    {\n        double xformOp:rotateX = 20', "is tilted"),
]


@pytest.mark.parametrize(("right", "wrong", "message"), UNFIT)
def test_a_robot_that_cannot_drive_is_refused(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    op = wrong.rpartition("xformOp:")[2].partition(" ")[0]
    head, _, tail = YARD.partition(right)
    tail = tail.replace('["xformOp:translate"]', f'["xformOp:translate", "xformOp:{op}"]', 1)
    with pytest.raises(NativeError, match=message):
        UsdFile(write_yard(tmp_path, head + wrong + tail)).robot(CART, None)


def test_a_robot_below_something_that_is_moved_is_refused(tmp_path: Path) -> None:
    ops = '    double3 xformOp:translate = (1, 0, 0)\n    uniform token[] xformOpOrder = ["xformOp:translate"]\n'
    text = YARD.replace('def Xform "World"\n{\n', f'def Xform "World"\n{{\n{ops}', 1)
    with pytest.raises(NativeError, match="which is moved"):
        UsdFile(write_yard(tmp_path, text)).robot(CART, None)


def test_a_joint_of_the_site_needs_a_simulator_with_joints(tmp_path: Path) -> None:
    joint = f'    def PhysicsRevoluteJoint "Hinge"\n    {{\n        rel physics:body1 = <{CRATE}>\n    }}\n'
    file = UsdFile(write_yard(tmp_path, with_prim(joint)))
    file.robot(CART, None)
    assert file.adapters == ("isaacsim", "physx")
    plain = UsdFile(write_yard(tmp_path))
    plain.robot(CART, None)
    assert plain.adapters == ("isaacsim", "mujoco", "physx")


def test_a_changed_file_below_is_another_world(tmp_path: Path) -> None:
    (tmp_path / "crate.usda").write_text('#usda 1.0\n(\n    defaultPrim = "C"\n)\ndef Cube "C"\n{\n}\n')
    reference = '    def Xform "More" (\n        prepend references = @./crate.usda@\n    )\n    {\n    }\n'
    path = write_yard(tmp_path, with_prim(reference))
    before = UsdFile(path)
    assert [file.name for file in before.files] == ["yard.usda", "crate.usda"]
    scene = scene_of(yard_world(path))
    VariantStage(scene, TIMING)
    (tmp_path / "crate.usda").write_text('#usda 1.0\n(\n    defaultPrim = "C"\n)\ndef Sphere "C"\n{\n}\n')
    with pytest.raises(ValueError, match="restore it, or start a new run"):
        VariantStage(scene, TIMING)
    assert UsdFile(path).sha256 != before.sha256


PLACE = 'double3 xformOp:translate = (0, 6, 1)\nuniform token[] xformOpOrder = ["xformOp:translate"]\n'


def solid(kind: str, more: str, apis: str = "") -> str:
    """The yard with one more shape that can be touched, away from the rest."""
    return with_prim(
        f'def {kind} "M" ( prepend apiSchemas = ["PhysicsCollisionAPI"{apis}] )\n{{\n{PLACE}{more}}}\n'
    )


TRIANGLE = "point3f[] points = [(0, 0, 0), (1, 0, 0), (0, 1, POINT)]\nint[] faceVertexCounts = [3]\nint[] faceVertexIndices = [0, 1, 2]\n"
LOOSE = ', "PhysicsRigidBodyAPI"'
NONSENSE = [
    (solid("Mesh", TRIANGLE.replace("POINT", "nan")), "mesh '/World/M' is broken: a point is no number"),
    (solid("Cube", "").replace("(0, 6, 1)", "(0, nan, 1)"), "'/World/M' is at a place that is no number"),
    (solid("Cube", "double size = 0\n"), "'/World/M' has no size"),
    (solid("Sphere", "double radius = nan\n"), "'/World/M' has no size"),
    (solid("Cone", "double height = 0\n"), "'/World/M' has no size"),
    (solid("Plane", "", LOOSE), "'/World/M' is a plane that physics moves"),
    (solid("Cube", "color3f[] primvars:displayColor = [(nan, 0, 0)]\n"), "'/World/M.primvars:displayColor' is no number"),
    (YARD.replace("float inputs:opacity = 0.3", 'string inputs:opacity = "x"'), "'/World/Looks/Clear/Surface.inputs:opacity' is no number: x"),
    (YARD.replace("float inputs:intensity = 60", "float inputs:intensity = nan"), "the light '/World/Sky' has an intensity that is no number"),
    (YARD.replace("float physics:mass = 20", "float physics:mass = nan"), "'/World/Cart/Hull.physics:mass' is nan"),
    (YARD.replace("float physics:mass = 1\n", "float physics:density = -5\n"), "'/World/Crate.physics:density' is -5"),
    (YARD.replace("float focalLength = 18", "float focalLength = 0"), "sees nothing: its focalLength is 0"),
    (YARD.replace("float focalLength", 'token projection = "orthographic"\nfloat focalLength'), "is orthographic"),
    (
        YARD.replace("float focalLength", "float verticalApertureOffset = 2\nfloat focalLength"),
        "is shifted: its verticalApertureOffset is 2",
    ),
    (YARD.replace("verticalAperture = 20.78461", "verticalAperture = 0"), "sees nothing: its verticalAperture is 0"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), NONSENSE)
def test_what_cannot_be_computed_with_is_refused_by_name(tmp_path: Path, text: str, message: str) -> None:
    assert text != YARD
    with pytest.raises(NativeError) as caught:
        yard_world(write_yard(tmp_path, text))
    assert message in caught.value.message


SMALL = [
    solid("Mesh", TRIANGLE.replace("POINT", "0")),
    solid("Mesh", TRIANGLE.replace("POINT", "0"), LOOSE),
    with_prim(f'def Mesh "M"\n{{\n{PLACE}{TRIANGLE.replace("POINT", "0")}}}\n'),
]


@pytest.mark.parametrize("text", SMALL)
def test_a_lone_triangle_can_be_touched_moved_and_seen(tmp_path: Path, text: str) -> None:
    world = MujocoWorld(scene_of(yard_world(write_yard(tmp_path, text))), TIMING)
    world.advance(0.1, 0.0, 20)
    assert world.problems() == ()
    assert [g for g in range(world.built.model.ngeom) if "/World/M#" in world.built.model.geom(g).name]


def test_the_listing_can_be_pasted_into_a_pack(yard: Path) -> None:
    file = UsdFile(yard)
    rows = file.listing()
    assert (f"{CUBE}.pos.x", "m", "3.0") in rows
    assert (f"{GLASS}.inputs:opacity", "number", "0.3") in rows
    for target, _, _ in rows:
        assert file.target(target) is not None
