"""The protocol of a world, and how it documents its parameters."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from simgate.sim_adapters.optional_member import OptionalMember
from simgate.sim_adapters.scene.scene import Scene

Value = float | int | str | bool


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """One knob of a world.

    Attributes:
        kind: ``number``, ``integer``, ``choice`` or ``bool``.
        default: Nominal value.
        meaning: One sentence for a QA engineer.
        unit: Unit in words or symbols; empty for none.
        low: Smallest allowed value, for numbers and integers.
        high: Largest allowed value, for numbers and integers.
        choices: Allowed words, for ``choice``; none for any word, until a pack says which.
        appearance: Whether it only changes how the scene is lit and looked at. Variants that differ in
            nothing else are the same scene, and one unit of proof for the gate.
    """

    kind: Literal["number", "integer", "choice", "bool"]
    default: Value
    meaning: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    appearance: bool = False

    def problem(self, value: object) -> str | None:
        """Says in words why ``value`` is not allowed, or returns None."""
        if self.kind == "bool":
            return None if isinstance(value, bool) else f"must be true or false, not {_written(value)}"
        if self.kind == "choice":
            if value in self.choices or (not self.choices and isinstance(value, str)):
                return None
            return f"must be one of {', '.join(self.choices)}, not {_written(value)}"
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return f"must be a number, not {_written(value)}"
        if self.kind == "integer" and value != int(value):
            return f"must be a whole number, not {value!r}"
        if self.low is not None and value < self.low:
            return f"must be at least {self.low:g}{self._unit_text}, not {value:g}"
        if self.high is not None and value > self.high:
            return f"must be at most {self.high:g}{self._unit_text}, not {value:g}"
        return None

    @property
    def _unit_text(self) -> str:
        return f" {self.unit}" if self.unit else ""


def _written(value: object) -> str:
    """A value as people write it in YAML."""
    return str(value).lower() if isinstance(value, bool) else repr(value)


@dataclass(frozen=True, slots=True)
class Rectangle:
    """An axis-aligned part of the floor, metres."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float


@dataclass(frozen=True, slots=True)
class Disc:
    """A round part of the floor, metres."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class PlacedObject:
    """An object that expansion has put on the floor.

    Attributes:
        kind: One of the world's ``object_kinds``.
        x: Centre, world frame, metres.
        y: Centre, world frame, metres.
        yaw: Turn about Z, radians.
        length_m: Side along its own X, or diameter; None where the world decides.
        width_m: Side along its own Y, or diameter; None where the world decides.
    """

    kind: str
    x: float
    y: float
    yaw: float
    length_m: float | None = None
    width_m: float | None = None


class World(Protocol):
    """A family of scenes. What a world need not have is declared below, each with what holds without it."""

    name: str
    description: str
    parameters: Mapping[str, ParameterSpec]
    object_kinds: Mapping[str, tuple[float, float]]
    """Kinds of objects that ``place`` may use, with the half extents of their footprint, metres."""
    region_names: tuple[str, ...]
    keep_clear_names: tuple[str, ...]

    def region(self, name: str, parameters: Mapping[str, Value]) -> Rectangle:
        """Where objects may be put, for these parameters."""
        ...

    def keep_clear(self, name: str, parameters: Mapping[str, Value]) -> Disc:
        """Where no object may stand, for these parameters."""
        ...

    def build(self, parameters: Mapping[str, Value], placed: Sequence[PlacedObject]) -> Scene:
        """Makes the scene. ``parameters`` holds every parameter of the world.

        Raises:
            ValueError: The parameters contradict each other, in words.
        """
        ...


ROUND_KINDS: OptionalMember[Collection[str]] = OptionalMember("round_kinds", ())
"""Kinds of objects whose footprint is a disc, its radius the first half extent; the others are boxes."""
SIZABLE_KINDS: OptionalMember[Mapping[str, tuple[float, float]]] = OptionalMember("sizable_kinds", {})
"""Kinds whose size a pack may choose, with smallest and largest side or diameter, metres; ``build`` finds the
size in the placed object."""
TOLD: OptionalMember[Collection[str]] = OptionalMember("told", ())
"""Parameters that what is shown (a log, labels) tells: nobody can set them."""
WHICH: OptionalMember[str] = OptionalMember("which", "")
"""The parameter that says what is shown."""
PLACING: OptionalMember[object | None] = OptionalMember("placing", None)
"""Of a file's world: what the pack declares of it for objects that are put down."""
