"""Friction of the shapes of a stage as MuJoCo combines it."""

from __future__ import annotations

from pxr import Usd, UsdPhysics, UsdShade

from simgate.sim_adapters.usd.native.solids import Solid
from simgate.sim_adapters.worlds.native_file import NativeError

FRICTION = 0.5
"""Of a surface without a material of physics, in PhysX."""


def number_at(prim: Usd.Prim, name: str, default: float) -> float:
    """An attribute of a prim; the default where it has none."""
    value = prim.GetAttribute(name).Get() if prim.HasAttribute(name) else None
    return default if value is None else float(value)


def frictions_of(stage: Usd.Stage, solids: list[Solid]) -> dict[str, float]:
    """Friction of each shape; PhysX combines two surfaces otherwise than MuJoCo, which all alike do not show.

    Raises:
        NativeError: Surfaces differ and are not combined by the larger, or one throws things back.
    """
    found, rules = {}, set()
    for solid in solids:
        material, _ = UsdShade.MaterialBindingAPI(stage.GetPrimAtPath(solid.path)).ComputeBoundMaterial(
            "physics"
        )
        prim = material.GetPrim() if material else None
        if prim is None or not prim.HasAPI(UsdPhysics.MaterialAPI):
            found[solid.path] = FRICTION
            rules.add("average")
            continue
        found[solid.path] = number_at(prim, "physics:dynamicFriction", 0.0)
        rules.add(str(prim.GetAttribute("physxMaterial:frictionCombineMode").Get() or "average"))
        if number_at(prim, "physics:restitution", 0.0) > 0.0:
            message = f"'{prim.GetPath()}' throws things back (restitution), which MuJoCo does not"
            raise NativeError("file", message, "set its restitution to 0")
    differ = len(set(found.values())) > 1
    if (differ and rules != {"max"}) or ("multiply" in rules and len(rules) > 1):
        raise NativeError(
            "file",
            f"surfaces have frictions from {min(found.values()):g} to {max(found.values()):g}, combined by "
            f"{' and '.join(sorted(rules))}; MuJoCo takes the larger of two",
            "write physxMaterial:frictionCombineMode = 'max' on every material of physics, or one friction",
        )
    if rules == {"multiply"}:
        found = {path: friction * friction for path, friction in found.items()}
    return found
