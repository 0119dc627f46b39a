"""The MuJoCo twin of a stage: shapes where the stage has them, with its looks, lights and contacts."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pxr", reason="needs simgate[usd]")

import mujoco

from simgate.sim_adapters.mujoco.native.compiled import box_corners
from simgate.sim_adapters.mujoco.stage_twin.twin import build_twin
from simgate.sim_adapters.mujoco.world_state import MujocoWorld
from simgate.sim_adapters.scene.sensor import Camera
from simgate.sim_adapters.usd.native.appearance.lamps import read_lights
from simgate.sim_adapters.usd.native.meshes import convex_parts
from simgate.sim_adapters.usd.native.solids import read_solids
from simgate.sim_adapters.usd.native.variant_stage import VariantStage
from simgate.sim_adapters.worlds.native_file import NativeError
from tests.unit.sim_adapters.native_world import scene_of
from tests.unit.sim_adapters.usd.native_stages import (
    CART,
    CRATE,
    CUBE,
    PANE,
    TIMING,
    WALL,
    YARD,
    with_prim,
    write_yard,
    yard_world,
)

ONES = np.ones(3)


@pytest.fixture
def yard(tmp_path: Path) -> Path:
    return write_yard(tmp_path)


def geoms_of(world: MujocoWorld, path: str) -> list[int]:
    model = world.built.model
    return [g for g in range(model.ngeom) if str(model.geom(g).name).startswith(f"{path}#")]


def span(world: MujocoWorld, path: str) -> np.ndarray:
    """Smallest and largest coordinates of a prim's shapes, metres, shape (2, 3)."""
    corners = np.concatenate([box_corners(world.built.model, world.data, g) for g in geoms_of(world, path)])
    return np.array([corners.min(axis=0), corners.max(axis=0)])


def test_shapes_are_where_the_stage_has_them(yard: Path) -> None:
    world = MujocoWorld(scene_of(yard_world(yard)), TIMING)
    assert span(world, WALL) == pytest.approx(np.array([[5.0, -4, 0], [5.2, 4, 2]]))
    assert span(world, CUBE) == pytest.approx(np.array([[2.7, -0.3, 0.3], [3.3, 0.3, 0.9]]))
    assert span(world, f"{CRATE}/Box") == pytest.approx(
        np.array([[-0.25, 2.75, 0], [0.25, 3.25, 0.5]]), abs=1e-6
    )
    assert span(world, f"{CART}/Hull") == pytest.approx(np.array([[-0.25, -0.25, 0.05], [0.25, 0.25, 0.25]]))


@pytest.mark.parametrize(
    ("prim", "low", "high"),
    [
        ('Cylinder "S"\n{\nuniform token axis = "X"\ndouble radius = 0.5\ndouble height = 3\n', (-1.5, -0.5, -0.5), (1.5, 0.5, 0.5)),
        ('Capsule "S"\n{\nuniform token axis = "Y"\ndouble radius = 0.5\ndouble height = 2\n', (-0.5, -1.5, -0.5), (0.5, 1.5, 0.5)),
        ('Cone "S"\n{\nuniform token axis = "Z"\ndouble radius = 0.5\ndouble height = 2\n', (-0.5, -0.5, -1), (0.5, 0.5, 1)),
        ('Sphere "S"\n{\ndouble radius = 1\nfloat3 xformOp:scale = (1, 2, 3)\nuniform token[] xformOpOrder = ["xformOp:scale"]\n', (-1, -2, -3), (1, 2, 3)),
        ('Cylinder "S"\n{\nuniform token axis = "Z"\ndouble radius = 1\ndouble height = 2\nfloat3 xformOp:scale = (1, 2, 1)\nuniform token[] xformOpOrder = ["xformOp:scale"]\n', (-1, -2, -1), (1, 2, 1)),
        ('Cube "S"\n{\ndouble size = 2\nfloat3 xformOp:rotateXYZ = (0, 0, 90)\nfloat3 xformOp:scale = (1, 2, 3)\nuniform token[] xformOpOrder = ["xformOp:rotateXYZ", "xformOp:scale"]\n', (-2, -1, -3), (2, 1, 3)),
        ('Mesh "S"\n{\npoint3f[] points = [(0,0,0), (1,0,0), (1,1,0), (0,1,0)]\nint[] faceVertexCounts = [4]\nint[] faceVertexIndices = [0, 1, 2, 3]\nfloat3 xformOp:scale = (-2, 1, 1)\nuniform token[] xformOpOrder = ["xformOp:scale"]\n', (-2, 0, 0), (0, 1, 0)),
    ],
)  # fmt: skip
def test_every_kind_of_shape_has_its_size_and_axis(
    tmp_path: Path, prim: str, low: tuple[float, ...], high: tuple[float, ...]
) -> None:
    # Away from the cart, and one metre to the left for every one of them.
    moved = f'    def Xform "Far"\n    {{\n        double3 xformOp:translate = (-4, 1, 6)\n        uniform token[] xformOpOrder = ["xformOp:translate"]\n        def {prim}\n}}\n    }}\n'
    world = MujocoWorld(scene_of(yard_world(write_yard(tmp_path, with_prim(moved)))), TIMING)
    found = span(world, "/World/Far/S") - (-4, 1, 6)
    assert found == pytest.approx(np.array([low, high], dtype=float), abs=1e-3)


def test_looks_are_what_a_display_shows(yard: Path) -> None:
    world = MujocoWorld(scene_of(yard_world(yard)), TIMING)
    model = world.built.model

    def rgba(path: str) -> np.ndarray:
        return model.mat_rgba[model.geom_matid[geoms_of(world, path)[0]]]

    assert rgba(CUBE) == pytest.approx((0.7977, 0.0998, 0.0998, 1), abs=1e-3)  # sRGB of (0.6, 0.01, 0.01)
    assert rgba(PANE)[3] == pytest.approx(0.3)
    assert rgba(f"{CRATE}/Box")[:3] == pytest.approx((0.7354, 0.5371, 0.3886), abs=1e-3)


def test_lights_become_lux_where_they_are_meant_for(yard: Path) -> None:
    shown = VariantStage(scene_of(yard_world(yard)), TIMING)
    (lamp,), ambient = read_lights(shown.stage)
    # A ball of 0.1 m and 2,000 cd/m2 in 3 m: pi L (r/d)^2. The sky: pi L.
    assert lamp.lux == pytest.approx(math.pi * 2000 * (0.1 / 3) ** 2)
    assert (lamp.kind, lamp.position) == ("ceiling", (2.0, 0.0, 3.0))
    assert ambient == pytest.approx(math.pi * 60)


def test_the_lidar_passes_glass_and_sees_the_cube(yard: Path) -> None:
    targets = {"pane": f"{PANE}.inputs:opacity", "cube": f"{CUBE}.present", "height": f"{CUBE}.pos.z"}
    world = yard_world(yard, targets)
    ranges = np.zeros(world.spec.lidar.beams)
    ahead = len(ranges) // 2
    for values, expected in (
        ({"height": 0.3}, 2.7),
        ({"cube": False}, 5.0),
        ({"pane": 1.0}, 1.99),
    ):
        MujocoWorld(scene_of(world, **values), TIMING).scan(ranges)
        assert ranges[ahead] == pytest.approx(expected, abs=1e-6)


def test_contacts_and_clearance_go_by_the_names_of_the_pack(yard: Path) -> None:
    scene = scene_of(yard_world(yard, labels={PANE: "glass_door"}))
    world = MujocoWorld(scene, TIMING)
    assert world.truth(None, 0).clearance_m[PANE] == pytest.approx(1.99 - 0.25, abs=1e-3)
    touched: set[str] = set()
    for _ in range(40):
        world.advance(1.0, 0.0, TIMING.control_steps)
        touched |= {contact.body for contact in world.truth(None, 0).contacts}
    assert touched == {PANE}
    assert world.pose[0] == pytest.approx(1.99 - 0.25, abs=0.01)
    assert "/World/Floor" not in world.built.names


def test_a_loose_crate_is_pushed(yard: Path) -> None:
    world = yard_world(yard, {"x": f"{CRATE}.pos.x", "y": f"{CRATE}.pos.y"})
    run = MujocoWorld(scene_of(world, x=1.0, y=0.0), TIMING)
    for _ in range(30):
        run.advance(0.6, 0.0, TIMING.control_steps)
    assert run.pose[0] > 0.8
    assert run.data.body(CRATE).xpos[0] == pytest.approx(run.pose[0] + 0.25 + 0.25, abs=0.01)
    assert run.data.body(CRATE).xpos[2] == pytest.approx(0.25, abs=0.01)


def test_a_mounted_camera_is_where_the_pack_says(yard: Path) -> None:
    mount = Camera(160, 120, 60.0, (0.3, 0.1, 0.4), 5.0)  # above the floor is 0.4 + 0.1 of the cart's origin
    world = MujocoWorld(scene_of(yard_world(yard, camera=mount)), TIMING)
    camera = world.built.camera
    assert world.data.cam_xpos[camera] == pytest.approx((0.3, 0.1, 0.4), abs=1e-6)
    ahead = -world.data.cam_xmat[camera].reshape(3, 3)[:, 2]
    assert math.degrees(math.asin(ahead[2])) == pytest.approx(5.0, abs=1e-4)


def test_a_camera_of_the_file_looks_up_by_its_pitch_and_has_its_field_of_view(yard: Path) -> None:
    world = yard_world(yard, {"pitch": f"{CART}/Front.pitch_deg", "fovy": f"{CART}/Front.fovy"})
    run = MujocoWorld(scene_of(world, pitch=5.0, fovy=75.0, robot__start_yaw_deg=90.0), TIMING)
    camera = run.built.camera
    ahead = -run.data.cam_xmat[camera].reshape(3, 3)[:, 2]
    assert ahead == pytest.approx((0.0, math.cos(math.radians(5)), math.sin(math.radians(5))), abs=1e-5)
    assert run.data.cam_xpos[camera] == pytest.approx((0.0, 0.2, 0.6), abs=1e-6)
    assert run.built.model.cam_fovy[camera] == pytest.approx(75.0, abs=1e-4)


def test_what_is_turned_turns_about_its_own_origin(yard: Path) -> None:
    world = yard_world(yard, {"turn": f"{PANE}.turn_deg", "x": f"{PANE}.pos.x"})
    run = MujocoWorld(scene_of(world, turn=90.0, x=2.5), TIMING)
    assert span(run, PANE) == pytest.approx(np.array([[2.0, -0.01, 0], [3.0, 0.01, 1]]), abs=1e-6)


BOX = [(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)]
FACES = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]


def mesh_prim(points: list[tuple[float, ...]], faces: list[tuple[int, ...]], approximation: str = ""):
    from pxr import Gf, Usd, UsdGeom, UsdPhysics

    stage = Usd.Stage.CreateInMemory()
    mesh = UsdGeom.Mesh.Define(stage, "/M")
    mesh.CreatePointsAttr([Gf.Vec3f(*map(float, point)) for point in points])
    mesh.CreateFaceVertexCountsAttr([len(face) for face in faces])
    mesh.CreateFaceVertexIndicesAttr([vertex for face in faces for vertex in face])
    UsdPhysics.CollisionAPI.Apply(mesh.GetPrim())
    if approximation:
        UsdPhysics.MeshCollisionAPI.Apply(mesh.GetPrim()).CreateApproximationAttr(approximation)
    mesh_prim.stage = stage  # type: ignore[attr-defined]  # a prim does not keep its stage
    return mesh.GetPrim()


def boxes(*offsets: float) -> tuple[list[tuple[float, ...]], list[tuple[int, ...]]]:
    points = [(x + offset, y, z) for offset in offsets for x, y, z in BOX]
    faces = [tuple(v + 8 * k for v in face) for k in range(len(offsets)) for face in FACES]
    return points, faces


@pytest.mark.parametrize(("offsets", "parts"), [((0.0,), 1), ((0.0, 3.0), 2), ((0.0, 1.0), 2)])
def test_a_mesh_of_boxes_collides_box_by_box(offsets: tuple[float, ...], parts: int) -> None:
    found = convex_parts(mesh_prim(*boxes(*offsets)), ONES)
    assert len(found) == parts
    assert all(len(part.vertices) == 8 for part in found)


def test_a_box_with_a_vertex_of_its_own_in_every_face_is_one_solid() -> None:
    points = [BOX[vertex] for face in FACES for vertex in face]
    faces = [tuple(range(4 * k, 4 * k + 4)) for k in range(6)]
    assert len(convex_parts(mesh_prim(points, faces), ONES)) == 1


def test_an_open_box_needs_to_say_how_it_collides() -> None:
    points, faces = boxes(0.0)
    with pytest.raises(NativeError, match="hollow or dented"):
        convex_parts(mesh_prim(points, faces[1:]), ONES)
    assert len(convex_parts(mesh_prim(points, faces[1:], "convexHull"), ONES)) == 1


DENTED = boxes(0.0)[0], boxes(0.0)[1][1:]


@pytest.mark.parametrize("approximation", ["convexDecomposition", "sdf"])
def test_what_an_engine_takes_apart_is_taken_apart_where_it_can_be(approximation: str) -> None:
    assert len(convex_parts(mesh_prim(*boxes(0.0, 3.0), approximation), ONES)) == 2
    assert len(convex_parts(mesh_prim(*boxes(0.0, 3.0), approximation), ONES, is_moved=True)) == 2
    assert len(convex_parts(mesh_prim(*DENTED, approximation), ONES)) == 1


@pytest.mark.parametrize(
    ("approximation", "kind", "size"),
    [("boundingCube", "box", (4.0, 0.5, 0.5)), ("boundingSphere", "ellipsoid", (math.sqrt(16.5),) * 3)],
)
def test_a_mesh_that_asks_for_a_box_or_ball_around_it_is_touched_there(
    approximation: str, kind: str, size: tuple[float, ...]
) -> None:
    """Two unit boxes 3 m apart, stretched to 8 m: a box of 8 x 1 x 1 m, and a ball of half its diagonal."""
    from pxr import UsdGeom

    prim = mesh_prim(*boxes(0.0, 3.0), approximation)
    UsdGeom.Xformable(prim).AddTranslateOp().Set((0, 0, 5))
    UsdGeom.Xformable(prim).AddScaleOp().Set((2, 1, 1))
    (solid,) = (solid for solid in read_solids(prim.GetStage()) if solid.collides)
    assert solid.kind == kind
    assert solid.size == pytest.approx(size)
    assert tuple(solid.pose[:3, 3]) == (4.0, 0.5, 5.5)


def test_a_flat_sheet_collides_as_a_thin_one() -> None:
    (sheet,) = convex_parts(mesh_prim([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)], [(0, 1, 2, 3)]), ONES)
    assert np.ptp(sheet.vertices[:, 2]) == pytest.approx(1e-3)
    spec = mujoco.MjSpec()
    spec.add_mesh(name="m", uservert=sheet.vertices.ravel().tolist(), userface=sheet.faces.ravel().tolist())
    spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_MESH, meshname="m")
    assert spec.compile().ngeom == 1


def test_a_broken_mesh_is_named() -> None:
    with pytest.raises(NativeError, match="mesh '/M' is broken"):
        convex_parts(mesh_prim([(0, 0, 0)], [(0, 1, 2)]), ONES)


def test_the_robot_is_one_rigid_body_on_the_stage(yard: Path) -> None:
    from pxr import UsdPhysics

    shown = VariantStage(scene_of(yard_world(yard), robot__start_x_m=0.5, robot__start_yaw_deg=90.0), TIMING)
    cart = shown.stage.GetPrimAtPath(CART)
    bodies = [p for p in shown.stage.Traverse() if p.HasAPI(UsdPhysics.RigidBodyAPI)]
    assert [str(prim.GetPath()) for prim in bodies] == [CRATE, CART]
    assert not [p for p in shown.stage.Traverse() if p.IsA(UsdPhysics.Joint)]
    assert UsdPhysics.MassAPI(cart).GetMassAttr().Get() == pytest.approx(22.0)
    assert shown.layout.floor == ("/World/Floor",)
    twin = build_twin(scene_of(yard_world(yard)), TIMING, shown, steps=False)
    assert twin.followers == {CRATE: 0}


def test_the_file_itself_is_never_written(yard: Path) -> None:
    world = yard_world(yard, {"x": f"{CUBE}.pos.x"})
    for x in (1.0, 2.0, 3.5):
        MujocoWorld(scene_of(world, x=x), TIMING)
    assert yard.read_text() == YARD
