"""Double of ``isaacsim.core.experimental.prims``: states are PhysX' own, quaternions wxyz."""

from __future__ import annotations

from typing import Any

import numpy as np
import warp as wp
from isaacsim_double.kit import kit

from simgate.sim_adapters.physx.selection import BodyStates

_POSE = ("position", "orientation")
_PADDING = 3
"""Contacts of this sensor do not start at the first row, as they need not in Isaac Sim."""


class RigidPrim:
    def __init__(
        self,
        paths: str | list[str],
        *,
        resolve_paths: bool = True,
        positions: Any = None,
        translations: Any = None,
        orientations: Any = None,
        scales: Any = None,
        reset_xform_op_properties: bool = False,
        masses: Any = None,
        densities: Any = None,
        contact_filter_paths: str | list[str] | None = None,
        max_contact_count: int = 0,
    ) -> None:
        self._paths = [paths] if isinstance(paths, str) else list(paths)
        self._max_contacts = max_contact_count
        self._bodies = kit.session.bodies(self._paths)
        self._sensor = kit.session.contact_sensor(self._paths[0]) if max_contact_count else None
        self._written: dict[str, tuple[int, np.ndarray]] = {}
        self._ids: dict[str, int] = {}
        self._read_at = -1

    def set_world_poses(
        self, positions: Any = None, orientations: Any = None, *, indices: Any = None
    ) -> None:
        turns = None if orientations is None else np.roll(np.asarray(orientations, dtype=float), -1, axis=-1)
        self._write({"position": (positions, 3), "orientation": (turns, 4)})

    def get_world_poses(self, *, indices: Any = None) -> tuple[wp.array, wp.array]:
        state = self._states()
        position = self._fresh("position", state.position)
        turn = self._fresh("orientation", state.orientation)
        return _array(position), _array(np.roll(turn, 1, axis=1))

    def set_velocities(
        self, linear_velocities: Any = None, angular_velocities: Any = None, *, indices: Any = None
    ) -> None:
        self._write({"linearVelocity": (linear_velocities, 3), "angularVelocity": (angular_velocities, 3)})

    def get_velocities(self, *, indices: Any = None) -> tuple[wp.array, wp.array]:
        state = self._states()
        linear = self._fresh("linearVelocity", state.linear_velocity)
        return _array(linear), _array(self._fresh("angularVelocity", state.angular_velocity))

    def get_raw_contact_data(self, *, indices: Any = None, dt: float = 1.0) -> tuple[wp.array, ...]:
        if self._sensor is None:
            raise AssertionError("Physics contact view is not valid")
        points = self._sensor.points()[: self._max_contacts - _PADDING]
        rows = slice(_PADDING, _PADDING + len(points))
        forces, gaps = np.zeros((self._max_contacts, 1)), np.zeros((self._max_contacts, 1))
        where, normals = np.zeros((self._max_contacts, 3)), np.zeros((self._max_contacts, 3))
        others = np.zeros(self._max_contacts, dtype=np.uint64)
        if points:
            impulses = [point.force_n * kit.step_s for point in points]
            forces[rows, 0] = np.array(impulses) / dt
            gaps[rows, 0] = [point.separation_m for point in points]
            where[rows] = [point.position for point in points]
            normals[rows] = [point.normal for point in points]
            others[rows] = [self._ids.setdefault(p.other, 1000 + len(self._ids)) for p in points]
        return (
            _array(forces),
            _array(where),
            _array(normals),
            _array(gaps),
            wp.array(np.array([len(points)], dtype=np.uint32), dtype=wp.uint32, device="cpu"),
            wp.array(np.array([_PADDING], dtype=np.uint32), dtype=wp.uint32, device="cpu"),
            wp.array(others, dtype=wp.uint64, device="cpu"),
        )

    def get_actor_paths_from_ids(self, actor_ids: wp.array) -> list[str]:
        if actor_ids.dtype != wp.uint64 or not actor_ids.device.is_cpu:
            raise TypeError("actor ids must be uint64 on the CPU")
        paths = {number: path for path, number in self._ids.items()}
        return [paths.get(int(number), "") for number in actor_ids.numpy()]

    def _states(self) -> BodyStates:
        if self._read_at != kit.steps:
            self._state, self._read_at = self._bodies.states(), kit.steps
        return self._state

    def _write(self, given: dict[str, tuple[Any, int]]) -> None:
        rows = {
            name: np.asarray(value, dtype=float) for name, (value, _) in given.items() if value is not None
        }
        for name, values in rows.items():
            wanted = (len(self._paths), given[name][1])
            if values.shape != wanted:
                raise ValueError(f"{name}: shape {values.shape} instead of {wanted}")
            self._written[name] = (kit.steps, values)
        self._bodies.write(rows)

    def _fresh(self, name: str, read: np.ndarray) -> np.ndarray:
        """Isaac Sim reads back what was written since the last step; the session shows it after a step."""
        step, rows = self._written.get(name, (-1, read))
        return rows if step == kit.steps else read


def _array(values: np.ndarray) -> wp.array:
    return wp.array(np.ascontiguousarray(values, dtype=np.float32), dtype=wp.float32, device="cpu")
