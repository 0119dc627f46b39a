"""What MuJoCo draws for a material of a stage: colour, opacity, gloss and glow of its preview surface."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pxr import Usd, UsdGeom, UsdShade

from simgate.sim_adapters.scene.body import Material, Vec3
from simgate.sim_adapters.usd.colour import WHITE_NITS, display, display_rgb, linear
from simgate.sim_adapters.usd.native.target import surface_of

_GREY: Vec3 = (0.18, 0.18, 0.18)
_PREVIEW = "UsdPreviewSurface"


def look_of(prim: Usd.Prim) -> Material:
    """The look of a prim: its preview surface, else its display colour, else grey.

    A picture counts as its mean colour.
    """
    surface = surface_of(prim)
    if surface is None or UsdShade.Shader(surface).GetIdAttr().Get() != _PREVIEW:
        return _plain(prim)
    opacity = _number(surface, "opacity", 1.0)
    glow = _colour(surface, "emissiveColor", (0.0, 0.0, 0.0))
    return Material(
        rgb=display_rgb(_colour(surface, "diffuseColor", _GREY)),
        opacity=opacity,
        roughness=_number(surface, "roughness", 0.5),
        reflectance=0.0,
        emission=min(1.0, display(max(glow) / WHITE_NITS)),
        lidar_transparent=opacity < 1.0,
    )


def _plain(prim: Usd.Prim) -> Material:
    gprim = UsdGeom.Gprim(prim)
    colours = gprim.GetDisplayColorAttr().Get() if gprim else None
    opacities = gprim.GetDisplayOpacityAttr().Get() if gprim else None
    rgb = tuple(float(channel) for channel in colours[0]) if colours else _GREY
    opacity = float(opacities[0]) if opacities else 1.0
    return Material(display_rgb((rgb[0], rgb[1], rgb[2])), opacity, lidar_transparent=opacity < 1.0)


def _number(surface: Usd.Prim, name: str, default: float) -> float:
    value = _input(surface, name)
    return float(value) if isinstance(value, (int, float)) else default


def _colour(surface: Usd.Prim, name: str, default: Vec3) -> Vec3:
    value = _input(surface, name)
    if value is None or isinstance(value, (int, float)):
        return default
    return float(value[0]), float(value[1]), float(value[2])


def _input(surface: Usd.Prim, name: str) -> Any:
    """The value of an input where it comes from; the mean of a picture."""
    shading = UsdShade.Shader(surface).GetInput(name)
    if not shading:
        return None
    sources = shading.GetValueProducingAttributes()
    if not sources:
        return None
    source = sources[0].GetPrim()
    if not UsdShade.Output.IsOutput(sources[0]):
        return sources[0].Get()
    file = UsdShade.Shader(source).GetInput("file")
    asset = file.Get() if file else None
    path = Path(asset.resolvedPath) if asset is not None and asset.resolvedPath else None
    if path is None or not path.is_file():
        return None
    mean = np.array(_mean_of(path, path.stat().st_mtime_ns))
    for part, neutral in (("scale", 1.0), ("bias", 0.0)):
        given = UsdShade.Shader(source).GetInput(part)
        factor = np.array(given.Get() if given and given.Get() is not None else [neutral] * 4)[:3]
        mean = mean * factor if part == "scale" else mean + factor
    return tuple(mean) if str(sources[0].GetTypeName()) != "float" else float(mean[0])


@lru_cache(maxsize=64)
def _mean_of(path: Path, _: int) -> tuple[float, float, float]:
    """Mean of a picture as linear light."""
    with Image.open(path) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    levels = np.array([linear(level / 255.0) for level in range(256)])
    red, green, blue = levels[pixels].reshape(-1, 3).mean(axis=0)
    return float(red), float(green), float(blue)
