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
                target = group.tensors[0].numpy()
                source = values[names[group.attribute_index]]
                places = self._places(group)
                for row, place in enumerate(places):
                    target[row] = source[place]
                session.commit(group).wait()
                left -= len(places)

    def _places(self, group: Any) -> list[int]:
        """For each row of a group, the place of its object in ``paths``."""
        if len(self.paths) == 1:
            return [0] * group.prim_count
        listed = self._dictionary.get_path_strings(group.prim_list)
        first = group.prim_offset
        return [self.paths.index(path) for path in listed[first : first + group.prim_count]]

    def _token(self, name: str) -> int:
        if name not in self._tokens:
            self._tokens[name] = int(self._dictionary.intern_token(name))
        return self._tokens[name]


class RigidBodies(Selection):
    """Rigid bodies of the attached stage; made by ``PhysxSession.bodies``."""

    def states(self) -> BodyStates:
        """Their states after the last step."""
        columns = self.read(_STATE)
        return BodyStates(*(np.array(columns[name], dtype=np.float64) for name in _STATE))


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
                other=str(self._dictionary.path_to_string(int(other))),
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
