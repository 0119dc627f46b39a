"""The bodies of a stage that physics moves, hung on each other by its joints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Sdf, Usd, UsdPhysics

from simgate.sim_adapters.usd.native.layout import joints_of, moving_bodies
from simgate.sim_adapters.usd.native.solids import unscaled_pose, upwards
from simgate.sim_adapters.usd.paths import is_at_or_below
from simgate.sim_adapters.worlds.native_file import NativeError

Array = NDArray[np.float64]
_KINDS = {"PhysicsFixedJoint": "fixed", "PhysicsRevoluteJoint": "hinge", "PhysicsPrismaticJoint": "slide"}
_ROOT = "PhysicsArticulationRootAPI"
_ALONG = {"X": 0, "Y": 1, "Z": 2}


@dataclass(frozen=True, eq=False)
class Hung:
    """A body and what it hangs on.

    Attributes:
        path: Of the body.
        parent: Of the body that it hangs on; empty for the world.
        joint: Between the two; None for one that is free.
        kind: ``free``, ``fixed``, ``hinge`` or ``slide``.
        pose: In its parent's frame, in the world's for one that hangs on it, its joint at zero; shape (4, 4).
        anchor: Of the joint in the body's own frame, metres, shape (3,).
        axis: Of the joint in the body's own frame: positive is as the file counts.
    """

    path: str
    parent: str
    joint: Usd.Prim | None
    kind: str
    pose: Array
    anchor: Array
    axis: Array


@dataclass(frozen=True, eq=False)
class _End:
    """One end of a joint: the body, and the joint's frame in it."""

    body: str
    frame: Array


def hung_bodies(stage: Usd.Stage) -> tuple[Hung, ...]:
    """The bodies of a stage, each after the one that it hangs on.

    Raises:
        NativeError: A joint is of a kind that is not moved, bodies hang on each other in a circle, or
            the root of an articulation is where PhysX would let the robot float.
    """
    bodies = moving_bodies(stage)
    joints = [(joint, *_ends(stage, joint, bodies)) for joint in joints_of(stage) if _is_enabled(joint)]
    left = dict.fromkeys(bodies)
    found: list[Hung] = []
    used: set[Sdf.Path] = set()

    def grow(path: str) -> None:
        for joint, first, second in joints:
            if joint.GetPath() in used or path not in (first.body, second.body):
                continue
            used.add(joint.GetPath())
            near, far = (first, second) if first.body == path else (second, first)
            if far.body not in left:
                raise NativeError(
                    "file",
                    f"joint '{joint.GetPath()}' closes a circle of bodies, which MuJoCo does not take over",
                    "take it out, or model the robot as MJCF",
                )
            del left[far.body]
            found.append(_hung(stage, joint, near, far, forward=near is first))
            grow(far.body)

    grow("")
    _check_roots(stage, [one.path for one in found], fixed=True)
    while left:
        path = _root_among(stage, list(left), joints)
        del left[path]
        before = len(found)
        found.append(
            Hung(path, "", None, "free", unscaled_pose(stage.GetPrimAtPath(path)), np.zeros(3), np.zeros(3))
        )
        grow(path)
        _check_roots(stage, [one.path for one in found[before:]], fixed=False)
    return tuple(found)


def _is_enabled(joint: Usd.Prim) -> bool:
    return UsdPhysics.Joint(joint).GetJointEnabledAttr().Get() is not False


def _ends(stage: Usd.Stage, joint: Usd.Prim, bodies: list[str]) -> tuple[_End, _End]:
    schema = UsdPhysics.Joint(joint)
    kind = str(joint.GetTypeName())
    if kind not in _KINDS or schema.GetExcludeFromArticulationAttr().Get():
        raise NativeError(
            "file",
            f"joint '{joint.GetPath()}' is a {kind.removeprefix('Physics') or 'joint'}"
            f"{' outside its articulation' if kind in _KINDS else ''}, which is not moved",
            "make it a revolute, prismatic or fixed joint of UsdPhysics, or model the robot as MJCF",
        )
    found = []
    for number, targets in enumerate((schema.GetBody0Rel().GetTargets(), schema.GetBody1Rel().GetTargets())):
        local = np.eye(4)
        position = joint.GetAttribute(f"physics:localPos{number}").Get()
        turn = joint.GetAttribute(f"physics:localRot{number}").Get()
        local[:3, :3], local[:3, 3] = _matrix(turn), position
        prim = stage.GetPrimAtPath(targets[0]) if targets else None
        if prim is None or not prim:
            found.append(_End("", local))
            continue
        body = next((str(one.GetPath()) for one in upwards(prim) if str(one.GetPath()) in bodies), "")
        at = unscaled_pose(prim) @ local
        found.append(_End(body, np.linalg.inv(unscaled_pose(stage.GetPrimAtPath(body))) @ at if body else at))
    first, second = found
    if first.body == second.body:
        raise NativeError("file", f"joint '{joint.GetPath()}' holds nothing that moves", "give it two bodies")
    return first, second


def _hung(stage: Usd.Stage, joint: Usd.Prim, near: _End, far: _End, *, forward: bool) -> Hung:
    kind = _KINDS[str(joint.GetTypeName())]
    pose = near.frame @ np.linalg.inv(far.frame)
    if kind == "fixed" and not near.body:
        # What holds a base to the world marks it only; the base stays where it stands.
        pose = unscaled_pose(stage.GetPrimAtPath(far.body))
    token = joint.GetAttribute("physics:axis").Get() if kind != "fixed" else "X"
    axis = far.frame[:3, _ALONG[str(token)]]
    return Hung(far.body, near.body, joint, kind, pose, far.frame[:3, 3], axis if forward else -axis)


def _root_among(stage: Usd.Stage, left: list[str], joints: list[tuple[Usd.Prim, _End, _End]]) -> str:
    """The body that an articulation without a hold on the world begins with, or one without joints."""
    ends = {second.body for _, _, second in joints}
    marked = [path for path in left if _is_root(stage.GetPrimAtPath(path))]
    return next((path for path in (*marked, *(path for path in left if path not in ends))), left[0])


def _is_root(prim: Usd.Prim) -> bool:
    # That of Newton is one too, which PhysX reads where its own is not.
    applied = prim.GetPrimTypeInfo().GetAppliedAPISchemas()
    return any(str(name).endswith("ArticulationRootAPI") for name in applied)


def _check_roots(stage: Usd.Stage, paths: list[str], *, fixed: bool) -> None:
    """The first trap of articulations: with its root on a link, a robot that the world holds floats."""
    if not fixed:
        marked = [path for path in paths[1:] if _is_root(stage.GetPrimAtPath(path))]
        where = f"only '{paths[0]}', with which it begins, or a prim above all of it, may have one"
    else:
        marked = [path for path in paths if _is_root(stage.GetPrimAtPath(path))]
        where = "put it onto the joint that holds the base, or onto a prim above all of the robot"
    if marked:
        what = "of a robot that the world holds" if fixed else "in the middle of a robot"
        raise NativeError(
            "file",
            f"the root of an articulation ({_ROOT}) is on '{marked[0]}', a link {what}: PhysX lets it float",
            where,
        )


def require_first(hung: tuple[Hung, ...], robot: str) -> None:
    """Asks whether a robot is named by the body that it begins with.

    Raises:
        NativeError: It is not; the hint names that body.
    """
    held = {one.path for one in hung if is_at_or_below(one.path, robot)}
    first = [one.path for one in hung if one.path in held and one.parent not in held]
    if first == [robot]:
        return
    if not first:
        known = tuple(one.path for one in hung)
        raise NativeError(
            "element", f"the file has no body '{robot}' that physics moves", unknown=robot, known=known
        )
    hint = f"name the body that the robot begins with: {' or '.join(first)}"
    raise NativeError("element", f"'{robot}' is not the body that a robot begins with", hint, unknown=robot)


def _matrix(turn: Gf.Quatf) -> Array:
    return np.array(Gf.Matrix3d(Gf.Quatd(turn).GetNormalized())).T


def authored_off(
    stage: Usd.Stage, hung: tuple[Hung, ...], at: dict[str, Array]
) -> Iterator[tuple[str, float]]:
    """Bodies that the file has elsewhere than their joints put them, with how far, metres.

    Args:
        stage: The stage.
        hung: Its bodies.
        at: Path of a body -> its pose in the world with every joint where it starts, shape (4, 4).
    """
    for one in hung:
        away = unscaled_pose(stage.GetPrimAtPath(one.path)) - at[one.path]
        yield one.path, float(np.abs(away).max())
