"""Bodies of a compiled model as PhysX has them: those that move as one are one link."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.usd.paths import BODIES, WORLD, paths_of

JOINTS = f"{WORLD}/Joints"
Array = NDArray[np.float64]
_JOINT = mujoco.mjtJoint
HINGE = int(_JOINT.mjJNT_HINGE)
_FREE, _BALL = int(_JOINT.mjJNT_FREE), int(_JOINT.mjJNT_BALL)


@dataclass(frozen=True, eq=False)
class Link:
    """What moves as one.

    Attributes:
        body: The body that holds the others of it.
        path: Of its prim.
        parent: Body of the link that it hangs on; 0 for the world.
        joint: Number of the hinge or slide between the two; None for one that is free.
        joint_path: Of the prim of that joint; empty for one that is free.
        members: Its bodies.
        mass_kg: Of all of them.
        centre: Centre of mass in its own frame, metres, shape (3,).
        inertia: About that centre in its own frame, kg m^2, shape (3, 3).
        has_gravity: Whether it has weight.
    """

    body: int
    path: str
    parent: int
    joint: int | None
    joint_path: str
    members: tuple[int, ...]
    mass_kg: float
    centre: Array
    inertia: Array
    has_gravity: bool


def links_of(model: mujoco.MjModel, data: mujoco.MjData) -> tuple[Link, ...]:
    """The links of a model, parents before their children.

    Args:
        model: The model.
        data: Any state of it, derived.

    Raises:
        ValueError: A body moves in a way that one joint of PhysX does not.
    """
    heads = [b for b in range(1, model.nbody) if int(model.body_weldid[b]) == b]
    names = {body: name_of(model, body) for body in heads}
    if len(set(names.values())) < len(names):
        raise ValueError("a body without a name would be called as another one is: give it a name")
    paths = paths_of(BODIES, names.values())
    joints = paths_of(JOINTS, names.values())
    links = []
    for body in heads:
        joint = _joint_of(model, body)
        members = tuple(int(b) for b in np.flatnonzero(model.body_weldid == body))
        free = int(model.jnt_type[joint]) == _FREE
        name = names[body]
        links.append(
            Link(
                body, paths[name], int(model.body_weldid[model.body_parentid[body]]),
                None if free else joint, "" if free else joints[name], members,
                *_weighed(model, data, body, members), _has_gravity(model, members, name),
            )
        )  # fmt: skip
    return tuple(links)


def name_of(model: mujoco.MjModel, body: int) -> str:
    """Name of a body; its number where it has none."""
    return str(model.body(body).name) or f"body {body}"


def _joint_of(model: mujoco.MjModel, body: int) -> int:
    first, count = int(model.body_jntadr[body]), int(model.body_jntnum[body])
    if count != 1:
        raise ValueError(
            f"body '{name_of(model, body)}' has {count} joints and PhysX moves a body by one: "
            "put a body of its own, with a mass, between every two"
        )
    if int(model.jnt_type[first]) == _BALL:
        raise ValueError(
            f"body '{name_of(model, body)}' hangs on a ball joint, and PhysX is given hinges, "
            "slides and free bodies: put three hinges in its place, each with a body of its own"
        )
    return first


def pose_in(data: mujoco.MjData, body: int, position: Array, axes: Array) -> tuple[Array, Array]:
    """A pose of the world in the frame of a body.

    Args:
        data: The state.
        body: The body.
        position: Metres, shape (3,).
        axes: Rotation matrix, shape (3, 3).
    """
    frame = data.xmat[body].reshape(3, 3)
    return frame.T @ (position - data.xpos[body]), frame.T @ axes


def _weighed(
    model: mujoco.MjModel, data: mujoco.MjData, body: int, members: tuple[int, ...]
) -> tuple[float, Array, Array]:
    """Mass, centre and inertia of bodies that move as one, in the frame of the one that holds the others."""
    masses = model.body_mass[list(members)]
    placed = [pose_in(data, body, data.xipos[b], data.ximat[b].reshape(3, 3)) for b in members]
    total = float(masses.sum())
    centre = sum(m * position for m, (position, _) in zip(masses, placed, strict=True)) / total
    inertia = np.zeros((3, 3))
    for b, mass, (position, axes) in zip(members, masses, placed, strict=True):
        away = position - centre
        inertia += axes @ np.diag(model.body_inertia[b]) @ axes.T
        inertia += mass * (away @ away * np.eye(3) - np.outer(away, away))
    return total, centre, inertia


def _has_gravity(model: mujoco.MjModel, members: tuple[int, ...], name: str) -> bool:
    heavy = [b for b in members if model.body_mass[b] > 0.0]
    shares = {float(model.body_gravcomp[b]) for b in heavy}
    if shares == {0.0}:
        return True
    if shares == {1.0}:
        return False
    raise ValueError(
        f"body '{name}' has a part of its weight taken off (gravcomp), and PhysX takes all or none"
    )
