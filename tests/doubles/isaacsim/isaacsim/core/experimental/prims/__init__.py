"""Double of ``isaacsim.core.experimental.prims``: states are PhysX' own, quaternions wxyz."""

from __future__ import annotations

from typing import Any

import numpy as np
import warp as wp
from isaacsim_double.kit import kit
from pxr import Usd, UsdPhysics

from simgate.sim_adapters.physx.selection import BodyStates, Selection

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
        try:
            self._bodies = kit.session.bodies(self._paths)
        except ValueError:
            self._bodies = kit.session.links(self._paths)
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

    def apply_forces_and_torques_at_pos(
        self,
        forces: Any = None,
        torques: Any = None,
        *,
        positions: Any = None,
        indices: Any = None,
        local_frame: bool = False,
    ) -> None:
        if indices is not None or local_frame or positions is None:
            raise NotImplementedError("the double takes world forces at places, on all bodies")
        shape = (len(self._paths), 3)
        parts = [np.zeros(shape) if one is None else _rows(one, shape) for one in (forces, torques)]
        self._bodies.write({"wrench": np.hstack((*parts, _rows(positions, shape)))})

    def get_masses(self, *, indices: Any = None, inverse: bool = False) -> wp.array:
        masses = np.array(self._bodies.read(("mass",))["mass"]).reshape(-1, 1)
        return _array(1.0 / masses if inverse else masses)

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


_DEG = 180.0 / np.pi


class Articulation:
    """One articulation; degrees of freedom are in an order that is not the stage's."""

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
    ) -> None:
        (path,) = [paths] if isinstance(paths, str) else paths
        stage = kit.current_stage()
        root = next(
            (
                prim
                for prim in Usd.PrimRange(stage.GetPrimAtPath(path))
                if prim.HasAPI(UsdPhysics.ArticulationRootAPI)
            ),
            None,
        )
        if root is None:
            raise ValueError(f"no articulation root at or below {path}")
        held = UsdPhysics.Joint(root)
        first = str(held.GetBody1Rel().GetTargets()[0]) if held else str(root.GetPath())
        self._links, joints = _tree(stage, first)
        self._joints = joints[::-1]
        session = kit.session
        self._whole = session._kept(Selection, "ARTICULATION", [first])
        self._view = session.links(self._links)
        self._dofs = session.joints(self._joints) if self._joints else None
        turns = [stage.GetPrimAtPath(one).IsA(UsdPhysics.RevoluteJoint) for one in self._joints]
        self._unit = np.where(turns, _DEG, 1.0)
        self._told_before: dict[tuple[int, ...], Selection] = {}

    @property
    def dof_paths(self) -> list[list[str]]:
        return [list(self._joints)]

    @property
    def link_paths(self) -> list[list[str]]:
        return [list(self._links)]

    def set_world_poses(
        self, positions: Any = None, orientations: Any = None, *, indices: Any = None
    ) -> None:
        if positions is not None:
            self._whole.write({"rootPosition": _rows(positions, (1, 3))})
        if orientations is not None:
            self._whole.write({"rootOrientation": np.roll(_rows(orientations, (1, 4)), -1, axis=1)})

    def get_world_poses(self, *, indices: Any = None) -> tuple[wp.array, wp.array]:
        found = self._whole.read(("rootPosition", "rootOrientation"))
        turn = np.roll(np.array(found["rootOrientation"]), 1, axis=1)
        return _array(np.array(found["rootPosition"])), _array(turn)

    def set_velocities(
        self, linear_velocities: Any = None, angular_velocities: Any = None, *, indices: Any = None
    ) -> None:
        self._whole.write(
            {
                "rootLinearVelocity": _rows(linear_velocities, (1, 3)),
                "rootAngularVelocity": _rows(angular_velocities, (1, 3)),
            }
        )

    def get_velocities(self, *, indices: Any = None) -> tuple[wp.array, wp.array]:
        found = self._whole.read(("rootLinearVelocity", "rootAngularVelocity"))
        return tuple(_array(np.array(found[name])) for name in ("rootLinearVelocity", "rootAngularVelocity"))

    def set_dof_positions(self, positions: Any, *, indices: Any = None, dof_indices: Any = None) -> None:
        self._tell("jointPosition", positions, dof_indices, self._unit)
        self._tell("jointPositionTarget", positions, dof_indices, self._unit)

    def get_dof_positions(self, *, indices: Any = None, dof_indices: Any = None) -> wp.array:
        return _array(self._told("jointPosition", dof_indices) / self._unit)

    def set_dof_velocities(self, velocities: Any, *, indices: Any = None, dof_indices: Any = None) -> None:
        self._tell("jointVelocity", velocities, dof_indices, self._unit)
        self._tell("jointVelocityTarget", velocities, dof_indices, self._unit)

    def get_dof_velocities(self, *, indices: Any = None, dof_indices: Any = None) -> wp.array:
        return _array(self._told("jointVelocity", dof_indices) / self._unit)

    def set_dof_position_targets(
        self, positions: Any, *, indices: Any = None, dof_indices: Any = None
    ) -> None:
        self._tell("jointPositionTarget", positions, dof_indices, self._unit)

    def set_dof_velocity_targets(
        self, velocities: Any, *, indices: Any = None, dof_indices: Any = None
    ) -> None:
        self._tell("jointVelocityTarget", velocities, dof_indices, self._unit)

    def set_dof_efforts(self, efforts: Any, *, indices: Any = None, dof_indices: Any = None) -> None:
        self._tell("jointActuationForce", efforts, dof_indices, np.ones_like(self._unit))

    def get_dof_gains(self, *, indices: Any = None, dof_indices: Any = None) -> tuple[wp.array, wp.array]:
        names = ("jointStiffness", "jointDamping")
        return tuple(_array(self._told(name, dof_indices) * self._unit) for name in names)

    def get_dof_max_efforts(self, *, indices: Any = None, dof_indices: Any = None) -> wp.array:
        return _array(self._told("jointMaxForce", dof_indices))

    def get_dof_armatures(self, *, indices: Any = None, dof_indices: Any = None) -> wp.array:
        return _array(self._told("jointArmature", dof_indices))

    def get_dof_friction_properties(
        self, *, indices: Any = None, dof_indices: Any = None
    ) -> tuple[wp.array, wp.array, wp.array]:
        sticks, slides = (self._told(f"joint{kind}Friction", dof_indices) for kind in ("Static", "Dynamic"))
        slow = self._told("jointViscousFriction", dof_indices) * self._unit
        return _array(sticks), _array(slides), _array(slow)

    def get_link_masses(
        self, *, indices: Any = None, link_indices: Any = None, inverse: bool = False
    ) -> wp.array:
        masses = np.array(self._view.read(("mass",))["mass"]).reshape(1, -1)
        return _array(1.0 / masses if inverse else masses)

    def _told(self, name: str, dof_indices: Any) -> np.ndarray:
        if dof_indices is not None:
            raise NotImplementedError("the double reads all degrees of freedom")
        assert self._dofs is not None
        return np.array([[float(one.reshape(-1)[0]) for one in self._dofs.read((name,))[name]]])

    def _tell(self, name: str, values: Any, dof_indices: Any, unit: np.ndarray) -> None:
        columns = tuple(range(len(self._joints)) if dof_indices is None else dof_indices)
        rows = _rows(values, (1, len(columns)))[0]
        if columns not in self._told_before:
            self._told_before[columns] = kit.session.joints([self._joints[column] for column in columns])
        self._told_before[columns].write({name: (rows * unit[list(columns)])[:, None]})


def _tree(stage: Usd.Stage, first: str) -> tuple[list[str], list[str]]:
    """Links below one by their joints, and these joints."""
    joints = [UsdPhysics.Joint(prim) for prim in stage.Traverse() if prim.IsA(UsdPhysics.Joint)]
    ends = {
        str(one.GetPath()): tuple(
            str(rel.GetTargets()[0]) if rel.GetTargets() else ""
            for rel in (one.GetBody0Rel(), one.GetBody1Rel())
        )
        for one in joints
    }
    links, found = [first], []
    for link in links:
        for path, pair in ends.items():
            if path not in found and link in pair and "" not in pair:
                found.append(path)
                links.append(pair[1] if pair[0] == link else pair[0])
    return links, found


def _rows(values: Any, shape: tuple[int, int]) -> np.ndarray:
    rows = np.asarray(values, dtype=float)
    if rows.shape != shape:
        raise ValueError(f"shape {rows.shape} instead of {shape}")
    return rows


def _array(values: np.ndarray) -> wp.array:
    return wp.array(np.ascontiguousarray(values, dtype=np.float32), dtype=wp.float32, device="cpu")
