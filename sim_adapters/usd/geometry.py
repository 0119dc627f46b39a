"""Parts to prims: exact primitives to collide with, and meshes where a pattern needs texture coordinates."""

from __future__ import annotations

from collections.abc import Sequence

from pxr import Gf, Sdf, Usd, UsdGeom, Vt

from simgate.sim_adapters.scene.body import Part, Vec3
from simgate.sim_adapters.usd.placing import place

_CORNERS = (
    (-1, -1, -1),
    (1, -1, -1),
    (1, 1, -1),
    (-1, 1, -1),
    (-1, -1, 1),
    (1, -1, 1),
    (1, 1, 1),
    (-1, 1, 1),
)
_FACES = ((0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7))


def define_part(stage: Usd.Stage, path: str, part: Part) -> Usd.Prim:
    """The exact primitive of a part at its pose in the body's frame.

    A box is a ``Cube`` of edge 2 scaled by its half extents; cylinder and capsule have their axis along Z.
    """
    prim, scale = define_primitive(stage, path, part.kind, part.size)
    place(prim, part.position, part.yaw, scale)
    _set_extent(prim)
    return prim


def define_primitive(
    stage: Usd.Stage, path: str, kind: str, size: Sequence[float]
) -> tuple[Usd.Prim, Vec3 | None]:
    """An exact primitive that is nowhere yet.

    Args:
        stage: The stage.
        path: Of the new prim.
        kind: ``box``, ``sphere``, ``cylinder`` or ``capsule``, the last two along Z.
        size: Half extents of a box; a radius, and half the length between its ends.

    Returns:
        The prim, and the scale that it needs.
    """
    if kind == "box":
        cube = UsdGeom.Cube.Define(stage, path)
        cube.CreateSizeAttr(2.0)
        return cube.GetPrim(), (float(size[0]), float(size[1]), float(size[2]))
    if kind == "sphere":
        shape = UsdGeom.Sphere.Define(stage, path)
        shape.CreateRadiusAttr(float(size[0]))
    else:
        schema = UsdGeom.Cylinder if kind == "cylinder" else UsdGeom.Capsule
        shape = schema.Define(stage, path)
        shape.CreateRadiusAttr(float(size[0]))
        shape.CreateHeightAttr(2.0 * float(size[1]))
        shape.CreateAxisAttr(UsdGeom.Tokens.z)
    return shape.GetPrim(), None


def define_textured_box(stage: Usd.Stage, path: str, part: Part) -> Usd.Prim:
    """A box as a mesh with texture coordinates, one texture for every two cells of its pattern.

    The pattern is laid on from above, as MuJoCo does it: side faces show vertical stripes.
    """
    a, b, c = part.size
    mesh = UsdGeom.Mesh.Define(stage, path)
    points = [Gf.Vec3f(x * a, y * b, z * c) for x, y, z in _CORNERS]
    order = [corner for face in _FACES for corner in face]
    mesh.CreatePointsAttr(Vt.Vec3fArray(points))
    mesh.CreateFaceVertexCountsAttr(Vt.IntArray([4] * len(_FACES)))
    mesh.CreateFaceVertexIndicesAttr(Vt.IntArray(order))
    mesh.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
    period = 2.0 * part.material.tile_m
    coordinates = UsdGeom.PrimvarsAPI(mesh).CreatePrimvar(
        "st", Sdf.ValueTypeNames.TexCoord2fArray, UsdGeom.Tokens.faceVarying
    )
    coordinates.Set(Vt.Vec2fArray([Gf.Vec2f(points[i][0] / period, points[i][1] / period) for i in order]))
    prim = mesh.GetPrim()
    place(prim, part.position, part.yaw)
    _set_extent(prim)
    return prim


def _set_extent(prim: Usd.Prim) -> None:
    boundable = UsdGeom.Boundable(prim)
    extent = UsdGeom.Boundable.ComputeExtentFromPlugins(boundable, Usd.TimeCode.Default())
    boundable.CreateExtentAttr(extent)
