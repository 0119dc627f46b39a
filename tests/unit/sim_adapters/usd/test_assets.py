import os

import pytest

pytest.importorskip("pxr", reason="needs simgate[usd]")

from pxr import Gf, Usd, UsdGeom, UsdPhysics

from simgate.sim_adapters.conformance import scene, wall
from simgate.sim_adapters.scene.asset_table import Asset, AssetTable
from simgate.sim_adapters.scene.body import Body, Part
from simgate.sim_adapters.scene.stage_error import StageError
from simgate.sim_adapters.usd.stage import build_stage
from tests.unit.sim_adapters.usd.openusd_checks import stage_problems
from tests.unit.sim_adapters.usd.scenes import TIMING

CHAIR = Body("chair_3", (Part("box", (0.2, 0.3, 0.4), (0, 0, 0.4)),), (3.0, 0.0, 0.0), label="furniture")


def asset(path, *, unit=1.0, up="Z", default=True, size=(1.0, 1.0, 1.0)):
    """A cube of these edges standing on its origin, as a file."""
    stage = Usd.Stage.CreateNew(str(path))
    UsdGeom.SetStageMetersPerUnit(stage, unit)
    UsdGeom.SetStageUpAxis(stage, up)
    root = UsdGeom.Xform.Define(stage, "/Chair")
    cube = UsdGeom.Cube.Define(stage, "/Chair/Seat")
    cube.CreateSizeAttr(1.0)
    rise = (0.0, 0.5 * size[1], 0.0) if up == "Y" else (0.0, 0.0, 0.5 * size[2])
    cube.AddTranslateOp().Set(Gf.Vec3d(*rise))
    cube.AddScaleOp().Set(Gf.Vec3f(*size))
    UsdPhysics.CollisionAPI.Apply(cube.GetPrim())
    UsdPhysics.RigidBodyAPI.Apply(root.GetPrim())
    UsdPhysics.FixedJoint.Define(stage, "/Chair/Joint")
    if default:
        stage.SetDefaultPrim(root.GetPrim())
    stage.GetRootLayer().Save()
    return str(path)


def bounds(stage, path):
    cache = UsdGeom.BBoxCache(0, ["default", "render"])
    box = cache.ComputeWorldBound(stage.GetPrimAtPath(path)).ComputeAlignedRange()
    return tuple(box.GetMin()), tuple(box.GetMax())


def shown(**entry):
    return build_stage(scene(CHAIR), TIMING, assets=AssetTable({"chair": Asset(**entry)}))


ASSET = "/World/Bodies/chair_3/Asset"


def test_a_body_is_shown_by_its_asset_at_its_own_place(tmp_path):
    stage = shown(usd=asset(tmp_path / "a.usda"), position=(0.1, 0.0, 0.0), yaw_deg=90.0)
    low, high = bounds(stage, ASSET)
    assert low == pytest.approx((2.6, -0.5, 0.0))
    assert high == pytest.approx((3.6, 0.5, 1.0))
    assert stage_problems(stage) == []


def test_its_primitives_go_on_colliding_unseen(tmp_path):
    stage = shown(usd=asset(tmp_path / "a.usda"))
    part = stage.GetPrimAtPath("/World/Bodies/chair_3/Part_0")
    assert UsdPhysics.CollisionAPI(part).GetCollisionEnabledAttr().Get() is True
    assert part.GetAttribute("purpose").Get() == "guide"


def test_the_physics_of_the_asset_is_off(tmp_path):
    stage = shown(usd=asset(tmp_path / "a.usda"))
    content = stage.GetPrimAtPath(f"{ASSET}/Content")
    assert UsdPhysics.RigidBodyAPI(content).GetRigidBodyEnabledAttr().Get() is False
    seat = stage.GetPrimAtPath(f"{ASSET}/Content/Seat")
    assert UsdPhysics.CollisionAPI(seat).GetCollisionEnabledAttr().Get() is False
    assert not stage.GetPrimAtPath(f"{ASSET}/Content/Joint").IsActive()


def test_what_is_not_in_the_table_is_shown_by_primitives():
    stage = build_stage(scene(CHAIR), TIMING, assets=AssetTable({"robot_arm": Asset("r.usd")}))
    assert not stage.GetPrimAtPath(ASSET).IsValid()


def test_the_robot_can_be_an_asset(tmp_path):
    table = AssetTable({"robot": Asset(asset(tmp_path / "r.usda"))})
    stage = build_stage(scene(), TIMING, assets=table)
    assert stage.GetPrimAtPath("/World/Robot/Asset/Content/Seat").IsValid()
    assert stage.GetPrimAtPath("/World/Robot/Hull").GetAttribute("purpose").Get() == "guide"


@pytest.mark.parametrize(
    ("more", "words"), [({"unit": 0.01}, "metersPerUnit is 0.01"), ({"up": "Y"}, "upAxis is Y")]
)
def test_other_units_or_another_up_axis_are_refused_with_the_remedy(tmp_path, more, words):
    path = asset(tmp_path / "a.usda", **more)
    with pytest.raises(StageError) as caught:
        shown(usd=path)
    assert words in str(caught.value)
    assert path in str(caught.value)
    assert "convert: true" in str(caught.value)


def test_a_part_in_other_units_than_its_asset_is_refused_even_when_that_is_converted(tmp_path):
    asset(tmp_path / "part.usda", unit=1.0)
    path = asset(tmp_path / "a.usda", unit=0.01)
    stage = Usd.Stage.Open(path)
    arm = stage.DefinePrim(stage.GetDefaultPrim().GetPath().AppendChild("Arm"), "Xform")
    arm.GetReferences().AddReference("./part.usda")
    stage.Save()
    with pytest.raises(StageError, match=r"shows part\.usda, whose metersPerUnit is 1"):
        shown(usd=path, convert=True)
    UsdGeom.Xformable(arm).AddScaleOp().Set((100, 100, 100))
    stage.Save()
    shown(usd=path, convert=True)


def test_convert_turns_and_scales_the_asset(tmp_path):
    path = asset(tmp_path / "a.usda", unit=0.01, up="Y", size=(40.0, 80.0, 20.0))
    low, high = bounds(shown(usd=path, convert=True), ASSET)
    assert low == pytest.approx((2.8, -0.1, 0.0), abs=1e-6)
    assert high == pytest.approx((3.2, 0.1, 0.8), abs=1e-6)


def test_fit_brings_the_asset_onto_the_primitives(tmp_path):
    path = asset(tmp_path / "a.usda", unit=0.01, up="Y", size=(40.0, 80.0, 20.0))
    low, high = bounds(shown(usd=path, convert=True, fit=True), ASSET)
    assert low == pytest.approx((2.8, -0.3, 0.0), abs=1e-6)
    assert high == pytest.approx((3.2, 0.3, 0.8), abs=1e-6)


def test_fit_holds_for_a_turned_asset(tmp_path):
    path = asset(tmp_path / "a.usda", size=(0.5, 2.0, 1.0))
    low, high = bounds(shown(usd=path, fit=True, yaw_deg=90.0), ASSET)
    assert low == pytest.approx((2.8, -0.3, 0.0), abs=1e-6)
    assert high == pytest.approx((3.2, 0.3, 0.8), abs=1e-6)


def test_a_missing_file_is_named():
    with pytest.raises(StageError, match=r"nowhere\.usd.*cannot be opened"):
        shown(usd="/nowhere.usd")


def test_a_missing_nested_reference_is_found_before_anything_runs(tmp_path):
    outer = Usd.Stage.CreateNew(str(tmp_path / "outer.usda"))
    UsdGeom.SetStageMetersPerUnit(outer, 1.0)
    UsdGeom.SetStageUpAxis(outer, "Z")
    prim = outer.DefinePrim("/Outer", "Xform")
    prim.GetReferences().AddReference("./legs/missing.usda")
    outer.SetDefaultPrim(prim)
    outer.GetRootLayer().Save()
    with pytest.raises(StageError, match=r"missing\.usda"):
        shown(usd=str(tmp_path / "outer.usda"))


def test_an_asset_without_a_default_prim_is_refused(tmp_path):
    with pytest.raises(StageError, match="defaultPrim"):
        shown(usd=asset(tmp_path / "a.usda", default=False))


def test_a_name_wins_over_a_kind_and_a_kind_over_a_label():
    table = AssetTable({"chair_3": Asset("name"), "chair": Asset("kind"), "furniture": Asset("label")})
    found = [
        table.find(name, label)
        for name, label in (("chair_3", None), ("chair_4", "furniture"), ("x", "furniture"))
    ]
    assert [asset.usd for asset in found] == ["name", "kind", "label"]
    assert table.find("x", None) is None


def test_a_table_is_read_from_yaml_with_paths_beside_it(tmp_path):
    path = tmp_path / "assets.yaml"
    path.write_text(
        "robot: r.usd\nchair: {usd: c.usd, fit: true, convert: true, position: [1, 2, 3], yaw_deg: 4}\n"
    )
    table = AssetTable.from_yaml(path)
    assert table.entries["robot"].usd == str(tmp_path / "r.usd")
    assert table.entries["chair"] == Asset(str(tmp_path / "c.usd"), True, True, (1.0, 2.0, 3.0), 4.0)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("robot: " + "[" * 2000 + "]" * 2000, "nested too deeply"),
        ("robot: &r {usd: *r}", "needs the asset's file"),
        ("robot: &r {usd: r.usd, position: &p [*p, *p, *p]}", "must be a number"),
        (b"\xff: r.usd", "is not UTF-8"),
        ("#" * 1_000_001, "more than 1,000,000 bytes"),
        (None, "it is a pipe"),
    ],
)
def test_a_table_that_never_ends_is_refused(tmp_path, content, said):
    path = tmp_path / "assets.yaml"
    if content is None:
        os.mkfifo(path)
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(StageError, match=said):
        AssetTable.from_yaml(path)


def test_the_numbers_of_a_table_are_those_of_yaml_1_2(tmp_path):
    path = tmp_path / "assets.yaml"
    path.write_text("on: {usd: c.usd, position: [010, 1e1, 0], yaw_deg: 0110}\n")
    assert AssetTable.from_yaml(path).entries["on"].position == (10.0, 10.0, 0.0)
    assert AssetTable.from_yaml(path).entries["on"].yaw_deg == 110.0


def test_an_asset_on_a_server_keeps_its_address(tmp_path):
    path = tmp_path / "assets.yaml"
    path.write_text("robot: omniverse://server/r.usd\n")
    assert AssetTable.from_yaml(path).entries["robot"].usd == "omniverse://server/r.usd"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("robot: {usd: r.usd}\nchair: {file: c.usd}\n", "assets.yaml:2:1: 'chair' needs the asset's file"),
        ("chair: {usd: c.usd, scale: 2}\n", "assets.yaml:1:1: 'chair' has no setting 'scale'"),
        ("chair: {usd: c.usd, fit: 1}\n", "'chair.fit' must be true or false"),
        ("chair: {usd: c.usd, position: [1, 2]}\n", "three numbers"),
        ("chair: {usd: c.usd, yaw_deg: left}\n", "must be a number, not 'left'"),
        ("chair: {usd: c.usd, yaw_deg: .nan}\n", "must be a number, not nan"),
        ("chair: {usd: c.usd, fit: yes}\n", "'chair.fit' must be true or false, not 'yes'"),
        ("- chair\n", "an asset table is a mapping"),
        ("chair: [", "is not YAML"),
    ],
)
def test_a_wrong_table_says_where_and_what(tmp_path, text, words):
    path = tmp_path / "assets.yaml"
    path.write_text(text)
    with pytest.raises(StageError) as caught:
        AssetTable.from_yaml(path)
    assert words in str(caught.value)


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(StageError, match=r"no\.yaml: cannot be read"):
        AssetTable.from_yaml(tmp_path / "no.yaml")


def test_an_entry_that_shows_nothing_is_told_with_the_nearest_name():
    made = scene(wall(3.0), Body("chair_3", (Part("box", (0.2, 0.2, 0.2)),), label="chair"))
    table = AssetTable({key: Asset("a.usd") for key in ("robot", "chair", "wall", "chiar", "sofa")})
    assert table.unused(made) == (
        "the asset 'chiar' shows nothing in this scene; did you mean 'chair'?",
        "the asset 'sofa' shows nothing in this scene; it has: robot, floor, wall, chair_3, chair",
    )
