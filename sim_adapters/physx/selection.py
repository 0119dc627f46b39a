"""What is read from and written to PhysX: chosen objects of the attached stage.

Everything is in world frame and SI units. Quaternions are (x, y, z, w), as PhysX has them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_STATE = ("position", "orientation", "linearVelocity", "angularVelocity")
_CONTACT = (
    "rawContactForce",
    "rawContactSeparation",
    "rawContactPoint",
    "rawContactNormal",
    "rawContactOtherBody",
)
_EVENT = (
    "contactEventCollider",
    "contactEventOtherCollider",
    "contactEventPointCount",
    "contactEventPointImpulse",
    "contactEventPointSeparation",
)


@dataclass(frozen=True, slots=True)
class BodyStates:
    """States of rigid bodies.

    Attributes:
        position: Origin of each body, metres, float64, shape (N, 3).
        orientation: Quaternion (x, y, z, w), float64, shape (N, 4).
        linear_velocity: Of the centre of mass, m/s, float64, shape (N, 3).
        angular_velocity: rad/s, float64, shape (N, 3).
    """

    position: NDArray[np.float64]
    orientation: NDArray[np.float64]
    linear_velocity: NDArray[np.float64]
    angular_velocity: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """One contact point of the last step.

    Attributes:
        other: Prim path of the body, or of the static collider, that is touched.
        force_n: Normal force, newtons.
        separation_m: Gap, negative where the two overlap; contacts begin a little before they touch.
        position: World frame, metres.
        normal: As PhysX reports it.
    """

    other: str
    force_n: float
    separation_m: float
    position: tuple[float, float, float]
    normal: tuple[float, float, float]


class Selection:
    """Objects of one kind by their prim paths; ends with the stage.

    Args:
        physx: The engine instance, with a stage attached.
        dictionary: Path dictionary of that stage.
        kind: Type of the objects.
        paths: Their prims.

    Raises:
        ValueError: One of the prims is no object of this kind.
    """

    def __init__(self, physx: Any, dictionary: Any, kind: Any, paths: Sequence[str]) -> None:
        self.paths = tuple(paths)
        self._physx = physx
        self._dictionary = dictionary
        self._tokens: dict[str, int] = {}
        self._known: dict[int, str] = {}
        handles = [dictionary.intern_path(path) for path in self.paths]
        self._query: Any = physx.query(kind, prim_paths=handles, metadata=True).wait()
        found = self._query.metadata.total_prim_count
        if found != len(self.paths):
            raise ValueError(
                f"PhysX knows {found} of the {len(self.paths)} {kind.name} in {list(self.paths)}"
            )

    def close(self) -> None:
        """Releases the selection; safe to call twice."""
        if self._query is not None:
            self._query.close_sync()
            self._query = None

    def read(self, names: Sequence[str]) -> dict[str, list[NDArray[Any]]]:
        """Attributes as they are after the last step.

        Returns:
            For each attribute that has a value, one array for each object, in the order of ``paths`` (an
            object without a value has an empty one).
        """
        columns: dict[str, list[NDArray[Any]]] = {}
        by_token = {self._token(name): name for name in names}
        left = len(names) * len(self.paths)
        with self._physx.read(self._query, list(names)).wait() as result:
            # Once every value is there, asking for the end of the list would only take time.
            while left and (group := result.fetch_next().wait()) is not None:
                rows = columns.setdefault(
                    by_token[group.attribute], [np.empty(0, dtype=np.float32)] * len(self.paths)
                )
                places = self._places(group)
                if group.is_array:
                    values = [tensor.numpy().copy() for tensor in group.tensors]
                else:
                    values = list(group.tensors[0].numpy().copy())
                for place, value in zip(places, values, strict=True):
                    rows[place] = value
                left -= len(places)
        return columns

    def write(self, values: Mapping[str, NDArray[np.float64]]) -> None:
        """Writes attributes of every object; they hold from the next step on.

        Args:
            values: PhysX' name of an attribute -> values in the order of ``paths``, shape (N, width).
        """
        names = list(values)
        left = len(names) * len(self.paths)
        with self._physx.write(self._query, names).wait() as session:
            while left and (group := session.fetch_next().wait()) is not None:
                source = values[names[group.attribute_index]]
                places = self._places(group)
                if len(group.tensors) == len(places):  # A tensor each, as joints have it.
                    for tensor, place in zip(group.tensors, places, strict=True):
                        tensor.numpy().reshape(-1)[:] = source[place]
                else:
                    target = group.tensors[0].numpy()
                    for row, place in enumerate(places):
                        target[row] = source[place]
                session.commit(group).wait()
                left -= len(places)

    def _places(self, group: Any) -> list[int]:
        """For each row of a group, the place of its object in ``paths``."""
        if len(self.paths) == 1:
            return [0] * group.prim_count
        first = group.prim_offset
        listed = self._dictionary.get_paths(group.prim_list)[first : first + group.prim_count]
        return [self.paths.index(self._path(int(handle))) for handle in listed]

    def _path(self, handle: int) -> str:
        """Path of an interned handle; asking the dictionary costs more than a step."""
        if handle not in self._known:
            self._known[handle] = str(self._dictionary.path_to_string(handle))
        return self._known[handle]

    def _token(self, name: str) -> int:
        if name not in self._tokens:
            self._tokens[name] = int(self._dictionary.intern_token(name))
        return self._tokens[name]


class RigidBodies(Selection):
    """Rigid bodies of the attached stage, or links of articulations; made by ``PhysxSession``."""

    def states(self) -> BodyStates:
        """Their states after the last step."""
        columns = self.read(_STATE)
        return BodyStates(*(np.array(columns[name], dtype=np.float64) for name in _STATE))


@dataclass(frozen=True, slots=True)
class ShapeContact:
    """One contact point of the last step between two shapes.

    Attributes:
        a: Prim path of the one collider.
        b: Prim path of the other.
        impulse_ns: Normal impulse of the step, newton seconds.
        separation_m: Gap, negative where the two overlap; contacts begin a little before they touch.
    """

    a: str
    b: str
    impulse_ns: float
    separation_m: float


class ContactSensors(Selection):
    """Bodies with ``PhysxContactReportAPI``, shape by shape; made by ``PhysxSession.contact_sensors``."""

    def points(self) -> list[ShapeContact]:
        """Contact points of the last step, each once: a pair of two of these bodies is told by both."""
        columns = self.read(_EVENT)
        if len(columns) < len(_EVENT):
            return []  # No point, so no column of points.
        found: dict[tuple[str, str], list[ShapeContact]] = {}
        for row in range(len(self.paths)):
            own, other, counts, impulses, gaps = (columns[name][row] for name in _EVENT)
            first = 0
            for pair in zip(own.reshape(-1), other.reshape(-1), counts.reshape(-1), strict=True):
                a, b, last = self._path(int(pair[0])), self._path(int(pair[1])), first + int(pair[2])
                points = zip(impulses[first:last], gaps.reshape(-1)[first:last], strict=True)
                first = last
                if (b, a) not in found:
                    told = [
                        ShapeContact(a, b, float(np.linalg.norm(push)), float(gap)) for push, gap in points
                    ]
                    found.setdefault((a, b), []).extend(told)
        return [one for points in found.values() for one in points]


class ContactSensor(Selection):
    """A body with ``PhysxContactReportAPI``; made by ``PhysxSession.contact_sensor``."""

    def points(self) -> list[ContactPoint]:
        """Contact points of the last step."""
        columns = self.read(_CONTACT)
        if not columns:
            return []
        forces, gaps, points, normals, others = (columns[name][0] for name in _CONTACT)
        return [
            ContactPoint(
                other=self._path(int(other)),
                force_n=abs(float(force)),
                separation_m=float(gap),
                position=_vector(point),
                normal=_vector(normal),
            )
            for force, gap, point, normal, other in zip(
                forces.reshape(-1), gaps.reshape(-1), points, normals, others.reshape(-1), strict=True
            )
        ]


def _vector(row: NDArray[np.float32]) -> tuple[float, float, float]:
    return float(row[0]), float(row[1]), float(row[2])
