"""What of a stage keeps things from touching: refused by name, or set back where it is the robot's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement

from pxr import Gf, Sdf, Usd, UsdPhysics

from simgate.sim_adapters.usd.native.solids import Solid, is_moving_body, upwards
from simgate.sim_adapters.usd.paths import is_at_or_below
from simgate.sim_adapters.worlds.low_walls import FLOOR_M
from simgate.sim_adapters.worlds.native_file import NativeError

_OWNER = "physics:simulationOwner"
_BODY = "physxRigidBody:"
_IMPULSE = f"{_BODY}maxContactImpulse"

Ends = tuple[set[str], set[str]]
"""Paths of the colliders at either end of a filter."""


def check_contacts(stage: Usd.Stage, robot: str, solids: Sequence[Solid]) -> bool:
    """Looks for filters between what can touch.

    Args:
        stage: The stage.
        robot: Path of the driving prim.
        solids: Its shapes.

    Returns:
        Whether some keep other bodies that move from touching, which MuJoCo does not take over.

    Raises:
        NativeError: One keeps the robot from touching something of the site that is not floor.
    """
    low = {solid.path for solid in solids if solid.top_m() < FLOOR_M}
    solid_paths = {solid.path for solid in solids if solid.collides}
    between_others = False
    for name, ends in filters_of(stage, solid_paths):
        between_others |= all(ends) and any(_moves(stage, path, robot) for path in ends[0] | ends[1])
        for ours, theirs in (ends, ends[::-1]):
            mine = sorted(path for path in ours if is_at_or_below(path, robot))
            hit = sorted(path for path in theirs - low if not is_at_or_below(path, robot))
            if mine and hit:
                raise NativeError(
                    "file",
                    f"{name} keeps '{mine[0]}' of the robot from touching '{hit[0]}', so a collision with it "
                    "could not happen",
                    "take it out, or switch a collider that is no obstacle off (physics:collisionEnabled)",
                )
    return between_others


def free_contacts(stage: Usd.Stage, robot: str) -> None:
    """Switches back, in the root layer, what keeps the robot from moving or contacts from having a force."""
    prim = stage.GetPrimAtPath(robot)
    body = UsdPhysics.RigidBodyAPI.Apply(prim)
    body.CreateRigidBodyEnabledAttr(True)
    body.CreateKinematicEnabledAttr(False)
    body.CreateStartsAsleepAttr(False)
    body.CreateVelocityAttr(Gf.Vec3f(0.0))
    body.CreateAngularVelocityAttr(Gf.Vec3f(0.0))
    for attribute in prim.GetAuthoredAttributes():
        if attribute.GetName().startswith(_BODY):
            attribute.Block()  # Speed limits, locks, a switch: the drive is simgate's.
    for part in stage.Traverse():
        owner = part.GetRelationship(_OWNER)
        if owner and owner.GetTargets():
            owner.SetTargets([])  # The scene that it names is replaced; nothing would simulate it.
        if part.HasAttribute(_IMPULSE):
            part.GetAttribute(_IMPULSE).Block()


def filters_of(stage: Usd.Stage, colliders: set[str]) -> Iterator[tuple[str, Ends]]:
    """Every filter by name, with the colliders that it keeps apart."""
    yield from _group_filters(stage, colliders)
    for prim in stage.Traverse(Usd.TraverseInstanceProxies()):
        if prim.HasAPI(UsdPhysics.FilteredPairsAPI):
            own = _at_or_below(prim.GetPath(), colliders)
            for target in UsdPhysics.FilteredPairsAPI(prim).GetFilteredPairsRel().GetTargets():
                yield f"the filtered pair of '{prim.GetPath()}'", (own, _at_or_below(target, colliders))


def _group_filters(stage: Usd.Stage, colliders: set[str]) -> Iterator[tuple[str, Ends]]:
    groups = [prim for prim in stage.Traverse() if prim.IsA(UsdPhysics.CollisionGroup)]
    if not groups:
        return
    table = UsdPhysics.CollisionGroup.ComputeCollisionGroupTable(stage)
    members = {}
    for prim in groups:
        query = UsdPhysics.CollisionGroup(prim).GetCollidersCollectionAPI().ComputeMembershipQuery()
        members[prim.GetPath()] = {path for path in colliders if query.IsPathIncluded(Sdf.Path(path))}
    for one, two in combinations_with_replacement(members, 2):
        if not table.IsCollisionEnabled(one, two):
            yield f"the collision group '{one}' (against '{two}')", (members[one], members[two])


def _at_or_below(path: Sdf.Path, colliders: set[str]) -> set[str]:
    return {collider for collider in colliders if is_at_or_below(collider, str(path))}


def _moves(stage: Usd.Stage, path: str, robot: str) -> bool:
    return not is_at_or_below(path, robot) and any(map(is_moving_body, upwards(stage.GetPrimAtPath(path))))
