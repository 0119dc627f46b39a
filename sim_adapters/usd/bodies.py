"""Bodies and actors of a scene as prims."""

from __future__ import annotations

from dataclasses import replace

from pxr import Usd, UsdGeom

from simgate.sim_adapters.scene.asset_table import AssetTable
from simgate.sim_adapters.scene.body import Body, Part, Vec3
from simgate.sim_adapters.usd.geometry import define_part, define_textured_box
from simgate.sim_adapters.usd.materials import MaterialLibrary
from simgate.sim_adapters.usd.physics import make_collider
from simgate.sim_adapters.usd.placing import place
from simgate.sim_adapters.usd.reference import reference_asset
from simgate.sim_adapters.usd.semantics import set_label


class BodyBuilder:
    """Defines bodies on a stage.

    Args:
        stage: The stage.
        materials: Its materials.
        assets: Which bodies are shown by a referenced asset.
    """

    def __init__(self, stage: Usd.Stage, materials: MaterialLibrary, assets: AssetTable) -> None:
        self._stage = stage
        self._materials = materials
        self._assets = assets

    def define(self, path: str, body: Body, position: Vec3, yaw: float) -> Usd.Prim:
        """A body at a pose: its primitives to collide with, and its look."""
        prim = UsdGeom.Xform.Define(self._stage, path).GetPrim()
        place(prim, position, yaw)
        if body.label is not None:
            set_label(prim, body.label)
        asset = self._assets.find(body.name, body.label)
        for number, part in enumerate(body.parts):
            self._define_part(f"{path}/Part_{number}", part, shown=asset is None)
        if asset is not None:
            reference_asset(self._stage, f"{path}/Asset", asset, fit_to=prim)
        return prim

    def _define_part(self, path: str, part: Part, shown: bool) -> None:
        textured = part.material.pattern != "plain" and part.kind == "box"
        if textured and shown and not part.collides:
            self._materials.bind(define_textured_box(self._stage, path, part), part.material)
            return
        prim = define_part(self._stage, path, part)
        if not shown or textured:
            UsdGeom.Imageable(prim).CreatePurposeAttr(UsdGeom.Tokens.guide)
        if part.collides:
            make_collider(prim)
            self._materials.bind_contact(prim)
        if not shown:
            return
        if textured:
            self._materials.bind(define_textured_box(self._stage, f"{path}_Look", part), part.material)
        else:
            # Without texture coordinates a round part shows the pattern's lighter colour.
            self._materials.bind(prim, replace(part.material, pattern="plain"))
