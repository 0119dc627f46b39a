"""A scene as a USD file, with its pictures in a folder next to it."""

from __future__ import annotations

from pathlib import Path

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.scene.asset_table import AssetTable
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.scene.stage_error import StageError
from simgate.sim_adapters.usd.native.export import write_variant
from simgate.sim_adapters.usd.native.variant_stage import KIND
from simgate.sim_adapters.usd.stage import build_stage, write_stage

SUFFIX = ".usda"


def write_usd(
    scene: Scene,
    timing: Timing,
    folder: Path,
    name: str,
    assets: Path | None = None,
    notes: list[str] | None = None,
) -> tuple[Path, ...]:
    """Writes ``<name>.usda``, which ``usdview``, Isaac Sim and Blender open.

    Args:
        scene: The scene; actors and the robot are where they are at step 0.
        timing: Rates; the physics rate goes to the physics scene.
        folder: Where to; made when it is not there.
        name: File name without suffix.
        assets: Table of assets to show bodies with (:mod:`simgate.sim_adapters.scene.asset_table`).
        notes: Takes what the user may want to know, one line each.

    Returns:
        What was written, the stage first.

    Raises:
        StageError: The table, or an asset in it, cannot be used.
    """
    if scene.native is not None and scene.native.kind == KIND:
        if assets is not None:
            raise StageError(
                f"{scene.native.path} is a stage of its own; an asset table shows simgate's bodies"
            )
        return write_variant(scene, timing, folder / f"{name}{SUFFIX}")
    table = AssetTable.from_yaml(assets) if assets is not None else None
    if table is not None and notes is not None:
        notes.extend(table.unused(scene))
    return write_stage(build_stage(scene, timing, assets=table), folder / f"{name}{SUFFIX}")
