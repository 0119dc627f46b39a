"""From one variant's stage to the next without adding or removing a prim.

Sensors that are attached to a stage do not survive prims that come and go, and every new stage costs time and
memory. Two variants of a scenario mostly differ in values alone; what the next one lacks is hidden.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxr import Sdf, Usd, UsdGeom, UsdPhysics

from simgate.sim_adapters.usd.paths import ACTORS, BODIES, LIGHTS

_HIDEABLE = (BODIES, ACTORS, LIGHTS)
_SHAPE_OF_A_PRIM = ("typeName", "apiSchemas", "references", "payload", "active", "kind")


def name_parts_by_shape(layer: Sdf.Layer) -> None:
    """Renames ``Part_1`` to ``Part_1_CylinderSolid`` and so on, in place.

    A handle that is a bar in one variant and a lever in the next is then two prims, one of them hidden, and
    not one prim that would have to change its type.
    """
    for root in (BODIES, ACTORS):
        held = layer.GetPrimAtPath(root)
        for body in held.nameChildren if held is not None else ():
            for part in list(body.nameChildren):
                solid = "PhysicsCollisionAPI" in part.GetInfo("apiSchemas").GetAppliedItems()
                part.name = f"{part.name}_{part.typeName}{'Solid' if solid else ''}"


def united(shown: Sdf.Layer, wanted: Sdf.Layer) -> Sdf.Layer:
    """The wanted stage with the prims that only the shown one has, hidden.

    Stages grow together over the variants of a run: soon each has all the prims that the next one wants.

    Args:
        shown: What the simulator's stage holds.
        wanted: What it is to show.
    """
    old, new = dict(_prims(shown)), dict(_prims(wanted))
    result = Sdf.Layer.CreateAnonymous()
    result.TransferContent(wanted)
    unlike = {path for path, prim in new.items() if path in old and _kind_of(prim) != _kind_of(old[path])}
    for path in sorted(path for path in old if path not in new):
        parent = path.GetParentPath()
        if parent not in new or parent in unlike:
            continue  # Comes with its parent, or belongs to what is gone.
        Sdf.CopySpec(shown, path, result, path)
        if any(path.HasPrefix(Sdf.Path(root)) for root in _HIDEABLE):
            _hide(Usd.Stage.Open(result), path)
    return result


def has_same_prims(shown: Sdf.Layer, target: Sdf.Layer) -> bool:
    """Whether values are all in which two contents differ; otherwise it takes a new stage."""
    old, new = dict(_prims(shown)), dict(_prims(target))
    return old.keys() == new.keys() and all(
        _kind_of(prim) == _kind_of(old[path]) for path, prim in new.items()
    )


def apply_difference(stage: Usd.Stage, shown: Sdf.Layer, target: Sdf.Layer) -> int:
    """Edits a stage's root layer from one content to another that has the same prims.

    Only what differs is written, and what others have written meanwhile (a simulator's own attributes) stays.

    Args:
        stage: The simulator's stage.
        shown: Its content as it was authored last.
        target: From :func:`united`.

    Returns:
        Number of properties written or removed.
    """
    layer = stage.GetRootLayer()
    edits = 0
    with Sdf.ChangeBlock():
        for path, prim in _prims(target):
            before = {spec.name: spec for spec in shown.GetPrimAtPath(path).properties}
            after = {spec.name: spec for spec in prim.properties}
            for name, spec in after.items():
                if name not in before or not _same(before[name], spec):
                    Sdf.CopySpec(target, spec.path, layer, spec.path)
                    edits += 1
            for name in before.keys() - after.keys():
                held = layer.GetPrimAtPath(path)
                if held is not None and name in held.properties:
                    held.RemoveProperty(held.properties[name])
                    edits += 1
    return edits


def _prims(layer: Sdf.Layer) -> Iterator[tuple[Sdf.Path, Sdf.PrimSpec]]:
    waiting = list(layer.rootPrims)
    while waiting:
        prim = waiting.pop(0)
        yield prim.path, prim
        waiting.extend(prim.nameChildren)


def _kind_of(prim: Sdf.PrimSpec) -> tuple[str, ...]:
    return tuple(str(prim.GetInfo(name)) for name in _SHAPE_OF_A_PRIM if prim.HasInfo(name))


def _same(one: Sdf.PropertySpec, other: Sdf.PropertySpec) -> bool:
    if isinstance(one, Sdf.RelationshipSpec) and isinstance(other, Sdf.RelationshipSpec):
        return bool(one.targetPathList.GetAppliedItems() == other.targetPathList.GetAppliedItems())
    if isinstance(one, Sdf.AttributeSpec) and isinstance(other, Sdf.AttributeSpec):
        linked = one.connectionPathList.GetAppliedItems() == other.connectionPathList.GetAppliedItems()
        return bool(linked and one.typeName == other.typeName and one.default == other.default)
    return False


def _hide(stage: Usd.Stage, path: Sdf.Path) -> None:
    """Neither drawn nor hit any more."""
    prim = stage.GetPrimAtPath(path)
    if prim.IsA(UsdGeom.Imageable):
        UsdGeom.Imageable(prim).CreateVisibilityAttr().Set(UsdGeom.Tokens.invisible)
    for part in Usd.PrimRange(prim):
        if part.HasAPI(UsdPhysics.CollisionAPI):
            UsdPhysics.CollisionAPI(part).CreateCollisionEnabledAttr().Set(False)
