"""Where bodies truly are when a camera takes its picture, for scoring what a model says of that picture."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.mujoco.articulated.names import place_of, subtree
from simgate.sim_adapters.mujoco.articulated.pictures import Pictures
from simgate.sim_adapters.mujoco.build import GROUP_SOLID
from simgate.sim_adapters.mujoco.native.build import GROUP_HIDDEN
from simgate.sim_adapters.observation import CameraView, WatchedBody
from simgate.sim_adapters.worlds.native_file import NativeError

_MOST_VERTICES = 2_000
"""Of a body with more the same number of them is taken, evenly picked."""
_ROUND = 32
"""Points around a sphere, cylinder or capsule."""
_LEEWAY = 1e-6
"""A ray that hits something so much nearer than its point has hit something before it, metres."""

Numbers = NDArray[np.float64]


class Watch:
    """One body that a metric speaks of.

    Args:
        model: The model.
        data: A state of it, in which everything is derived.
        name: ``body/NAME``.

    Raises:
        NativeError: The file has no such body, or nothing of it can be seen.
    """

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, name: str) -> None:
        place = place_of(model, name)
        if place.kind != "body":
            raise NativeError("element", f"'{name}' is no body", "write body/NAME")
        self._model, self._data, self._name, self._body = model, data, name, place.id
        self._own = subtree(model, place.id)
        self._sites = [(k, str(model.site(k).name)) for k in np.flatnonzero(self._own[model.site_bodyid])]
        self._vertices = _vertices(model, data, place.id)
        if not len(self._vertices):
            raise NativeError("element", f"'{name}' has no shape that can be seen", "name another body")
        self._solid = np.zeros(6, dtype=np.uint8)
        self._solid[GROUP_SOLID] = 1

    def look(self, pictures: Pictures, shown: NDArray[np.int32]) -> WatchedBody:
        """The body as it is now.

        Args:
            pictures: The camera.
            shown: Number of the body + 1 at each pixel of its newest picture, 0 for none, shape (H, W).
        """
        data, pose = self._data, np.eye(4)
        pose[:3, :3], pose[:3, 3] = data.xmat[self._body].reshape(3, 3), data.xpos[self._body]
        camera = pictures.pose()
        corners = _projected(pictures, camera, self._vertices @ pose[:3, :3].T + pose[:3, 3])
        pixels = int(np.append(False, self._own)[shown].sum())
        whole = int(pictures.outline(self._own).sum())
        size = float((corners.max(axis=0) - corners.min(axis=0)).max())
        return WatchedBody(
            name=self._name,
            pose=pose,
            vertices=self._vertices,
            pixels=pixels,
            occlusion=max(0.0, 1.0 - pixels / whole) if whole else 1.0,
            size_px=size,
            points=self._points(pictures, camera),
        )

    def _points(self, pictures: Pictures, camera: Numbers) -> dict[str, tuple[float, float]]:
        """The sites in the picture that nothing else hides."""
        found, lens = {}, pictures.lens
        places = self._data.site_xpos
        for number, name in self._sites:
            x, y = _projected(pictures, camera, places[number][None])[0].tolist()
            inside = 0.0 <= x < lens.width and 0.0 <= y < lens.height  # nan, behind the camera, is not.
            if name and inside and not self._is_hidden(pictures.body, camera[:3, 3], places[number]):
                found[name] = (x, y)
        return found

    def _is_hidden(self, camera_body: int, eye: Numbers, point: Numbers) -> bool:
        way = point - eye
        length, hit = float(np.linalg.norm(way)), np.full(1, -1, dtype=np.int32)
        if length <= _LEEWAY:
            return False
        # Who is on a body does not see it; of the world itself all else would be gone as well.
        blind = camera_body if camera_body > 0 else -1
        near = mujoco.mj_ray(self._model, self._data, eye, way / length, self._solid, True, blind, hit)
        is_other = hit[0] >= 0 and not self._own[self._model.geom_bodyid[hit[0]]]
        return bool(is_other and near < length - _LEEWAY)


def view_of(pictures: Pictures, watches: tuple[Watch, ...], step: int) -> CameraView:
    """What a camera has before it now; right after it has taken its picture."""
    shown = pictures.instances()
    return CameraView(
        pictures.name, step, pictures.pose(), tuple(watch.look(pictures, shown) for watch in watches)
    )


def _projected(pictures: Pictures, camera: Numbers, points: Numbers) -> Numbers:
    """World points (P, 3) to pixels (P, 2) from the picture's top left corner; nan behind the camera."""
    seen = (points - camera[:3, 3]) @ camera[:3, :3]
    ahead = np.where(seen[:, 2:] > 0.0, seen[:, 2:], np.nan)
    found: Numbers = pictures.lens.focal_px * seen[:, :2] / ahead + np.array(pictures.lens.centre_px)
    return found


def _vertices(model: mujoco.MjModel, data: mujoco.MjData, body: int) -> Numbers:
    """Points of the surface of a body and of what is fixed to it, in its frame, metres, shape (P, 3)."""
    fixed = model.body_weldid[model.geom_bodyid] == model.body_weldid[body]
    mine = np.flatnonzero(
        fixed & subtree(model, body)[model.geom_bodyid] & (model.geom_group != GROUP_HIDDEN)
    )
    found = [np.zeros((0, 3))]
    for geom in mine:
        world = _surface(model, int(geom)) @ data.geom_xmat[geom].reshape(3, 3).T + data.geom_xpos[geom]
        found.append((world - data.xpos[body]) @ data.xmat[body].reshape(3, 3))
    points = np.concatenate(found)
    return points[np.linspace(0, len(points) - 1, min(len(points), _MOST_VERTICES)).astype(np.int64)]


def _surface(model: mujoco.MjModel, geom: int) -> Numbers:
    """Vertices of a mesh, corners of a box, points on what is round; in the shape's frame."""
    kind, size = mujoco.mjtGeom(int(model.geom_type[geom])).name, model.geom_size[geom]
    if kind == "mjGEOM_MESH":
        mesh = int(model.geom_dataid[geom])
        first = int(model.mesh_vertadr[mesh])
        vertices: Numbers = model.mesh_vert[first : first + int(model.mesh_vertnum[mesh])].astype(np.float64)
        return vertices
    if kind == "mjGEOM_BOX":
        return np.stack(np.meshgrid(*[[-s, s] for s in size], indexing="ij"), axis=-1).reshape(-1, 3)
    turn = np.linspace(0.0, 2.0 * np.pi, _ROUND, endpoint=False)
    rise = np.linspace(-0.5 * np.pi, 0.5 * np.pi, _ROUND // 2 + 1)[:, None]
    across = np.cos(rise) if kind != "mjGEOM_CYLINDER" else np.ones((2, 1))
    up = np.sin(rise) if kind != "mjGEOM_CYLINDER" else np.array([[-1.0], [1.0]])
    unit = np.stack([across * np.cos(turn), across * np.sin(turn), up * np.ones_like(turn)], axis=-1).reshape(
        -1, 3
    )
    scales = {
        "mjGEOM_ELLIPSOID": size,
        "mjGEOM_SPHERE": size[[0, 0, 0]],
        "mjGEOM_CAPSULE": size[[0, 0, 0]],
        "mjGEOM_CYLINDER": size[[0, 0, 1]],
    }
    if kind not in scales:
        return np.zeros((0, 3))  # Planes and height fields are no bodies that anyone looks for.
    ends = np.sign(unit[:, 2:]) * [0.0, 0.0, size[1]] if kind == "mjGEOM_CAPSULE" else 0.0
    found: Numbers = unit * scales[kind] + ends
    return found
