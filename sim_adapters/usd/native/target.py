"""One ``set:`` target of a stage: which prim, which attribute, what it takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from pxr import Sdf, Usd, UsdGeom, UsdShade

from simgate.sim_adapters.worlds.native_file import NativeError
from simgate.sim_adapters.worlds.world import ParameterSpec

FORM = "/Path/of/prim.attribute, for example /World/Box.pos.x or /World/Looks/Glass/Surface.inputs:opacity"
XYZ, RGB = ("x", "y", "z"), ("r", "g", "b")
Kind = Literal["number", "integer", "bool", "token", "vector", "colour", "pos", "turn", "tilt", "fovy",
               "present", "material"]  # fmt: skip
WORDS: dict[str, Kind] = {
    "fovy": "fovy", "material": "material", "pitch_deg": "tilt", "pos": "pos", "present": "present",
    "turn_deg": "turn",
}  # fmt: skip
"""What can be set although it is no attribute of USD, or lies in several."""
_KINDS: dict[str, Kind] = {
    "bool": "bool", "int": "integer", "uint": "integer", "int64": "integer", "uint64": "integer",
    "uchar": "integer", "half": "number", "float": "number", "double": "number", "token": "token",
}  # fmt: skip
_SHARES = (
    "clearcoat", "clearcoatRoughness", "metallic", "opacity", "opacityThreshold", "primvars:displayOpacity",
    "roughness",
)  # fmt: skip
_DISPLAY = ("primvars:displayColor", "primvars:displayOpacity")
_NEVER_NEGATIVE = ("intensity", "radius", "width", "height", "size", "angle", "colorTemperature")
_UNITS = {"colorTemperature": "K", "xformOp:translate": "m"}
_MEANINGS: dict[str, tuple[str, str, float | None, float | None]] = {
    "fovy": ("Vertical field of view.", "deg", 1.0, 170.0),
    "pos": ("Position in what it is attached to.", "m", None, None),
    "tilt": ("Tilt of the camera, positive up, added to the file's own.", "deg", -90.0, 90.0),
    "turn": (
        "Turn about the vertical of what it is attached to, added to the file's own.", "deg", -360.0, 360.0
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """A target that exists.

    Attributes:
        text: As written.
        path: Of the prim that is set; for an input of a material, of the shader that has it.
        key: Attribute, or one of ``WORDS``.
        kind: What is set.
        part: Number of the component; None for the whole.
        listed: Whether the attribute is an array of one value (``displayColor``).
    """

    text: str
    path: str
    key: str
    kind: Kind
    part: int | None = None
    listed: bool = False


def parse_target(text: str, stage: Usd.Stage) -> Target:
    """Finds what a target means on a stage.

    Raises:
        NativeError: There is no such prim or attribute, or the target is not complete.
    """
    path, dot, rest = text.partition(".")
    if not path.startswith("/") or not dot or not rest or not Sdf.Path.IsValidPathString(path):
        raise NativeError("target", f"'{text}' is no target", f"write {FORM}")
    prim = prim_at(stage, path, "target")
    key, _, part = rest.partition(".")
    if key in WORDS:
        found = Target(text, path, key, WORDS[key])
        _check_word(prim, found)
    else:
        found = _attribute(text, prim, key)
    parts = {"pos": XYZ, "vector": XYZ, "colour": RGB}.get(found.kind, ())
    if part and part in parts:
        return Target(text, found.path, key, found.kind, parts.index(part), found.listed)
    if part or found.kind in ("pos", "vector"):
        raise _wrong_part(found, part, parts)
    return found


def prim_at(stage: Usd.Stage, path: str, what: Literal["element", "target"]) -> Usd.Prim:
    """The prim at a path.

    Raises:
        NativeError: There is none.
    """
    prim = stage.GetPrimAtPath(path) if Sdf.Path.IsValidPathString(path) else None
    if prim is None or not prim.IsValid() or prim.IsPseudoRoot():
        known = tuple(str(prim.GetPath()) for prim in stage.Traverse(Usd.TraverseInstanceProxies()))
        raise NativeError(what, f"the file has no prim '{path}'", unknown=path, known=known)
    return prim


def _wrong_part(found: Target, part: str, parts: tuple[str, ...]) -> NativeError:
    if not parts:
        message = f"'{found.key}' is one value and has no '{part}'"
        return NativeError("target", message, f"leave '.{part}' out")
    said = f"has no '{part}'" if part else "has several values"
    which = ", ".join(f"{found.key}.{name}" for name in parts)
    return NativeError("target", f"{found.key} of '{found.path}' {said}", f"say which: {which}")


def _check_word(prim: Usd.Prim, target: Target) -> None:
    wanted: dict[str, tuple[type, str]] = {
        "fovy": (UsdGeom.Camera, "camera"), "tilt": (UsdGeom.Camera, "camera"),
        "material": (UsdGeom.Imageable, "prim that is drawn"),
        "present": (UsdGeom.Imageable, "prim that is drawn"),
        "pos": (UsdGeom.Xformable, "prim with a place"), "turn": (UsdGeom.Xformable, "prim with a place"),
    }  # fmt: skip
    schema, said = wanted[target.kind]
    if not prim.IsA(schema):
        message = f"'{target.path}' is no {said} and has no '{target.key}'"
        raise NativeError("target", message, f"it is a {prim.GetTypeName() or 'prim without a type'}")


def _attribute(text: str, prim: Usd.Prim, key: str) -> Target:
    """An attribute of a prim, or an input of the material that it has."""
    path, attribute = str(prim.GetPath()), prim.GetAttribute(key)
    if not attribute.IsValid() and key.startswith("inputs:"):
        surface = surface_of(prim)
        if surface is not None and surface.GetAttribute(key).IsValid():
            path, attribute = str(surface.GetPath()), surface.GetAttribute(key)
    if not attribute.IsValid():
        known = (*(item.GetName() for item in prim.GetAttributes()), *WORDS)
        raise NativeError("target", f"'{path}' has no attribute '{key}'", unknown=key, known=known)
    if attribute.HasAuthoredConnections():
        source = attribute.GetConnections()[0]
        raise NativeError("target", f"'{path}.{key}' is connected to {source}", "set that in its place")
    value, kind = attribute.Get(), _kind(attribute)
    listed = attribute.GetTypeName().isArray
    if kind is None or (listed and (value is None or len(value) != 1)):
        said = "several values" if listed and kind is not None else f"the type {attribute.GetTypeName()}"
        raise NativeError("target", f"'{path}.{key}' has {said}, which cannot be set")
    if value is None:
        raise NativeError("target", f"the file gives no value for '{path}.{key}'", "write it there")
    _require_effect(attribute)
    return Target(text, path, key, kind, None, listed)


def _require_effect(attribute: Usd.Attribute) -> None:
    """Refuses an attribute on which nothing depends in this file."""
    prim, name = attribute.GetPrim(), attribute.GetName()
    reason = None
    if name.startswith("xformOp:"):
        order = UsdGeom.Xformable(prim).GetXformOpOrderAttr().Get() or ()
        if not {name, f"!invert!{name}"} & set(map(str, order)):
            reason = "it is not in xformOpOrder", "add it there, or set pos or turn_deg"
    elif name == "inputs:colorTemperature" and not prim.GetAttribute("inputs:enableColorTemperature").Get():
        reason = "inputs:enableColorTemperature is off", "switch it on in the file"
    elif name in _DISPLAY and prim.IsA(UsdGeom.Gprim) and _hides(prim, name.removeprefix("primvars:")):
        reason = "the prim is drawn with a material", "set inputs: of that material"
    if reason is not None:
        raise NativeError("target", f"'{attribute.GetPath()}' has no effect: {reason[0]}", reason[1])


def _hides(prim: Usd.Prim, primvar: str) -> bool:
    """Whether a prim's material is drawn in place of a primvar, which no node of it reads."""
    if surface_of(prim) is None:
        return False
    nodes = Usd.PrimRange(material_of(prim).GetPrim(), Usd.TraverseInstanceProxies())
    return not any(str(node.GetAttribute("inputs:varname").Get() or "") == primvar for node in nodes)


def _kind(attribute: Usd.Attribute) -> Kind | None:
    scalar = attribute.GetTypeName().scalarType
    if scalar == Sdf.ValueTypeNames.Token and not attribute.GetMetadata("allowedTokens"):
        return None
    if scalar.role == "Color" and str(scalar).startswith("color3"):
        return "colour"
    name = str(scalar)
    if name in ("float3", "double3", "half3") or scalar.role in ("Point", "Vector", "Normal"):
        return "vector"
    return _KINDS.get(name)


def material_of(prim: Usd.Prim) -> UsdShade.Material:
    """The material of a prim, invalid for none: that for previews, else for all, else for full renders."""
    binding = UsdShade.MaterialBindingAPI(prim)
    preview, _ = binding.ComputeBoundMaterial(UsdShade.Tokens.preview)
    return preview or binding.ComputeBoundMaterial(UsdShade.Tokens.full)[0]


def surface_of(prim: Usd.Prim) -> Usd.Prim | None:
    """The surface shader of a material, or of the material that a prim is drawn with."""
    material = UsdShade.Material(prim) if prim.IsA(UsdShade.Material) else material_of(prim)
    if not material:
        return None
    shader, _, _ = material.ComputeSurfaceSource()
    return shader.GetPrim() if shader else None


def parameter_of(target: Target, stage: Usd.Stage) -> ParameterSpec:
    """What a target takes, with the file's value as default.

    Raises:
        NativeError: The prim cannot take it.
    """
    about = f"Sets {target.text}."
    if target.kind == "material":
        known = tuple(str(p.GetPath()) for p in stage.Traverse() if p.IsA(UsdShade.Material))
        own = material_of(stage.GetPrimAtPath(target.path))
        if not own:
            raise NativeError("target", f"'{target.path}' has no material in the file", "give it one")
        return ParameterSpec("choice", str(own.GetPath()), f"Material. {about}", choices=known)
    if target.kind == "present":
        return ParameterSpec("bool", True, f"Whether it is there at all. {about}")
    if target.kind in _MEANINGS:
        meaning, unit, low, high = _MEANINGS[target.kind]
        return ParameterSpec("number", _own_number(target, stage), f"{meaning} {about}", unit, low, high)
    attribute = stage.GetPrimAtPath(target.path).GetAttribute(target.key)
    if target.kind == "bool":
        return ParameterSpec("bool", bool(attribute.Get()), about)
    if target.kind == "token":
        words = tuple(str(word) for word in attribute.GetMetadata("allowedTokens"))
        return ParameterSpec("choice", str(attribute.Get()), about, choices=words)
    name = target.key.removeprefix("inputs:")
    low = 0.0 if target.kind == "colour" or name in (*_SHARES, *_NEVER_NEGATIVE) else None
    unit, high = _UNITS.get(name, ""), 1.0 if name in _SHARES else None
    if target.kind == "integer":
        return ParameterSpec("integer", int(_value(target, attribute)), about, unit, low, high)
    return ParameterSpec("number", _own_number(target, stage), about, unit, low, high)


def whole_of(target: Target, stage: Usd.Stage) -> tuple[float, ...]:
    """The file's value of a colour as a whole; empty for what takes one number."""
    if target.kind != "colour" or target.part is not None:
        return ()
    return tuple(map(_rounded, _value(target, stage.GetPrimAtPath(target.path).GetAttribute(target.key))))


def _own_number(target: Target, stage: Usd.Stage) -> float:
    prim = stage.GetPrimAtPath(target.path)
    if target.kind in ("turn", "tilt"):
        return 0.0
    if target.kind == "pos":
        assert target.part is not None
        place = UsdGeom.Xformable(prim).GetLocalTransformation().ExtractTranslation()
        return _rounded(place[target.part])
    if target.kind == "fovy":
        return _rounded(vertical_fov_deg(UsdGeom.Camera(prim)))
    value = _value(target, prim.GetAttribute(target.key))
    if target.kind == "number":
        return _rounded(value)
    return _rounded(value[target.part] if target.part is not None else max(value))


def _value(target: Target, attribute: Usd.Attribute) -> Any:
    value = attribute.Get()
    return value[0] if target.listed else value


def vertical_fov_deg(camera: UsdGeom.Camera) -> float:
    """Vertical field of view of a camera from its aperture and focal length, degrees."""
    aperture, focal = camera.GetVerticalApertureAttr().Get(), camera.GetFocalLengthAttr().Get()
    return math.degrees(2.0 * math.atan(0.5 * float(aperture) / float(focal)))


def _rounded(value: float) -> float:
    """A number of the file as its author wrote it: USD keeps most of them in single precision."""
    return float(f"{float(value):.7g}")
