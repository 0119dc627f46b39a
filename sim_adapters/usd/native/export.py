"""The stage of a variant as files: flat, with what it reads beside it."""

from __future__ import annotations

from pathlib import Path

from pxr import Ar, Sdf, UsdShade, UsdUtils

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.usd.native.appearance.pictures import bytes_of, name_of
from simgate.sim_adapters.usd.native.variant_stage import VariantStage

_ASSETS = "assets"


def write_variant(scene: Scene, timing: Timing, path: Path) -> tuple[Path, ...]:
    """Writes the stage as one layer and copies the pictures and materials that it reads.

    Args:
        scene: A native scene of kind ``usd``.
        timing: Rates; the physics rate goes to the physics scene.
        path: ``.usda``, ``.usdc`` or ``.usd`` file.

    Returns:
        What was written, the stage first.

    Raises:
        StageError: The file has changed, or cannot be used with these values.
    """
    shown = VariantStage(scene, timing)
    layer: Sdf.Layer = shown.stage.Flatten(addSourceFileComment=False)
    names: dict[str, str] = {}
    copied: dict[Path, str] = {}

    def beside(asset: str) -> str:
        sources = _sources(asset)
        if not sources:
            return asset  # A simulator finds it on a search path of its own.
        name = names.setdefault(asset, f"{len(names)}_{name_of(asset)}")
        for source, tile in sources:
            copied[path.parent / _ASSETS / UsdShade.UdimUtils.ReplaceUdimPattern(name, tile)] = source
        return f"./{_ASSETS}/{name}"

    UsdUtils.ModifyAssetPaths(layer, beside)
    path.parent.mkdir(parents=True, exist_ok=True)
    for target, source in copied.items():
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(bytes_of(source))
    layer.Export(str(path))
    return (path, *copied)


def _sources(asset: str) -> list[tuple[str, str]]:
    """The files of an asset, with the number of each tile; also what is inside a package."""
    if UsdShade.UdimUtils.IsUdimIdentifier(asset):
        tiles: list[tuple[str, str]] = UsdShade.UdimUtils.ResolveUdimTilePaths(asset, None)
        return tiles
    outer = Path(Ar.SplitPackageRelativePathOuter(asset)[0])
    return [(asset, "")] if outer.is_absolute() and outer.is_file() else []
