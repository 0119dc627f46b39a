"""Units of a stage: metres, kilograms and Z up, in its root layer and in all that brings lengths or masses.

OpenUSD reads units from the root layer alone and converts nothing across a reference: a chair modelled in
centimetres is a hundred metres high in a stage in metres unless the prim that refers to it is scaled.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from pxr import Sdf, Usd, UsdGeom, UsdPhysics

from simgate.sim_adapters.usd.native.solids import Array
from simgate.sim_adapters.worlds.native_file import NativeError

_LENGTHS = ("xformOp:translate", "xformOp:transform", "points", "size", "radius", "height", "width")
_MASSES = ("physics:mass", "physics:density")
_UP = {"X": 0, "Y": 1, "Z": 2}
_ALONG = 0.9
_HINT = "a world is in metres and kilograms with Z up; save it so"


@dataclass(frozen=True, slots=True)
class _Units:
    """What a layer says of itself; None where it says nothing."""

    metres: float | None
    kilograms: float | None
    up: str | None

    def over(self, outer: _Units) -> _Units:
        """Units of what a layer refers to: its own, else those of where it is referred to."""
        return _Units(self.metres or outer.metres, self.kilograms or outer.kilograms, self.up or outer.up)

    def is_like(self, other: _Units) -> bool:
        """Whether nothing said here differs from what is said there."""
        return (
            (self.metres is None or _same(self.metres, other.metres or 0.0))
            and (self.kilograms is None or _same(self.kilograms, other.kilograms or 0.0))
            and (self.up is None or self.up == other.up)
        )


_OURS = _Units(1.0, 1.0, "Z")


def check_units(stage: Usd.Stage) -> None:
    """Asks for metres, kilograms and Z up.

    Raises:
        NativeError: The stage is in other units, or a layer in other units stands on it unconverted.
    """
    found = _units_of(stage)
    if not found.is_like(_OURS):
        raise NativeError("file", " and ".join(_differences(found, _OURS)), _HINT)
    check_layers(stage)


def check_layers(stage: Usd.Stage) -> None:
    """Asks that all that a stage is put together from is in its units, or converted where it stands.

    Raises:
        NativeError: Something is not.
    """
    root = _units_of(stage)
    if all(_said(layer).is_like(root) for layer in stage.GetUsedLayers()):
        return
    for layer in stage.GetLayerStack(includeSessionLayers=False):
        _check_sublayer(layer, root)
    for prim in Usd.PrimRange.Stage(stage, Usd.TraverseInstanceProxies()):
        for arc in _arcs(prim):
            _check_arc(prim, arc, root)


def _units_of(stage: Usd.Stage) -> _Units:
    """The units in which a stage is read, whether it says so or not."""
    return _Units(
        UsdGeom.GetStageMetersPerUnit(stage),
        UsdPhysics.GetStageKilogramsPerUnit(stage),
        str(UsdGeom.GetStageUpAxis(stage)),
    )


def _same(one: float, two: float) -> bool:
    return math.isclose(one, two, rel_tol=1e-6)


def _differences(units: _Units, wanted: _Units) -> list[str]:
    """The words in which units are not those that are wanted."""
    said = []
    if not _Units(units.metres, None, None).is_like(wanted):
        said.append(f"metersPerUnit is {units.metres:g}")
    if not _Units(None, units.kilograms, None).is_like(wanted):
        said.append(f"kilogramsPerUnit is {units.kilograms:g}")
    if not _Units(None, None, units.up).is_like(wanted):
        said.append(f"upAxis is {units.up}")
    return said


def _said(layer: Sdf.Layer) -> _Units:
    root = layer.pseudoRoot
    metres, kilograms, up = (
        root.GetInfo(key) if root.HasInfo(key) else None
        for key in ("metersPerUnit", "kilogramsPerUnit", "upAxis")
    )
    return _Units(metres, kilograms, str(up) if up is not None else None)


def _check_sublayer(layer: Sdf.Layer, root: _Units) -> None:
    """A sublayer's numbers are read in the units of the root layer, whatever it says of itself."""
    units = _said(layer)
    names: set[str] = set()

    def note(path: Sdf.Path) -> None:
        if path.IsPrimPropertyPath():
            names.add(path.name)

    if not units.is_like(root):
        layer.Traverse(Sdf.Path.absoluteRootPath, note)
        lengths = bool(names.intersection(_LENGTHS)) and (units.metres or units.up)
        masses = bool(names.intersection(_MASSES)) and units.kilograms
        if lengths or masses:
            raise NativeError(
                "file",
                f"of its sublayer {layer.GetDisplayName()} {' and '.join(_differences(units, root))}, and "
                "OpenUSD takes its numbers in the units of the root layer",
                "save the sublayer in the units of the stage",
            )


def _arcs(prim: Usd.Prim) -> Iterator[Usd.CompositionArc]:
    """References and payloads that begin at a prim."""
    query = Usd.PrimCompositionQuery(prim.GetPrimInPrototype() if prim.IsInstanceProxy() else prim)
    chosen = Usd.PrimCompositionQuery.Filter()
    chosen.arcTypeFilter = Usd.PrimCompositionQuery.ArcTypeFilter.ReferenceOrPayload
    chosen.dependencyTypeFilter = Usd.PrimCompositionQuery.DependencyTypeFilter.Direct
    query.filter = chosen
    yield from query.GetCompositionArcs()


def _check_arc(prim: Usd.Prim, arc: Usd.CompositionArc, root: _Units) -> None:
    """What is referred to must stand on the stage as large and as upright as its own layer has it."""
    layer, node = arc.GetTargetLayer(), arc.GetIntroducingNode()
    around = _said(node.layerStack.identifier.rootLayer).over(root)
    units = _said(layer).over(around)
    if units == around:
        return
    faults, remedies = [], []
    if any(part.IsA(UsdGeom.Boundable) or part.IsA(UsdGeom.Camera) for part in _below(prim)):
        assert units.metres and around.metres and root.metres
        matrix = _into_world(prim, layer, arc.GetTargetPrimPath())
        size = float(np.cbrt(abs(np.linalg.det(matrix[:3, :3]))))
        if _is_nearer(size, around.metres / root.metres, units.metres / root.metres):
            faults.append(f"metersPerUnit is {units.metres:g}")
            remedies.append(f"scale that prim by {units.metres / around.metres:g}")
        if units.up != around.up and _points_up(matrix, str(around.up), str(root.up)):
            faults.append(f"upAxis is {units.up}")
            remedies.append(f"turn that prim so that {units.up} points up")
    if units.kilograms != around.kilograms and any(_has_mass(part) for part in _below(prim)):
        faults.append(f"kilogramsPerUnit is {units.kilograms:g}")
        remedies.append("write its masses and densities in kilograms")
    if faults:
        raise NativeError(
            "file",
            f"'{prim.GetPath()}' shows {layer.GetDisplayName()}, whose {' and '.join(faults)}, and OpenUSD "
            "converts nothing",
            f"{' and '.join(remedies)}, or save {layer.GetDisplayName()} in the units of the stage",
        )


def _into_world(prim: Usd.Prim, layer: Sdf.Layer, path: Sdf.Path) -> Array:
    """From what is referred to, as its own file places it, to the world; as columns, shape (4, 4)."""
    mask = Usd.StagePopulationMask([path])
    own = UsdGeom.Xformable(Usd.Stage.OpenMasked(layer, mask).GetPrimAtPath(path))
    local = np.array(own.GetLocalTransformation(), dtype=np.float64).T if own else np.eye(4)
    world = np.array(UsdGeom.XformCache().GetLocalToWorldTransform(prim), dtype=np.float64).T
    return world @ np.linalg.inv(local)


def _is_nearer(size: float, wrong: float, right: float) -> bool:
    """Whether a scale looks like the one that no conversion gives; a prim may have a scale of its own too."""
    if _same(wrong, right):
        return False
    return abs(math.log(max(size, 1e-12) / wrong)) < abs(math.log(max(size, 1e-12) / right))


def _points_up(matrix: Array, axis: str, up: str) -> bool:
    column = matrix[:3, _UP[axis]]
    return float(column[_UP[up]]) > _ALONG * float(np.linalg.norm(column))


def _below(prim: Usd.Prim) -> Iterator[Usd.Prim]:
    yield from Usd.PrimRange(prim, Usd.TraverseInstanceProxies())


def _has_mass(prim: Usd.Prim) -> bool:
    return any((attribute := prim.GetAttribute(name)) and attribute.Get() for name in _MASSES)
