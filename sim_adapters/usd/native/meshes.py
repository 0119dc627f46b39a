"""Meshes of a stage as triangles to draw, and as convex parts to touch."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from pxr import Usd, UsdGeom, UsdPhysics, UsdShade, Vt

from simgate.sim_adapters.worlds.native_file import NativeError

_AROUND = 24
_DENT = 0.02
"""Share of its hull that a mesh may lack and still count as convex."""
_SMALL_M3 = 1e-9
_THIN_M = 5e-4
_HULLS = ("convexHull", "sphereFill")
_IN_PARTS = ("convexDecomposition", "sdf")
"""What an engine takes apart by itself: here connected pieces, the hull where one of them is not convex."""


_MOST_KNOWN = 4096


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles in a prim's frame.

    Attributes:
        vertices: Metres, float64, shape (V, 3).
        faces: Counter-clockwise from outside, int32, shape (F, 3).
    """

    vertices: NDArray[np.float64]
    faces: NDArray[np.int32]


_KNOWN: dict[bytes, tuple[Mesh, NDArray[np.int64]]] = {}
_PARTS: WeakKeyDictionary[Mesh, list[Mesh] | None] = WeakKeyDictionary()
_SOLID: WeakKeyDictionary[Mesh, Mesh] = WeakKeyDictionary()


def mesh_pieces(prim: Usd.Prim, scale: NDArray[np.float64]) -> list[tuple[Usd.Prim, Mesh]]:
    """A mesh by its materials: for each the prim that is bound to it.

    Args:
        prim: A ``Mesh``.
        scale: Along its axes; a negative one mirrors.

    Raises:
        NativeError: Its topology is wrong.
    """
    whole, face_of = _triangles(prim, scale)
    if UsdGeom.Mesh(prim).GetDoubleSidedAttr().Get():
        whole = Mesh(whole.vertices, np.concatenate((whole.faces, whole.faces[:, ::-1])))
        face_of = np.concatenate((face_of, face_of))
    left = np.ones(len(face_of), dtype=bool)
    pieces = []
    for subset in UsdShade.MaterialBindingAPI(prim).GetMaterialBindSubsets():
        chosen = np.isin(face_of, np.array(subset.GetIndicesAttr().Get() or [], dtype=np.int64)) & left
        left &= ~chosen
        if chosen.any():
            pieces.append((subset.GetPrim(), _used(whole.vertices, whole.faces[chosen])))
    if left.any():
        pieces.append((prim, _used(whole.vertices, whole.faces[left])))
    return pieces


def convex_parts(prim: Usd.Prim, scale: NDArray[np.float64], *, is_moved: bool = False) -> list[Mesh]:
    """A mesh as what simulators collide: its hull, or each of its connected pieces, which must be convex.

    Args:
        prim: A ``Mesh``.
        scale: Along its axes.
        is_moved: Whether physics moves it; PhysX then takes the hull where no decomposition is asked for.

    Raises:
        NativeError: A piece is not convex and the file does not ask for a hull.
    """
    whole, approximation = whole_mesh(prim, scale), approximation_of(prim)
    if approximation in _HULLS or (is_moved and approximation not in _IN_PARTS):
        return [_hull(whole)]
    if whole not in _PARTS:
        _PARTS[whole] = _taken_apart(whole)
    parts = _PARTS[whole]
    if parts is None and approximation in _IN_PARTS:
        return [_hull(whole)]
    if parts is None:
        raise NativeError(
            "file",
            f"'{prim.GetPath()}' is a hollow or dented mesh that can be touched",
            "build it of convex pieces, or let it collide by its hull (physics:approximation = 'convexHull')",
        )
    return parts


def _hull(whole: Mesh) -> Mesh:
    """A mesh that collides as its hull; a flat one is given a little thickness."""
    if whole not in _SOLID:
        _SOLID[whole] = whole if hull_volume(whole) >= _SMALL_M3 else _thickened(whole)
    return _SOLID[whole]


def approximation_of(prim: Usd.Prim) -> str:
    """The shape as which a mesh is to collide, in the words of ``MeshCollisionAPI``."""
    if not prim.HasAPI(UsdPhysics.MeshCollisionAPI):
        return "none"
    return str(UsdPhysics.MeshCollisionAPI(prim).GetApproximationAttr().Get())


def whole_mesh(prim: Usd.Prim, scale: NDArray[np.float64]) -> Mesh:
    """All triangles of a mesh; as a collider that is its hull."""
    return _triangles(prim, scale)[0]


def _taken_apart(whole: Mesh) -> list[Mesh] | None:
    """Its connected pieces; None where one of them is not convex."""
    # Two boxes that touch share places but no vertices; a box may also repeat its vertices face by face.
    _, places = np.unique(np.round(whole.vertices, 6), axis=0, return_inverse=True)
    own = np.arange(len(whole.vertices))
    for numbers, may_be_flat in ((own, False), (places.reshape(-1), True), (own, True)):
        parts = _connected(whole, numbers, may_be_flat)
        if all(parts):
            return [part for part in parts if part is not None]
    return None


def _triangles(prim: Usd.Prim, scale: NDArray[np.float64]) -> tuple[Mesh, NDArray[np.int64]]:
    """All triangles of a mesh, and the face that each comes from; kept, for variants share their meshes."""
    mesh = UsdGeom.Mesh(prim)
    points = np.array(mesh.GetPointsAttr().Get() or [], dtype=np.float64).reshape(-1, 3)
    counts = np.array(mesh.GetFaceVertexCountsAttr().Get() or [], dtype=np.int64)
    indices = np.array(mesh.GetFaceVertexIndicesAttr().Get() or [], dtype=np.int64)
    mirrored = (mesh.GetOrientationAttr().Get() == UsdGeom.Tokens.leftHanded) != bool(np.prod(scale) < 0.0)
    key = _digest(points, counts, indices, scale, np.array([mirrored]))
    if key not in _KNOWN:
        valid, why = UsdGeom.Mesh.ValidateTopology(
            Vt.IntArray.FromNumpy(indices.astype(np.int32)), Vt.IntArray.FromNumpy(counts.astype(np.int32)),
            len(points),
        )  # fmt: skip
        if not np.isfinite(points).all():
            valid, why = False, "a point is no number"
        if not valid or len(counts) == 0:
            reason = why or "it has no faces"
            raise NativeError("file", f"mesh '{prim.GetPath()}' is broken: {reason}", "mend it")
        while len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.pop(next(iter(_KNOWN)))
        _KNOWN[key] = _fanned(points * scale, counts, indices, mirrored)
    return _KNOWN[key]


def _fanned(
    points: NDArray[np.float64], counts: NDArray[np.int64], indices: NDArray[np.int64], mirrored: bool
) -> tuple[Mesh, NDArray[np.int64]]:
    """Every face as triangles about its first corner."""
    starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    each = np.maximum(counts - 2, 0)
    face_of = np.repeat(np.arange(len(counts)), each)
    first = starts[face_of]
    step = np.arange(len(face_of)) - np.repeat(np.cumsum(each) - each, each) + 1
    triangles = np.stack((indices[first], indices[first + step], indices[first + step + 1]), axis=1)
    if mirrored:
        triangles = triangles[:, ::-1]
    return Mesh(points, triangles.astype(np.int32)), face_of


def _digest(*arrays: NDArray[Any]) -> bytes:
    h = hashlib.blake2b(digest_size=16)
    for array in arrays:
        h.update(str(array.shape).encode() + np.ascontiguousarray(array).tobytes())
    return h.digest()


def _used(vertices: NDArray[np.float64], faces: NDArray[np.int32]) -> Mesh:
    """Triangles with the vertices that they use and no others."""
    used, numbers = np.unique(faces, return_inverse=True)
    return Mesh(vertices[used], numbers.reshape(-1, 3).astype(np.int32))


def _connected(mesh: Mesh, numbers: NDArray[np.int64], may_be_flat: bool) -> list[Mesh | None]:
    """Pieces that share no vertex; None for one that is not convex.

    Args:
        mesh: The mesh.
        numbers: For each vertex a number that equal ones share.
        may_be_flat: Whether a piece without a volume will do.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    merged = numbers[mesh.faces]
    ends = np.concatenate((merged[:, :2], merged[:, 1:]))
    graph = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(numbers.max() + 1,) * 2)
    _, piece = connected_components(graph, directed=False)
    of_face = piece[merged[:, 0]]
    found = []
    for number in np.unique(of_face):
        chosen = of_face == number
        found.append(_convex(_used(mesh.vertices, mesh.faces[chosen]), merged[chosen], may_be_flat))
    return found


def _convex(part: Mesh, merged: NDArray[np.int64], may_be_flat: bool) -> Mesh | None:
    """A piece as it can collide: closed and convex, or flat, which is given a little thickness."""
    hull = hull_volume(part)
    if hull < _SMALL_M3:
        return _thickened(part) if may_be_flat else None
    edges = np.sort(np.concatenate((merged[:, :2], merged[:, 1:], merged[:, ::2])), axis=1)
    _, counts = np.unique(edges, axis=0, return_counts=True)
    a, b, c = (part.vertices[part.faces[:, k]] for k in range(3))
    volume = abs(float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum()) / 6.0)
    return part if bool((counts == 2).all()) and volume > (1.0 - _DENT) * hull else None


def _thickened(part: Mesh) -> Mesh:
    a, b, c = (part.vertices[part.faces[0, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    step = _THIN_M * normal / max(float(np.linalg.norm(normal)), 1e-12)
    count = len(part.vertices)
    sides = np.concatenate((part.vertices + step, part.vertices - step))
    return Mesh(sides, np.concatenate((part.faces, part.faces[:, ::-1] + count)).astype(np.int32))


def hull_volume(mesh: Mesh) -> float:
    """Volume of a mesh's hull, cubic metres; 0 for a flat one."""
    from scipy.spatial import ConvexHull, QhullError

    try:
        return float(ConvexHull(mesh.vertices).volume)
    except QhullError:
        return 0.0


def cone(radii: NDArray[np.float64], height: float) -> Mesh:
    """A cone about Z, tip up, centred."""
    return tube(radii, radii * 1e-3, height)


def tube(bottom: NDArray[np.float64], top: NDArray[np.float64], height: float) -> Mesh:
    """A closed tube about Z with elliptical ends, centred."""
    angles = np.arange(_AROUND) * (math.tau / _AROUND)
    ring = np.stack((np.cos(angles), np.sin(angles)), axis=1)
    low = np.column_stack((ring * bottom, np.full(_AROUND, -0.5 * height)))
    high = np.column_stack((ring * top, np.full(_AROUND, 0.5 * height)))
    faces = []
    for k in range(_AROUND):
        after = (k + 1) % _AROUND
        faces += [(k, after, _AROUND + after), (k, _AROUND + after, _AROUND + k)]
    for k in range(1, _AROUND - 1):
        faces += [(0, k + 1, k), (_AROUND, _AROUND + k, _AROUND + k + 1)]
    return Mesh(np.concatenate((low, high)), np.array(faces, dtype=np.int32))
