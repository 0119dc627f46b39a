"""The stage that Isaac Sim holds: opened, edited from variant to variant, replaced when it must be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.isaacsim.stage.shown import PrimitiveScene, ShownScene, StageScene
from simgate.sim_adapters.scene.scene import Scene

if TYPE_CHECKING:
    from pxr import Sdf, Usd

    from simgate.sim_adapters.scene.asset_table import AssetTable


class WorldStage:
    """Shows one scene after the other on the application's stage. The timeline must be stopped.

    Args:
        timing: Rates; the physics rate goes to the physics scene.
        assets: File of an asset table (:mod:`simgate.sim_adapters.scene.asset_table`), or None.

    Attributes:
        rebuilds: Stages opened so far; each costs time and memory.
        shown: Paths and truth of the scene that was planned last.
    """

    shown: ShownScene

    def __init__(self, timing: Timing, assets: str | None = None) -> None:
        self.rebuilds = 0
        self._timing = timing
        self._assets = _asset_table(assets)
        self._held: Sdf.Layer | None = None
        self._grows = False

    def plan(self, scene: Scene) -> bool:
        """Authors a scene; returns whether the present stage can become it by :meth:`edit`.

        Raises:
            StageError: The scene or an asset cannot become a stage.
        """
        return self._can_edit(self._author(scene), grows=scene.native is None)

    def plan_layer(self, layer: Sdf.Layer) -> bool:
        """Takes the content of an authored stage; returns whether :meth:`edit` is enough."""
        from pxr import Sdf

        # A stage's own layer ends with the stage.
        kept = Sdf.Layer.CreateAnonymous()
        kept.TransferContent(layer)
        return self._can_edit(kept, grows=False)

    def _can_edit(self, planned: Sdf.Layer, *, grows: bool) -> bool:
        from simgate.sim_adapters.isaacsim.stage.stage_update import has_same_prims, united

        old, self._planned = self._held, planned
        could_grow, self._grows = self._grows, grows
        if old is None or old.subLayerPaths != planned.subLayerPaths:
            return False
        if grows and could_grow:
            self._planned = united(old, planned)
        return has_same_prims(old, self._planned)

    def edit(self) -> None:
        """Brings the present stage to what was planned."""
        from isaacsim.core.experimental.utils.stage import get_current_stage

        from simgate.sim_adapters.isaacsim.stage.stage_update import apply_difference

        assert self._held is not None
        stage: Usd.Stage = get_current_stage(backend="usd")
        apply_difference(stage, self._held, self._planned)
        self._held = self._planned

    def replace(self) -> None:
        """Opens a new stage with what was planned. Nothing may be attached to the old one."""
        from isaacsim.core.experimental.utils.stage import create_new_stage

        stage: Usd.Stage = create_new_stage()
        stage.GetRootLayer().TransferContent(self._planned)
        self._held = self._planned
        self.rebuilds += 1

    def close(self) -> None:
        """Leaves an empty stage."""
        from isaacsim.core.experimental.utils.stage import create_new_stage

        if self._held is not None:
            create_new_stage()
            self._held = None

    def _author(self, scene: Scene) -> Sdf.Layer:
        from pxr import Sdf

        from simgate.sim_adapters.isaacsim.stage.stage_update import name_parts_by_shape
        from simgate.sim_adapters.usd.native import variant_stage
        from simgate.sim_adapters.usd.stage import build_stage

        # A stage's own layer ends with the stage.
        layer = Sdf.Layer.CreateAnonymous()
        if scene.native is not None and scene.native.kind == variant_stage.KIND:
            variant = variant_stage.VariantStage(scene, self._timing)
            self.shown = StageScene(scene, self._timing, variant)
            layer.TransferContent(variant.stage.GetRootLayer())
            return layer
        stage = build_stage(scene, self._timing, assets=self._assets)
        self.shown = PrimitiveScene(scene, self._timing)
        layer.TransferContent(stage.GetRootLayer())
        name_parts_by_shape(layer)
        return layer


def _asset_table(given: str | None) -> AssetTable | None:
    if not given:
        return None
    from simgate.sim_adapters.scene.asset_table import AssetTable

    return AssetTable.from_yaml(Path(given))
