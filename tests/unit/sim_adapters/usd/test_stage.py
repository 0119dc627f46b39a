import dataclasses

import pytest

pytest.importorskip("pxr", reason="needs simgate[usd]")

import numpy as np
from PIL import Image
from pxr import Sdf, Usd, UsdGeom, UsdPhysics

from simgate.sim_adapters.conformance import scene
from simgate.sim_adapters.scene.body import Body, Part
from simgate.sim_adapters.scene.pattern import PATTERNS, pattern_pixels
from simgate.sim_adapters.usd.materials import TEXTURES
from simgate.sim_adapters.usd.paths import ROBOT, StagePaths
from simgate.sim_adapters.usd.stage import write_stage
from tests.unit.sim_adapters.usd.scenes import built, office


def box(name, **more):
    return Body(name, (Part("box", (0.1, 0.2, 0.3)),), (2.0, 1.0, 0.5), **more)


def test_the_stage_is_in_metres_and_kilograms_with_z_up_and_a_default_prim():
    stage = built(scene())
    assert UsdGeom.GetStageMetersPerUnit(stage) == 1.0
    assert UsdPhysics.GetStageKilogramsPerUnit(stage) == 1.0
    assert UsdGeom.GetStageUpAxis(stage) == "Z"
    assert str(stage.GetDefaultPrim().GetPath()) == "/World"


def test_every_part_is_where_the_scene_has_it():
    body = Body("b", (Part("box", (0.1, 0.2, 0.3), (1.0, 0.0, 0.5), yaw=0.3),), (2.0, 1.0, 0.0), yaw=1.2)
    stage = built(scene(body))
    prim = stage.GetPrimAtPath(StagePaths(scene(body)).bodies["b"] + "/Part_0")
    matrix = UsdGeom.Xformable(prim).ComputeLocalToWorldTransform(Usd.TimeCode.Default())
    corner = np.array(matrix.Transform((1.0, 1.0, 1.0)))
    turn = lambda a: np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])  # noqa: E731
    inner = np.array([1.0, 0.0, 0.5]) + turn(0.3) @ (0.1, 0.2, 0.3)
    assert corner == pytest.approx(np.array([2.0, 1.0, 0.0]) + turn(1.2) @ inner, abs=1e-12)


@pytest.mark.parametrize(
    ("part", "schema", "sizes"),
    [
        (Part("sphere", (0.3, 0.0, 0.0)), UsdGeom.Sphere, {"radius": 0.3}),
        (Part("cylinder", (0.2, 0.4, 0.0)), UsdGeom.Cylinder, {"radius": 0.2, "height": 0.8, "axis": "Z"}),
        (Part("capsule", (0.2, 0.4, 0.0)), UsdGeom.Capsule, {"radius": 0.2, "height": 0.8, "axis": "Z"}),
    ],
)
def test_round_parts_are_exact_primitives(part, schema, sizes):
    stage = built(scene(Body("round", (part,))))
    prim = stage.GetPrimAtPath("/World/Bodies/round/Part_0")
    assert prim.IsA(schema)
    assert {name: prim.GetAttribute(name).Get() for name in sizes} == pytest.approx(sizes)


def test_what_the_robot_can_hit_collides_and_nothing_else():
    made = office(door__kind="glass", door__marking="dots")
    stage, paths = built(made), StagePaths(made)
    bodies = [(paths.bodies[b.name], b) for b in made.bodies]
    bodies += [(paths.actors[a.body.name], a.body) for a in made.actors]
    for path, body in bodies:
        for number, part in enumerate(body.parts):
            prim = stage.GetPrimAtPath(f"{path}/Part_{number}")
            assert prim.HasAPI(UsdPhysics.CollisionAPI) == part.collides, prim.GetPath()


def label_of(prim):
    """What Isaac Sim 6 reads as a prim's semantic class, straight from the attribute that it reads."""
    labels = prim.GetAttribute("semantics:labels:class").Get()
    return labels[0] if labels else None


def test_labels_are_on_the_bodies_that_have_one():
    made = office(door__kind="glass")
    stage, paths = built(made), StagePaths(made)
    labels = {b.name: label_of(stage.GetPrimAtPath(paths.bodies[b.name])) for b in made.bodies}
    assert labels == {b.name: b.label for b in made.bodies}
    person = made.actors[0].body
    assert label_of(stage.GetPrimAtPath(paths.actors[person.name])) == "person"


def test_names_that_usd_does_not_allow_become_valid_and_stay_apart():
    bodies = (box("box 1"), box("box_1"), box("1st"))
    made = scene(*bodies)
    stage, paths = built(made), StagePaths(made)
    assert len(set(paths.bodies.values())) == len(made.bodies)
    assert all(stage.GetPrimAtPath(path).IsValid() for path in paths.bodies.values())
    assert [paths.body_at(paths.bodies[body.name] + "/Part_0") for body in bodies] == [
        "box 1",
        "box_1",
        "1st",
    ]


def test_a_prim_of_no_body_belongs_to_none():
    assert StagePaths(scene()).body_at(ROBOT + "/Hull") is None


def test_a_light_called_ambient_does_not_collide_with_the_dome():
    made = scene()
    made = dataclasses.replace(made, lights=(dataclasses.replace(made.lights[0], name="Ambient"),))
    stage = built(made)
    assert stage.GetPrimAtPath("/World/Lights/Ambient").GetTypeName() == "DomeLight"
    assert stage.GetPrimAtPath(StagePaths(made).lights["Ambient"]).GetTypeName() == "RectLight"


def test_the_same_scene_gives_the_same_text():
    first, second = (built(office()).GetRootLayer().ExportToString() for _ in range(2))
    assert first == second


def test_the_pictures_in_the_package_are_the_patterns():
    for pattern in PATTERNS:
        with Image.open(TEXTURES / f"{pattern}.png") as picture:
            assert np.array_equal(np.asarray(picture.convert("L")), pattern_pixels(pattern))


def test_a_written_stage_has_its_pictures_beside_it(tmp_path):
    made = office(door__kind="wood", floor__material="tiles")
    written = write_stage(built(made), tmp_path / "out" / "scene.usda")
    assert sorted(path.name for path in written) == ["checker.png", "grain.png", "scene.usda"]
    assert str(TEXTURES) not in written[0].read_text()
    stage = Usd.Stage.Open(str(written[0]))
    files = [
        attribute.Get()
        for prim in stage.Traverse()
        for attribute in prim.GetAttributes()
        if attribute.GetTypeName() == Sdf.ValueTypeNames.Asset and attribute.HasAuthoredValue()
    ]
    assert files
    assert all(asset.resolvedPath.startswith(str(tmp_path)) for asset in files)


def test_writing_leaves_the_stage_in_memory_as_it_is(tmp_path):
    stage = built(office())
    before = stage.GetRootLayer().ExportToString()
    write_stage(stage, tmp_path / "scene.usda")
    assert stage.GetRootLayer().ExportToString() == before


def test_tiles_have_the_edge_that_the_material_says():
    made = office(floor__material="tiles")
    stage = built(made)
    mesh = UsdGeom.Mesh(stage.GetPrimAtPath("/World/Bodies/floor/Part_0"))
    points, order = mesh.GetPointsAttr().Get(), mesh.GetFaceVertexIndicesAttr().Get()
    coordinates = UsdGeom.PrimvarsAPI(mesh).GetPrimvar("st").Get()
    spread = max(c[0] for c in coordinates) - min(c[0] for c in coordinates)
    length = max(points[i][0] for i in order) - min(points[i][0] for i in order)
    tile = next(b for b in made.bodies if b.name == "floor").parts[0].material.tile_m
    # One picture holds two cells.
    assert length / (2.0 * spread) == pytest.approx(tile)
