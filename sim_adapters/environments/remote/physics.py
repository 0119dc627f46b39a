"""What an environment on MuJoCo tells of its bodies and joints, read beside it and never changed."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .refused import Refused
from .settable import names_in

if TYPE_CHECKING:
    from typing import TypeAlias  # Of Python 3.10.

PREFIX = "mujoco:"
"""Begins what is asked beside the names of the info: a quantity, as a task writes it, in JSON."""
_AXES = {"x": 0, "y": 1, "z": 2}
_FRAMES = {"body": ("xpos", "xmat"), "geom": ("geom_xpos", "geom_xmat"), "site": ("site_xpos", "site_xmat")}
_ONE_NUMBER = (2, 3)
"""Kinds of joints that are told by one number: slides and hinges."""
Read: TypeAlias = "Callable[[], float]"


def things_of(inner: Any) -> dict[str, list[str]] | None:
    """Names of what can be measured, by kind; None for an environment that is not on MuJoCo.

    Sensors stand there as often as they have numbers.
    """
    model = _model(inner)
    if model is None:
        return None
    joints = names_in(model, "joint")
    sensors = [(model.sensor(k).name or str(k), int(model.sensor_dim[k])) for k in range(model.nsensor)]
    return {
        **{kind: names_in(model, kind) for kind in _FRAMES},
        "joint": [name for k, name in enumerate(joints) if int(model.jnt_type[k]) in _ONE_NUMBER],
        "sensor": [name for name, count in sensors for _ in range(count)],
    }


def reader_of(inner: Any, asked: str) -> Read:
    """Reads a quantity of an environment whenever it is called.

    After a step MuJoCo has joints as they are then; positions of bodies, contacts and sensors are those of
    the last physics step within it, as the environment itself reads them.

    Args:
        inner: The environment without its wrappers, after its reset.
        asked: With :data:`PREFIX`.

    Raises:
        Refused: It is not on MuJoCo, or has no such thing.
    """
    written: Mapping[str, Any] = json.loads(asked[len(PREFIX) :])
    word = next(iter(written))
    model = _model(inner)
    if model is None:
        raise Refused(f"{word} is of environments on MuJoCo, and this one has no model")
    return _READERS[word](model, inner.data, written[word], written)


def _model(inner: Any) -> Any:
    model = getattr(inner, "model", None)
    is_mujoco = hasattr(model, "opt") and hasattr(getattr(inner, "data", None), "qpos")
    return model if is_mujoco else None


def _number(model: Any, kind: str, name: str) -> int:
    names = names_in(model, kind)
    if name not in names:
        raise Refused(f"the model has no {kind} '{name}'", name, tuple(names))
    return names.index(name)


def _place(model: Any, thing: str) -> tuple[str, int]:
    kind, _, name = thing.partition("/")
    return kind, _number(model, kind, name)


def _origin(model: Any, data: Any, thing: str) -> Callable[[], np.ndarray]:
    kind, number = _place(model, thing)
    field = _FRAMES[kind][0]
    return lambda: getattr(data, field)[number]


def _position(model: Any, data: Any, of: str, written: Mapping[str, Any]) -> Read:
    origin, axis = _origin(model, data, of), _AXES[written["axis"]]
    return lambda: float(origin()[axis])


def _distance(model: Any, data: Any, pair: list[str], written: Mapping[str, Any]) -> Read:
    a, b = (_origin(model, data, thing) for thing in pair)
    return lambda: math.dist(a(), b())


def _tilt(model: Any, data: Any, of: str, written: Mapping[str, Any]) -> Read:
    kind, number = _place(model, of)

    def read() -> float:
        up = getattr(data, _FRAMES[kind][1])[number].reshape(3, 3)[:, 2]
        # By both sine and cosine: the arc cosine alone loses small angles.
        return math.degrees(math.atan2(math.hypot(up[0], up[1]), up[2]))

    return read


def _speed(model: Any, data: Any, of: str, written: Mapping[str, Any]) -> Read:
    import mujoco

    kind, number = _place(model, of)
    objects = {"body": mujoco.mjtObj.mjOBJ_XBODY, "geom": mujoco.mjtObj.mjOBJ_GEOM}
    what, found = objects.get(kind, mujoco.mjtObj.mjOBJ_SITE), np.zeros(6)
    axis = written.get("axis")

    def read() -> float:
        mujoco.mj_objectVelocity(model, data, what, number, found, 0)
        return float(np.linalg.norm(found[3:]) if axis is None else found[3 + _AXES[axis]])

    return read


def _joint(model: Any, data: Any, name: str, written: Mapping[str, Any]) -> Read:
    number = _number(model, "joint", name)
    if int(model.jnt_type[number]) not in _ONE_NUMBER:
        raise Refused(f"joint '{name}' has several numbers, and only slides and hinges have one")
    fields = {"position": ("qpos", model.jnt_qposadr), "velocity": ("qvel", model.jnt_dofadr)}
    field, places = fields.get(written.get("of", "position"), ("qfrc_actuator", model.jnt_dofadr))
    at = int(places[number])
    return lambda: float(getattr(data, field)[at])


def _sensor(model: Any, data: Any, name: str, written: Mapping[str, Any]) -> Read:
    names = [model.sensor(k).name or str(k) for k in range(model.nsensor)]
    if name not in names:
        raise Refused(f"the model has no sensor '{name}'", name, tuple(names))
    number, index = names.index(name), int(written.get("index", 0))
    if index >= int(model.sensor_dim[number]):
        raise Refused(
            f"sensor '{name}' has {int(model.sensor_dim[number])} numbers, from 0 on, and none {index}"
        )
    at = int(model.sensor_adr[number]) + index
    return lambda: float(data.sensordata[at])


def _contact_force(model: Any, data: Any, pair: list[str], written: Mapping[str, Any]) -> Read:
    import mujoco

    one, other = (_geoms(model, thing) for thing in pair)
    found = np.zeros(6)

    def read() -> float:
        total = 0.0
        for k in range(data.ncon):
            contact = data.contact[k]
            first, second = int(contact.geom1), int(contact.geom2)
            if (first in one and second in other) or (first in other and second in one):
                mujoco.mj_contactForce(model, data, k, found)
                total += float(found[0])
        return total

    return read


def _geoms(model: Any, thing: str) -> set[int]:
    """The shapes that are meant: one, or those of a body and of all that hangs on it."""
    kind, number = _place(model, thing)
    if kind == "geom":
        return {number}
    if kind == "site":
        raise Refused(f"{thing} has no shape that could touch; name a body or a geom")
    own = {number}
    for body in range(number + 1, model.nbody):  # MuJoCo numbers parents before their children.
        if int(model.body_parentid[body]) in own:
            own.add(body)
    return {geom for geom in range(model.ngeom) if int(model.geom_bodyid[geom]) in own}


_READERS: dict[str, Callable[[Any, Any, Any, Mapping[str, Any]], Read]] = {
    "position": _position,
    "distance": _distance,
    "tilt": _tilt,
    "speed": _speed,
    "joint": _joint,
    "sensor": _sensor,
    "contact_force": _contact_force,
}
