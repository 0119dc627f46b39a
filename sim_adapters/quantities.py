"""What a task may ask an adapter to measure: quantities of the true state, by the names in the world's file.

An adapter resolves them against its model at ``reset`` and reads them at every control tick
(:attr:`simgate.sim_adapters.observation.GroundTruth.values`). Things are named ``body/x``, ``geom/x`` or
``site/x``, as the targets of native worlds are.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, get_args

Axis = Literal["x", "y", "z"]
Of = Literal["position", "velocity", "torque"]
THINGS = ("body", "geom", "site")
"""Kinds of things that a quantity can be of."""


@dataclass(frozen=True, slots=True)
class Distance:
    """Metres between the origins of two things."""

    word: ClassVar[str] = "distance"
    a: str
    b: str


@dataclass(frozen=True, slots=True)
class Position:
    """A coordinate of a thing in the world, metres."""

    word: ClassVar[str] = "position"
    of: str
    axis: Axis


@dataclass(frozen=True, slots=True)
class Speed:
    """Linear speed of a thing in the world, m/s; with an axis the signed part along it."""

    word: ClassVar[str] = "speed"
    of: str
    axis: Axis | None = None


@dataclass(frozen=True, slots=True)
class Tilt:
    """Angle between a thing's own Z axis and the world's, degrees."""

    word: ClassVar[str] = "tilt"
    of: str


@dataclass(frozen=True, slots=True)
class Joint:
    """Position (rad or m), velocity (rad/s or m/s) or torque (Nm or N) of a joint."""

    word: ClassVar[str] = "joint"
    name: str
    of: Of = "position"


@dataclass(frozen=True, slots=True)
class ContactForce:
    """Sum of the normal forces between two things, newtons; 0 while they do not touch."""

    word: ClassVar[str] = "contact_force"
    a: str
    b: str


@dataclass(frozen=True, slots=True)
class Touching:
    """1 while two things touch, 0 otherwise."""

    word: ClassVar[str] = "touching"
    a: str
    b: str


@dataclass(frozen=True, slots=True)
class SensorReading:
    """One number of a sensor of the world's file, in its own unit."""

    word: ClassVar[str] = "sensor"
    name: str
    index: int = 0


@dataclass(frozen=True, slots=True)
class Energy:
    """Work that the actuators have put in since the start, joules; braking gives none back."""

    word: ClassVar[str] = "energy"


@dataclass(frozen=True, slots=True)
class PushForce:
    """Largest force of a push of the world since the last tick, newtons; 0 while it does not act."""

    word: ClassVar[str] = "push"
    name: str


@dataclass(frozen=True, slots=True)
class Seen:
    """One number of what an environment observes: ``{obs: 2}``, or ``{obs: KEY, index: 2}`` of a mapping."""

    word: ClassVar[str] = "obs"
    key: str | int
    index: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """A number or yes and no of an environment's info, ``{info: is_success}``; parts of mappings by dots."""

    word: ClassVar[str] = "info"
    name: str


@dataclass(frozen=True, slots=True)
class Reward:
    """What an environment gave for the last step."""

    word: ClassVar[str] = "reward"


@dataclass(frozen=True, slots=True)
class Return:
    """Sum of an environment's rewards since the start."""

    word: ClassVar[str] = "return"


Physical = (
    Distance | Position | Speed | Tilt | Joint | ContactForce | Touching | SensorReading | Energy | PushForce
)
"""Quantities of a robot on its own joints."""
OfEnvironment = Seen | Told | Reward | Return
"""Quantities of an environment."""
Quantity = Physical | OfEnvironment
_BY_WORD: dict[str, type[Any]] = {kind.word: kind for kind in get_args(Quantity)}


def read_quantity(written: Mapping[str, Any]) -> Quantity:
    """A quantity as a task's ``signals`` give it, for example ``{position: body/cube, axis: z}``.

    Raises:
        ValueError: No quantity of that name, or not what it takes; the message says what it takes.
    """
    word = next((key for key in written if key in _BY_WORD), None)
    if word is None:
        found = next(iter(written), "nothing")
        near = difflib.get_close_matches(str(found), _BY_WORD, n=1)
        meant = f"did you mean '{near[0]}'?" if near else f"it is one of {', '.join(_BY_WORD)}"
        raise ValueError(f"'{found}' is no quantity; {meant}")
    kind = _BY_WORD[word]
    keys = [field.name for field in fields(kind)]
    given = dict(written)
    main = given.pop(word)
    pair = tuple(keys) == ("a", "b")
    taken: dict[str, Any] = {}
    if pair:
        if not isinstance(main, list | tuple) or len(main) != 2:
            raise ValueError(f"{word} takes two things, [body/a, body/b], not {main!r}")
        taken = dict(zip(keys, main, strict=True))
    elif keys:
        taken = {keys[0]: main}
    unknown = sorted(set(given) - set(keys[1:] if not pair else ()))
    if unknown:
        takes = f"it takes {', '.join(keys[1:])}" if keys[1:] and not pair else "it takes nothing more"
        raise ValueError(f"{word} has no '{unknown[0]}'; {takes}")
    try:
        quantity: Quantity = kind(**taken, **given)
    except TypeError:
        raise ValueError(f"{word} needs {', '.join(keys[1:])}") from None
    _check(word, quantity)
    return quantity


def write_quantity(quantity: Quantity) -> dict[str, Any]:
    """The quantity as :func:`read_quantity` takes it."""
    values = {field.name: getattr(quantity, field.name) for field in fields(quantity)}
    if tuple(values) == ("a", "b"):
        return {quantity.word: list(values.values())}
    main = next(iter(values), None)
    rest = {name: value for name, value in values.items() if name != main and value is not None}
    return {quantity.word: values[main] if main else True, **rest}


_UNITS: Mapping[type[Any], str] = {
    Distance: "m",
    Position: "m",
    Speed: "m/s",
    Tilt: "deg",
    ContactForce: "N",
    Energy: "J",
    PushForce: "N",
}


def unit_of(quantity: Quantity) -> str:
    """Unit of a quantity; empty for none, and where only the world's file tells it (joints, sensors)."""
    return _UNITS.get(type(quantity), "")


def kind_of(quantity: Quantity) -> str:
    """What a quantity is, for those who can use one kind alone: ``speed``, ``joint velocity``."""
    return f"joint {quantity.of}" if isinstance(quantity, Joint) else quantity.word


def _check(word: str, quantity: Quantity) -> None:
    for field in fields(quantity):
        value = getattr(quantity, field.name)
        if field.name == "key":
            if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
                raise ValueError(f"{word} takes the place of a number, from 0, or a key, not {value!r}")
        elif field.name == "index":
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise ValueError(f"{word}: index counts the sensor's numbers from 0, not {value!r}")
        elif field.name == "axis":
            if value not in get_args(Axis) and not (value is None and isinstance(quantity, Speed)):
                raise ValueError(f"{word}: axis is x, y or z, not {value!r}")
        elif field.name == "of" and isinstance(quantity, Joint):
            if value not in get_args(Of):
                raise ValueError(f"{word}: of is {', '.join(get_args(Of))}, not {value!r}")
        elif not isinstance(value, str) or not value:
            raise ValueError(f"{word} takes a name, not {value!r}")
        elif field.name != "name" and value.partition("/")[0] not in THINGS:
            raise ValueError(
                f"{word}: '{value}' does not say what it is; write body/{value}, geom/... or site/..."
            )
