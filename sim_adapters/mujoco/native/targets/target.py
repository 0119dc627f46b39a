"""One ``set:`` target of an MJCF file: which element, which attribute, what it takes, and setting it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.mujoco.native.targets.effect import require_effect
from simgate.sim_adapters.mujoco.native.targets.elements import ATTRIBUTES, Attribute, Listed, elements
from simgate.sim_adapters.scene.native import NativeValue
from simgate.sim_adapters.worlds.native_file import NativeError
from simgate.sim_adapters.worlds.world import ParameterSpec

FORM = "kind/name.attribute, for example geom/box_1.pos.x or light/ceiling.diffuse"
_RGB_PARTS = 3
_PLAIN_RGBA = (0.5, 0.5, 0.5, 1.0)
"""The colour of a shape that has none of its own: its material's counts."""
_HARDLY = 1e-4


@dataclass(frozen=True, slots=True)
class Target:
    """A target whose element exists.

    Attributes:
        text: As written.
        kind: Kind of element.
        name: Of the element.
        attribute: What is set.
        key: Its name.
        part: Number of the component; None for the whole.
    """

    text: str
    kind: str
    name: str
    attribute: Attribute
    key: str
    part: int | None


def parse_target(text: str, spec: mujoco.MjSpec | Listed) -> Target:
    """Finds what a target means in a file.

    Names may hold dots and slashes, so the longest name that the file has is taken.

    Raises:
        NativeError: There is no such element or attribute, or the target is not complete.
    """
    kind, slash, rest = text.partition("/")
    if not slash or "." not in rest:
        raise NativeError("target", f"'{text}' is no target", f"write {FORM}")
    if kind not in ATTRIBUTES:
        raise NativeError(
            "target", f"nothing of the kind '{kind}' can be set", unknown=kind, known=tuple(ATTRIBUTES)
        )
    names = elements(spec, kind)
    dots = [k for k, char in enumerate(rest) if char == "."]
    at = next((k for k in reversed(dots) if rest[:k] in names), None)
    if at is None:
        name = rest[: dots[0]]
        raise NativeError("target", f"the file has no {kind} '{name}'", unknown=name, known=tuple(names))
    key, dot, part = rest[at + 1 :].partition(".")
    found = Target(text, kind, rest[:at], _attribute(kind, key), key, None)
    if dot or found.attribute.kind == "vector":
        return Target(text, kind, found.name, found.attribute, key, _part(found, part))
    return found


def _attribute(kind: str, key: str) -> Attribute:
    known = ATTRIBUTES[kind]
    if key not in known:
        message = f"'{key}' of a {kind} cannot be set"
        raise NativeError("target", message, unknown=key, known=tuple(known))
    return known[key]


def _part(target: Target, part: str) -> int:
    parts = target.attribute.parts
    if not parts:
        raise NativeError(
            "target", f"'{target.key}' is one value and has no '{part}'", f"leave '.{part}' out"
        )
    if part not in parts:
        said = f"has no '{part}'" if part else "has several values"
        which = ", ".join(f"{target.key}.{name}" for name in parts)
        raise NativeError(
            "target", f"{target.key} of {target.kind} '{target.name}' {said}", f"say which: {which}"
        )
    return parts.index(part)


def parameter_of(target: Target, spec: mujoco.MjSpec | Listed) -> ParameterSpec:
    """What a target takes, with the file's value as default.

    Raises:
        NativeError: The element cannot take it, or nothing in the file depends on it.
    """
    require_effect(target.kind, target.name, target.key, target.part, _element(target, spec))
    attribute, meaning = target.attribute, f"{target.attribute.meaning} Sets {target.text}."
    if attribute.kind in ("bool", "present"):
        default = True if attribute.kind == "present" else bool(getattr(_element(target, spec), target.key))
        return ParameterSpec("bool", default, meaning)
    if attribute.kind == "name":
        known = tuple(sorted(elements(spec, "material")))
        own = str(_element(target, spec).material)
        if own not in known:
            raise NativeError(
                "target", f"{target.kind} '{target.name}' has no material in the file", "give it one"
            )
        return ParameterSpec("choice", own, meaning, choices=known)
    low, high = attribute.low, attribute.high
    return ParameterSpec("number", _number(target, spec), meaning, attribute.unit, low, high)


def whole_of(target: Target, spec: mujoco.MjSpec | Listed) -> tuple[float, ...]:
    """The file's value of a colour as a whole; empty for what takes one number."""
    if target.attribute.kind != "colour" or target.part is not None:
        return ()
    values = _vector(target, _element(target, spec), spec)
    return tuple(_rounded(value) for value in values[: len(target.attribute.parts)])


def _number(target: Target, spec: mujoco.MjSpec | Listed) -> float:
    element, attribute = _element(target, spec), target.attribute
    if attribute.kind == "turn":
        return 0.0
    if attribute.kind == "share":
        return 1.0
    if attribute.kind == "start":
        return _joint_start(target, element)
    if attribute.kind == "number":
        return _rounded(np.ravel(getattr(element, target.key))[0])
    values = _vector(target, element, spec)
    value = float(values[target.part]) if target.part is not None else float(values[:_RGB_PARTS].max())
    if math.isnan(value):
        raise NativeError(
            "target", f"the file gives no {target.key} for {target.kind} '{target.name}'", "write it"
        )
    return _rounded(value)


def _rounded(value: float) -> float:
    """A number of the file as its author wrote it: MuJoCo keeps colours in single precision."""
    return float(f"{float(value):.7g}")


def _joint_start(target: Target, joint: Any) -> float:
    hinge, slide = mujoco.mjtJoint.mjJNT_HINGE, mujoco.mjtJoint.mjJNT_SLIDE
    wanted = hinge if target.key == "start_deg" else slide
    if joint.type != wanted:
        other = "start_m" if joint.type == slide else "start_deg" if joint.type == hinge else ""
        hint = f"use {other}" if other else "set pos of its body"
        raise NativeError("target", f"joint '{target.name}' has no {target.key}", hint)
    is_angle = wanted == hinge and not joint.compiler.degree
    return _rounded(math.degrees(joint.ref) if is_angle else joint.ref)


def _element(target: Target, spec: mujoco.MjSpec | Listed) -> Any:
    return elements(spec, target.kind)[target.name]


def _vector(target: Target, element: Any, spec: mujoco.MjSpec | Listed) -> NDArray[np.float64]:
    """The components as they are in effect."""
    values = np.array(getattr(element, target.key), dtype=np.float64)
    if target.kind == "geom" and target.key == "rgba" and np.allclose(values, _PLAIN_RGBA):
        material = elements(spec, "material").get(str(element.material))
        if material is not None:
            return np.array(material.rgba, dtype=np.float64)
    return values


def apply(target: Target, spec: mujoco.MjSpec, value: NativeValue) -> None:
    """Sets a target; joint starts belong to the state and are left to the caller."""
    attribute = target.attribute
    if attribute.kind == "start":
        return
    element = _element(target, spec)
    if attribute.kind == "present":
        if not value:
            spec.delete(element)
    elif attribute.kind == "turn":
        _turn(target, element, float(np.asarray(value)), spec)
    elif attribute.kind == "share":
        _weaken(element, float(np.asarray(value)))
    elif attribute.kind in ("vector", "colour"):
        _set_vector(target, element, value, spec)
    elif attribute.kind == "number":
        old = getattr(element, target.key)
        setattr(element, target.key, [value, *old[1:]] if np.ndim(old) else value)
    else:
        setattr(element, target.key, value)


def _set_vector(target: Target, element: Any, value: NativeValue, spec: mujoco.MjSpec) -> None:
    values = _vector(target, element, spec)
    was_plain = target.key != "rgba" or np.allclose(values, _PLAIN_RGBA)
    if isinstance(value, tuple):
        values[: len(value)] = value
    elif target.part is not None:
        values[target.part] = float(value)
    else:
        colour = values[:_RGB_PARTS]
        top = float(colour.max())
        values[:_RGB_PARTS] = colour * (float(value) / top) if top > 0.0 else float(value)
    if target.kind == "geom" and not was_plain and np.allclose(values, _PLAIN_RGBA):
        values[:_RGB_PARTS] += _HARDLY  # This grey is meant; exactly it would mean the material's colour.
    setattr(element, target.key, values)


def _weaken(actuator: Any, share: float) -> None:
    """A servo or motor of that share of its force everywhere: its gain, its bias and its limits."""
    gain, bias = share * actuator.gainprm, share * actuator.biasprm
    if gain[0] == -bias[1] and bias[2] > 0.0:
        # A ratio of damping (dampratio), of which the compiler makes damping by the root of the gain.
        bias[2] /= math.sqrt(share)
    actuator.gainprm, actuator.biasprm = gain, bias
    if share > 0.0:  # Limits of zero are refused, and there is no force that they would limit.
        actuator.forcerange = share * np.asarray(actuator.forcerange)


def _turn(target: Target, element: Any, degrees: float, spec: mujoco.MjSpec) -> None:
    own = orientation(element, spec)
    half, result, turn = 0.5 * math.radians(degrees), np.zeros(4), np.zeros(4)
    pitch = target.key == "pitch_deg"
    axis = {"pitch_deg": 1, "turn_x_deg": 1, "turn_y_deg": 2}.get(target.key, 3)
    turn[[0, axis]] = math.cos(half), math.sin(half)
    # A turn acts in the frame that the element hangs in, a tilt about the camera's own X.
    mujoco.mju_mulQuat(result, *((own, turn) if pitch else (turn, own)))
    element.alt.type = mujoco.mjtOrientation.mjORIENTATION_QUAT
    element.quat = result


def orientation(element: Any, spec: mujoco.MjSpec) -> NDArray[np.float64]:
    """An element's own orientation as a quaternion (wxyz), however the file that it comes from writes it."""
    if element.alt.type == mujoco.mjtOrientation.mjORIENTATION_QUAT:
        return np.array(element.quat, dtype=np.float64)
    compiler = element.compiler
    return np.array(
        spec.resolve_orientation(degree=compiler.degree, sequence=compiler.eulerseq, orientation=element.alt)
    )
