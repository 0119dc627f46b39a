"""Things of a compiled model by the names that a pack gives them."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.scene.native import PutDown
from simgate.sim_adapters.worlds.native_file import NativeError

_OBJECTS = {
    "body": mujoco.mjtObj.mjOBJ_XBODY,
    "site": mujoco.mjtObj.mjOBJ_SITE,
    "geom": mujoco.mjtObj.mjOBJ_GEOM,
    "camera": mujoco.mjtObj.mjOBJ_CAMERA,
}
_COUNTS = {
    "body": "nbody", "site": "nsite", "geom": "ngeom", "camera": "ncam", "joint": "njnt", "sensor": "nsensor",
}  # fmt: skip
MOVING = (int(mujoco.mjtJoint.mjJNT_SLIDE), int(mujoco.mjtJoint.mjJNT_HINGE))
"""Joints of one number."""


def names_of(model: mujoco.MjModel, kind: str) -> tuple[str, ...]:
    """The names that a kind of element has in a model."""
    every = (str(getattr(model, kind)(index).name) for index in range(getattr(model, _COUNTS[kind])))
    return tuple(name for name in every if name)


def need(model: mujoco.MjModel, kind: str, name: str) -> int:
    """Number of a named element.

    Raises:
        NativeError: The file has none of that name.
    """
    known = names_of(model, kind)
    if name not in known:
        raise NativeError("element", f"the file has no {kind} '{name}'", unknown=name, known=known)
    return int(getattr(model, kind)(name).id)


def need_joint(model: mujoco.MjModel, name: str) -> int:
    """Number of a hinge or slide.

    Raises:
        NativeError: There is none of that name, or it has more than one number.
    """
    joint = need(model, "joint", name)
    if int(model.jnt_type[joint]) not in MOVING:
        raise NativeError(
            "element",
            f"joint '{name}' is free or a ball and has no single position",
            "ask for the pose of its body: {body: NAME}",
        )
    return joint


@dataclass(frozen=True, slots=True)
class Place:
    """Something that is somewhere: a body, site, shape or camera.

    Attributes:
        kind: Which of these.
        id: Its number.
        body: Number of the body that it is on.
    """

    kind: str
    id: int
    body: int

    @property
    def object(self) -> mujoco.mjtObj:
        """Its kind for MuJoCo's own functions; a body stands for its own frame, not that of its inertia."""
        return _OBJECTS[self.kind]

    def position(self, data: mujoco.MjData) -> NDArray[np.float64]:
        """World position, metres, a view of shape (3,)."""
        found = {"body": data.xpos, "site": data.site_xpos, "geom": data.geom_xpos, "camera": data.cam_xpos}
        position: NDArray[np.float64] = found[self.kind][self.id]
        return position

    def axes(self, data: mujoco.MjData) -> NDArray[np.float64]:
        """World orientation, shape (3, 3); its columns are its own X, Y and Z."""
        found = {"body": data.xmat, "site": data.site_xmat, "geom": data.geom_xmat, "camera": data.cam_xmat}
        axes: NDArray[np.float64] = found[self.kind][self.id].reshape(3, 3)
        return axes


def place_of(model: mujoco.MjModel, text: str) -> Place:
    """What ``body/NAME``, ``site/NAME``, ``geom/NAME`` or ``camera/NAME`` is.

    Raises:
        NativeError: It is no such text, or the file has none of that name.
    """
    kind, slash, name = text.partition("/")
    if not slash or kind not in _OBJECTS:
        near = [f"{k}/{text}" for k in _OBJECTS if text in names_of(model, k)]
        hint = f"write {near[0]}" if near else "write body/NAME, site/NAME or geom/NAME"
        raise NativeError("element", f"'{text}' does not say what it is", hint)
    number = need(model, kind, name)
    of = {"site": "site_bodyid", "geom": "geom_bodyid", "camera": "cam_bodyid"}
    return Place(kind, number, number if kind == "body" else int(getattr(model, of[kind])[number]))


def subtree(model: mujoco.MjModel, body: int) -> NDArray[np.bool_]:
    """For each body whether it is this one or hangs on it."""
    own = np.zeros(model.nbody, dtype=np.bool_)
    own[body] = True
    for index in range(body + 1, model.nbody):  # MuJoCo numbers parents before their children.
        own[index] = own[model.body_parentid[index]]
    return own


def geoms_of(model: mujoco.MjModel, text: str) -> NDArray[np.bool_]:
    """For each shape whether it is meant: ``geom/NAME``, or ``body/NAME`` with what hangs on it.

    A bare name is a body's, or else a shape's. The path of a prim that is no body is all shapes at and
    below it.

    Raises:
        NativeError: The file has none of that name.
    """
    if (below := _shapes_below(model, text.removeprefix("geom/"))) is not None:
        return below
    if text.partition("/")[0] not in ("body", "geom"):
        kinds = [kind for kind in ("body", "geom") if text in names_of(model, kind)]
        if not kinds:
            known = (*names_of(model, "body"), *names_of(model, "geom"))
            message = f"the file has no body or geom '{text}'"
            raise NativeError("element", message, unknown=text, known=known)
        text = f"{kinds[0]}/{text}"
    place = place_of(model, text)
    if place.kind == "geom":
        found: NDArray[np.bool_] = np.arange(model.ngeom) == place.id
    else:
        found = subtree(model, place.id)[model.geom_bodyid]
    return found


def _shapes_below(model: mujoco.MjModel, path: str) -> NDArray[np.bool_] | None:
    """The shapes of a prim, which may have several (``PATH#2``), and of those below it; None for none."""
    if not path.startswith("/") or path in names_of(model, "body"):
        return None
    names = [str(model.geom(geom).name) for geom in range(model.ngeom)]
    found: NDArray[np.bool_] = np.array(
        [name == path or name.startswith((f"{path}/", f"{path}#")) for name in names], dtype=np.bool_
    )
    return found if found.any() else None


def names_there(model: mujoco.MjModel, whole: mujoco.MjModel, put: PutDown, text: str) -> tuple[str, ...]:
    """What a body or shape of a file is called in the world of a variant; empty when it was taken out.

    Args:
        model: The world.
        whole: The file.
        put: Bodies that the variant puts down.
        text: As :func:`geoms_of` takes it.
    """
    kind, slash, name = text.partition("/") if text.startswith(("body/", "geom/")) else ("", "", text)
    kinds = (kind,) if kind else ("body", "geom")

    def has(known: mujoco.MjModel, name: str) -> bool:
        named = any(mujoco.mj_name2id(known, _OBJECTS[one], name) >= 0 for one in kinds)
        return named or ("geom" in kinds and _shapes_below(known, name) is not None)

    names = put.there(name)
    return tuple(f"{kind}{slash}{one}" for one in names if has(model, one) or not has(whole, name))
