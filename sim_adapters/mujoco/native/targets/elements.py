"""What of an MJCF file a pack can set, kind by kind: the table behind ``set:`` targets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

import mujoco

XYZ = ("x", "y", "z")
RGB = ("r", "g", "b")
RGBA = ("r", "g", "b", "a")
_POSITIVE = 1e-6


@dataclass(frozen=True, slots=True)
class Attribute:
    """One thing that can be set.

    Attributes:
        kind: ``number``, ``bool``, ``name`` (of a material), ``vector`` (component by component), ``colour``
            (as a whole, which keeps its hue, or by component), ``turn`` (degrees added to the file's own) or
            ``share`` (of the file's own).
        meaning: One sentence for a QA engineer.
        field: Name of the attribute in MjSpec; the target's own by default.
        parts: Names of the components.
        unit: Of the number or the components.
        low: Smallest allowed value.
        high: Largest allowed value.
    """

    kind: Literal["number", "bool", "name", "vector", "colour", "turn", "present", "start", "share"]
    meaning: str
    field: str = ""
    parts: tuple[str, ...] = ()
    unit: str = ""
    low: float | None = None
    high: float | None = None


def _colour(meaning: str, parts: tuple[str, ...] = RGB, high: float | None = None) -> Attribute:
    return Attribute("colour", meaning, parts=parts, low=0.0, high=high)


_POS = Attribute("vector", "Position in what it is attached to.", parts=XYZ, unit="m")
_TURN = Attribute(
    "turn", "Turn about the vertical of what it is attached to, added to the file's own.", unit="deg",
    low=-360.0, high=360.0,
)  # fmt: skip
_TURNS = {
    "turn_deg": _TURN,
    **{
        f"turn_{axis}_deg": replace(
            _TURN,
            meaning=f"Turn about the {axis.upper()} of what it is attached to, added to the file's own.",
        )
        for axis in "xy"
    },
}
_PRESENT = Attribute("present", "Whether it is there at all.")
_LIGHT = {name: _colour(f"The light's {name} colour.") for name in ("diffuse", "ambient", "specular")}

ATTRIBUTES: dict[str, dict[str, Attribute]] = {
    "actuator": {
        "strength": Attribute(
            "share", "Share of the file's strength: of gain, bias and limits of force.", low=0.0, high=100.0
        ),
    },
    "body": {"pos": _POS, **_TURNS, "present": _PRESENT},
    "camera": {
        "pos": _POS,
        "fovy": Attribute("number", "Vertical field of view.", unit="deg", low=1.0, high=170.0),
        "pitch_deg": Attribute(
            "turn", "Tilt of the camera, positive up, added to the file's own.", unit="deg", low=-90.0,
            high=90.0,
        ),
    },
    "geom": {
        "pos": _POS,
        "size": Attribute("vector", "Sizes as MJCF has them.", parts=XYZ, unit="m", low=_POSITIVE),
        **_TURNS,
        "rgba": _colour("Colour; a is the opacity.", RGBA, 1.0),
        "material": Attribute("name", "Material, by its name in the file."),
        "friction": Attribute(
            "vector", "Friction: sliding, torsional, rolling.", parts=("slide", "spin", "roll"), low=0.0
        ),
        "mass": Attribute("number", "Mass.", unit="kg", low=0.0),
        "present": _PRESENT,
    },
    "joint": {
        "start_deg": Attribute("start", "Where a hinge stands at the start.", unit="deg"),
        "start_m": Attribute("start", "Where a slide stands at the start.", unit="m"),
        "frictionloss": Attribute("number", "Dry friction of the joint.", low=0.0),
    },
    "light": {
        "pos": _POS,
        "dir": Attribute("vector", "Direction in which it shines.", parts=XYZ),
        **_LIGHT,
        "castshadow": Attribute("bool", "Whether it throws shadows."),
        "active": Attribute("bool", "Whether it is on."),
    },
    "material": {
        "rgba": _colour("Colour; a is the opacity.", RGBA, 1.0),
        "emission": Attribute("number", "Light that it gives off.", low=0.0),
        "specular": Attribute("number", "Strength of highlights.", low=0.0, high=1.0),
        "shininess": Attribute("number", "Sharpness of highlights.", low=0.0, high=1.0),
        "reflectance": Attribute("number", "Share of a mirror image.", low=0.0, high=1.0),
    },
    "site": {"pos": _POS},
    "visual": _LIGHT,
}  # fmt: skip
"""Kind of element -> what can be set of it."""
HEADLIGHT = "headlight"
_LISTS = {
    "actuator": "actuators", "body": "bodies", "camera": "cameras", "geom": "geoms", "joint": "joints",
    "light": "lights", "material": "materials", "site": "sites",
}  # fmt: skip


class Listed:
    """The named elements of a file that nobody changes: each kind is listed once, for thousands of questions.

    Args:
        spec: The file.
    """

    def __init__(self, spec: mujoco.MjSpec) -> None:
        self._spec = spec
        self._known: dict[str, dict[str, Any]] = {}

    def of(self, kind: str) -> dict[str, Any]:
        """As :func:`elements`."""
        if kind not in self._known:
            self._known[kind] = elements(self._spec, kind)
        return self._known[kind]


def elements(spec: mujoco.MjSpec | Listed, kind: str) -> dict[str, Any]:
    """The named elements of a kind; ``visual`` has one, the light at the camera."""
    if isinstance(spec, Listed):
        return spec.of(kind)
    if kind == "visual":
        return {HEADLIGHT: spec.visual.headlight}
    found: Iterable[Any] = getattr(spec, _LISTS[kind])
    return {item.name: item for item in found if item.name and item.name != "world"}
