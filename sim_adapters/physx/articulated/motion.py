"""Where PhysX has the links, as positions and velocities of MuJoCo's joints."""

from __future__ import annotations

import math
from collections.abc import Sequence

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.physx.articulated.links import HINGE, Link
from simgate.sim_adapters.physx.selection import BodyStates, RigidBodies
from simgate.sim_adapters.physx.session import PhysxSession

Array = NDArray[np.float64]


class Motion:
    """Reads the links of an attached stage into a state of their model.

    What a joint does follows from its two links: one read of all links is quicker than one of every joint.

    Args:
        session: The engine, with the stage attached.
        model: The model.
        links: Its links, parents before their children.
    """

    def __init__(self, session: PhysxSession, model: mujoco.MjModel, links: tuple[Link, ...]) -> None:
        parents = {link.parent for link in links}
        chained = [link for link in links if link.joint is not None or link.body in parents]
        loose = [link for link in links if link.joint is None and link.body not in parents]
        self._read: list[RigidBodies] = []
        if chained:
            self._read.append(session.links([link.path for link in chained]))
        if loose:
            self._read.append(session.bodies([link.path for link in loose]))
        # Row 0 is the world's.
        row = {link.body: k for k, link in enumerate([*chained, *loose], start=1)}
        self._centre = np.array([np.zeros(3), *(link.centre for link in (*chained, *loose))])
        self._free = [
            (row[link.body], int(model.jnt_qposadr[j]), int(model.jnt_dofadr[j]))
            for link in links
            if link.joint is None
            for j in (int(model.body_jntadr[link.body]),)
        ]
        jointed = [link for link in links if link.joint is not None]
        joints = [int(link.joint or 0) for link in jointed]
        self._child = np.array([row[link.body] for link in jointed], dtype=np.int64)
        self._parent = np.array([row.get(link.parent, 0) for link in jointed], dtype=np.int64)
        self._turns = model.jnt_type[joints] == HINGE
        slides = [link.joint_path for link, turns in zip(jointed, self._turns, strict=True) if not turns]
        self._slides = session.joints(slides) if slides else None
        self._qpos, self._dof = model.jnt_qposadr[joints], model.jnt_dofadr[joints]
        self._zero = model.qpos0[self._qpos]
        written = [as_written(model, link.body, link.parent) for link in jointed]
        self._offset = np.array([position for position, _ in written]).reshape(-1, 3)
        self._turned = np.array([turn for _, turn in written]).reshape(-1, 4)
        # A slide moves its link along an axis that its parent holds, as the hinge's does in the child.
        self._axis = model.jnt_axis[joints].reshape(-1, 3)

    def into(self, data: mujoco.MjData) -> None:
        """Brings positions and velocities to where the links are now."""
        states = [selection.states() for selection in self._read]
        if not states:
            return
        place, turn, speed, spin = _with_world(states)
        if len(self._child):
            self._joints(data, place, turn, spin)
        rows = [row for row, _, _ in self._free]
        bodies = [(q, v) for _, q, v in self._free]
        put_free(data, bodies, place[rows], turn[rows], speed[rows], spin[rows], self._centre[rows])

    def _joints(self, data: mujoco.MjData, place: Array, turn: Array, spin: Array) -> None:
        child, parent = self._child, self._parent
        # Where the child would be with its joint at zero, and how far it is from there.
        zero = _product(turn[parent], self._turned)
        relative = _product(_inverse(zero), turn[child])
        angle = 2.0 * np.arctan2((relative[:, 1:] * self._axis).sum(axis=1), relative[:, 0])
        axis = _rotated(zero, self._axis)
        away = place[child] - place[parent]
        length = ((away - _rotated(turn[parent], self._offset)) * axis).sum(axis=1)
        position = np.where(self._turns, angle, length) + self._zero
        data.qpos[self._qpos] = counted_on(position, data.qpos[self._qpos], self._turns)
        rate = ((spin[child] - spin[parent]) * axis).sum(axis=1)
        if self._slides is not None:
            # PhysX moves links within a step, and their speeds are not of one moment with their places.
            told = self._slides.read(("jointVelocity",))["jointVelocity"]
            rate[~self._turns] = [float(one.reshape(-1)[0]) for one in told]
        data.qvel[self._dof] = rate


def counted_on(position: Array, before: Array, turns: NDArray[np.bool_]) -> Array:
    """Positions of joints by whole turns where they were a step ago: PhysX counts those of a hinge anew.

    Args:
        position: rad and m, shape (J,).
        before: A step ago, shape (J,).
        turns: Which are hinges, shape (J,).
    """
    return position + np.where(turns, np.round((before - position) / math.tau) * math.tau, 0.0)


def as_written(model: mujoco.MjModel, body: int, parent: int) -> tuple[Array, Array]:
    """Place and turn of a body in the frame of the link that it hangs on, where the model was written."""
    position, turn = model.body_pos[body].copy(), model.body_quat[body].copy()
    above = int(model.body_parentid[body])
    while above != parent:
        position = model.body_pos[above] + _rotated(model.body_quat[above][None], position[None])[0]
        turn = _product(model.body_quat[above][None], turn[None])[0]
        above = int(model.body_parentid[above])
    return position, turn


def put_free(
    data: mujoco.MjData,
    joints: Sequence[tuple[int, int]],
    place: Array,
    turn: Array,
    speed: Array,
    spin: Array,
    centre: Array,
) -> None:
    """Brings free bodies of a state to where PhysX has them.

    Args:
        data: The state.
        joints: First index of each one's positions and velocities.
        place: Of its origin, metres, shape (F, 3).
        turn: Unit quaternion (w, x, y, z), shape (F, 4).
        speed: Of its centre of mass, m/s, shape (F, 3).
        spin: rad/s in the world's frame, shape (F, 3).
        centre: Centre of mass in its own frame, metres, shape (F, 3).
    """
    # MuJoCo has the speed of the origin in the world, and the turning in the body's own frame.
    origin = speed - np.cross(spin, _rotated(turn, centre))
    own = _rotated(_inverse(turn), spin)
    for row, (q, v) in enumerate(joints):
        # Of the two quaternions of a turn the one that the state has gone on with.
        sign = -1.0 if float(turn[row] @ data.qpos[q + 3 : q + 7]) < 0.0 else 1.0
        data.qpos[q : q + 3], data.qpos[q + 3 : q + 7] = place[row], sign * turn[row]
        data.qvel[v : v + 3], data.qvel[v + 3 : v + 6] = origin[row], own[row]


def motion_of_centre(model: mujoco.MjModel, data: mujoco.MjData, link: Link) -> tuple[Array, Array]:
    """Speed of the centre of mass of a free link, m/s, and its spin, rad/s, in the world's frame."""
    dof, frame = int(model.jnt_dofadr[int(model.body_jntadr[link.body])]), data.xmat[link.body].reshape(3, 3)
    spin = frame @ data.qvel[dof + 3 : dof + 6]
    return data.qvel[dof : dof + 3] + np.cross(spin, frame @ link.centre), spin


def _with_world(states: list[BodyStates]) -> tuple[Array, Array, Array, Array]:
    """Places, turns (w, x, y, z), speeds of the centres and spins; the world's own are first."""
    place = np.vstack((np.zeros((1, 3)), *(one.position for one in states)))
    turn = np.vstack(([[0.0, 0.0, 0.0, 1.0]], *(one.orientation for one in states)))[:, (3, 0, 1, 2)]
    turn /= np.linalg.norm(turn, axis=1, keepdims=True)
    speed = np.vstack((np.zeros((1, 3)), *(one.linear_velocity for one in states)))
    spin = np.vstack((np.zeros((1, 3)), *(one.angular_velocity for one in states)))
    return place, turn, speed, spin


def _product(a: Array, b: Array) -> Array:
    """Of quaternions (w, x, y, z), row by row."""
    scalar = a[:, 0] * b[:, 0] - (a[:, 1:] * b[:, 1:]).sum(axis=1)
    vector = a[:, :1] * b[:, 1:] + b[:, :1] * a[:, 1:] + np.cross(a[:, 1:], b[:, 1:])
    return np.column_stack((scalar, vector))


def _inverse(turn: Array) -> Array:
    return turn * (1.0, -1.0, -1.0, -1.0)


def _rotated(turn: Array, vectors: Array) -> Array:
    """Vectors turned by unit quaternions, row by row."""
    twice = 2.0 * np.cross(turn[:, 1:], vectors)
    return vectors + turn[:, :1] * twice + np.cross(turn[:, 1:], twice)
