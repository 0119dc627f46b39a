"""Objects of a team's own file that ``place`` puts down: what they stand on, how much room they take."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from simgate.sim_adapters.scene.native import MOST_COPIES, PlacedBody, PutDown
from simgate.sim_adapters.worlds.world import Disc, PlacedObject, Rectangle, Value


@dataclass(frozen=True, slots=True)
class Surface:
    """A level part of the file that objects stand on.

    Attributes:
        area: Where they may stand, world frame, metres.
        height_m: Its height above z = 0.
    """

    area: Rectangle
    height_m: float


@dataclass(frozen=True, slots=True)
class PlaceableBody:
    """The room that a body takes as the file has it, seen from above.

    Attributes:
        half: Half extents along world X and Y, metres; of a disc its radius, twice.
        middle: Middle of that box from the body's origin, metres.
        rest_m: Height of the body's origin above what it stands on.
        is_round: Whether it is a disc.
        names: Of bodies and shapes that go with it, its own among them.
    """

    half: tuple[float, float]
    middle: tuple[float, float]
    rest_m: float
    is_round: bool
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Placing:
    """What a pack says of objects in a file, checked against it.

    Attributes:
        surfaces: Name -> what objects stand on; none lies over another.
        objects: Body of the file -> the room that it takes. It is there only where ``place`` puts it.
        keep_clear: Name -> where no object may stand.
    """

    surfaces: dict[str, Surface] = field(default_factory=dict)
    objects: dict[str, PlaceableBody] = field(default_factory=dict)
    keep_clear: dict[str, Disc] = field(default_factory=dict)

    def put(self, placed: Sequence[PlacedObject]) -> PutDown:
        """Where the bodies of a variant stand.

        Raises:
            ValueError: An object is on no surface, or there are more copies than are told apart.
        """
        copies = len(placed) - len({item.kind for item in placed})
        if copies > MOST_COPIES:
            raise ValueError(
                f"{copies} copies of objects are placed, and at most {MOST_COPIES} are told apart"
            )
        found: list[PlacedBody] = []
        names: dict[str, list[str]] = {name: [] for one in self.objects.values() for name in one.names}
        for item in placed:
            own = self.objects[item.kind]
            count = sum(one.body == item.kind for one in found)
            suffix = _suffix(item.kind, count)
            cos, sin = math.cos(item.yaw), math.sin(item.yaw)
            x = item.x - (cos * own.middle[0] - sin * own.middle[1])
            y = item.y - (sin * own.middle[0] + cos * own.middle[1])
            z = self._height_at(item) + own.rest_m
            found.append(PlacedBody(item.kind, suffix, (x, y, z), item.yaw))
            for name in own.names:
                names[name].append(_copied(name, item.kind, suffix))
        known = tuple((name, tuple(there)) for name, there in names.items())
        return PutDown(tuple(self.objects), tuple(found), known)

    def _height_at(self, item: PlacedObject) -> float:
        for surface in self.surfaces.values():
            area = surface.area
            if area.x_min <= item.x <= area.x_max and area.y_min <= item.y <= area.y_max:
                return surface.height_m
        raise ValueError(f"'{item.kind}' at ({item.x:g}, {item.y:g}) stands on no surface of the world")


def _suffix(body: str, count: int) -> str:
    """What the name of a body ends with of which ``count`` are there already; paths of prims have no dots."""
    if not count:
        return ""
    return f"_copy{count + 1}" if body.startswith("/") else f".{count + 1}"


def _copied(name: str, body: str, suffix: str) -> str:
    """What a thing of a body is called in a copy: in a stage it lies below the copy's own path."""
    return f"{body}{suffix}{name[len(body) :]}" if body.startswith("/") else f"{name}{suffix}"


class PlacingWorld:
    """What every world says of the objects that ``place`` puts down in it.

    Args:
        placing: As the pack declares it.
    """

    def __init__(self, placing: Placing) -> None:
        self.placing = placing
        self.object_kinds: Mapping[str, tuple[float, float]] = {k: o.half for k, o in placing.objects.items()}
        self.round_kinds = frozenset(kind for kind, one in placing.objects.items() if one.is_round)
        self.region_names: tuple[str, ...] = tuple(placing.surfaces)
        self.keep_clear_names: tuple[str, ...] = tuple(placing.keep_clear)

    def region(self, name: str, parameters: Mapping[str, Value]) -> Rectangle:
        """The part of a surface on which objects may stand."""
        return self.placing.surfaces[name].area

    def keep_clear(self, name: str, parameters: Mapping[str, Value]) -> Disc:
        """Where no object may stand."""
        return self.placing.keep_clear[name]
