"""What MuJoCo draws for a material of a stage: colour, opacity, gloss and glow of its preview surface."""

from __future__ import annotations

from typing import Any

import numpy as np
from pxr import Sdf, Usd, UsdGeom, UsdShade

from simgate.sim_adapters.scene.body import Material, Vec3
from simgate.sim_adapters.usd.colour import WHITE_NITS, display, display_rgb
from simgate.sim_adapters.usd.native.appearance.pictures import (
    CHANNELS,
    PictureError,
    Spread,
    name_of,
    spread_of_picture,
)
from simgate.sim_adapters.usd.native.target import material_of, surface_of
from simgate.sim_adapters.worlds.native_file import NativeError

_GREY: Vec3 = (0.18, 0.18, 0.18)
_PREVIEW, _TEXTURE, _PRIMVAR = "UsdPreviewSurface", "UsdUVTexture", "UsdPrimvarReader"
_NEUTRAL = {"scale": (1.0,) * 4, "bias": (0.0,) * 4, "fallback": (0.0, 0.0, 0.0, 1.0)}
_OPAQUE = 0.5
"""Share of a surface from which on it counts as opaque to the lidar."""


def look_of(prim: Usd.Prim) -> Material:
    """The look of a prim: its preview surface, else its display colour, else grey.

    A picture counts as its mean. The lidar sees what is opaque over at least half of it.

    Raises:
        NativeError: A picture, or what else an input is connected to, cannot be read.
    """
    surface = surface_of(prim)
    if surface is None or UsdShade.Shader(surface).GetIdAttr().Get() != _PREVIEW:
        return _plain(prim)
    inputs = _Inputs(UsdShade.Shader(surface), _shape_of(prim))
    opacity = inputs.opacity()
    glow = inputs.colour("emissiveColor", (0.0, 0.0, 0.0))
    return Material(
        rgb=display_rgb(inputs.colour("diffuseColor", _GREY)),
        opacity=_share(opacity.mean()),
        roughness=inputs.number("roughness", 0.5).mean(),
        reflectance=0.0,
        emission=min(1.0, display(max(0.0, *glow) / WHITE_NITS)),
        lidar_transparent=opacity.reaching(1.0) < _OPAQUE,
    )


def is_guessed(prim: Usd.Prim) -> bool:
    """Whether a prim looks grey and opaque only because its material cannot be read, as one in MDL alone."""
    material, surface, shape = material_of(prim), surface_of(prim), _shape_of(prim)
    is_read = surface is not None and UsdShade.Shader(surface).GetIdAttr().Get() == _PREVIEW
    return bool(material) and not is_read and _primvar(shape, "displayOpacity") is None


def _plain(prim: Usd.Prim) -> Material:
    shape = _shape_of(prim)
    colours, opacities = _primvar(shape, "displayColor"), _primvar(shape, "displayOpacity")
    rgb = _GREY if colours is None else tuple(spread.mean() for spread in colours)
    opacity = _constant(1.0) if opacities is None else opacities[0]
    return Material(
        display_rgb((rgb[0], rgb[1], rgb[2])),
        _share(opacity.mean()),
        lidar_transparent=opacity.reaching(1.0) < _OPAQUE,
    )


def _shape_of(prim: Usd.Prim) -> Usd.Prim:
    """The prim that has the primvars: of a part of a mesh, the mesh."""
    return prim.GetParent() if prim.IsA(UsdGeom.Subset) else prim


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))


def _constant(value: float) -> Spread:
    return Spread(np.array([value]), np.ones(1))


def _primvar(shape: Usd.Prim, name: str) -> list[Spread] | None:
    """A primvar of a prim or of what it hangs on, channel by channel; None without a value."""
    primvar = UsdGeom.PrimvarsAPI(shape).FindPrimvarWithInheritance(name)
    value = primvar.ComputeFlattened() if primvar else None
    if value is None or (primvar.GetTypeName().isArray and not len(value)):
        return None
    rows = np.array(value if primvar.GetTypeName().isArray else [value], dtype=np.float64)
    if not np.isfinite(rows).all():
        raise NativeError("file", f"'{primvar.GetAttr().GetPath()}' is no number", "mend it")
    rows = rows.reshape(len(rows), -1)
    return [Spread(rows[:, k], np.full(len(rows), 1.0 / len(rows))) for k in range(rows.shape[1])]


class _Inputs:
    """Inputs of a surface where their values come from.

    Args:
        surface: The preview surface.
        shape: The prim that it is drawn on.
    """

    def __init__(self, surface: UsdShade.Shader, shape: Usd.Prim) -> None:
        self._surface, self._shape = surface, shape

    def number(self, name: str, default: float) -> Spread:
        """An input of one channel."""
        found = self._spreads(name)
        return found[0] if found else _constant(default)

    def colour(self, name: str, default: Vec3) -> Vec3:
        """The mean of an input of three channels, linear light; one channel is grey."""
        means = [spread.mean() for spread in self._spreads(name)]
        if not means:
            return default
        return (means[0], means[1], means[2]) if len(means) > 2 else (means[0],) * 3

    def opacity(self) -> Spread:
        """Opacity; under a threshold a surface is cut out and otherwise there altogether."""
        found = self.number("opacity", 1.0)
        threshold = self.number("opacityThreshold", 0.0).mean()
        if threshold <= 0.0:
            return found
        return Spread((found.values >= threshold).astype(np.float64), found.shares)

    def _spreads(self, name: str) -> list[Spread]:
        """Channel by channel; empty where the file gives nothing."""
        given = self._surface.GetInput(name)
        sources = given.GetValueProducingAttributes() if given else ()
        if not sources:
            return []
        if not UsdShade.Output.IsOutput(sources[0]):
            value = sources[0].Get()
            return [] if value is None else self._numbers(name, value)
        reader, output = UsdShade.Shader(sources[0].GetPrim()), UsdShade.Output(sources[0]).GetBaseName()
        kind = str(reader.GetIdAttr().Get())
        if kind == _TEXTURE:
            return self._of_picture(name, reader, CHANNELS[:3] if output.startswith("rgb") else output)
        if kind.startswith(_PRIMVAR):
            found = _primvar(self._shape, str(_given(reader, "varname")))
            return found or self._numbers(name, _given(reader, "fallback") or 0.0)
        raise NativeError(
            "file",
            f"{self._named(name)} comes from '{reader.GetPath()}', a node of the kind {kind or '(none)'}, "
            "which is not read",
            f"give it a value, or connect it to a {_TEXTURE} or a {_PRIMVAR}",
        )

    def _numbers(self, name: str, value: Any) -> list[Spread]:
        try:
            numbers = np.atleast_1d(np.asarray(value, dtype=np.float64)).ravel()
        except (TypeError, ValueError):
            numbers = np.array([np.nan])
        if not np.isfinite(numbers).all():
            raise NativeError("file", f"{self._named(name)} is no number: {value}", "mend it")
        return [_constant(float(number)) for number in numbers]

    def _of_picture(self, name: str, reader: UsdShade.Shader, channels: str) -> list[Spread]:
        scale, bias, fallback = (_given(reader, key) or _NEUTRAL[key] for key in _NEUTRAL)
        numbers = [CHANNELS.index(channel) for channel in channels]
        paths = _files_of(reader)
        if not paths:
            return [_constant(float(fallback[k] * scale[k] + bias[k])) for k in numbers]
        space = str(_given(reader, "sourceColorSpace") or "auto")
        found = []
        for channel, k in zip(channels, numbers, strict=True):
            try:
                tiles = [spread_of_picture(path, channel, space, scale[k], bias[k]) for path in paths]
            except PictureError as error:
                read = ", ".join(map(name_of, paths))
                raise NativeError(
                    "file",
                    f"{self._named(name)} reads {read}, which cannot be read as a picture: {error}",
                    "save it as PNG or JPEG",
                ) from None
            values = np.concatenate([tile.values for tile in tiles])
            found.append(Spread(values, np.concatenate([tile.shares for tile in tiles]) / len(tiles)))
        return found

    def _named(self, name: str) -> str:
        return f"'{self._surface.GetPath()}.inputs:{name}'"


def _given(shader: UsdShade.Shader, name: str) -> Any:
    """The value of an input of a node, through the interface of its material too; None for none."""
    attribute = _source(shader, name)
    return attribute.Get() if attribute is not None else None


def _source(shader: UsdShade.Shader, name: str) -> Usd.Attribute | None:
    given = shader.GetInput(name)
    sources = given.GetValueProducingAttributes() if given else ()
    return sources[0] if sources else None


def _files_of(reader: UsdShade.Shader) -> list[str]:
    """The picture that a node reads, or the tiles of one (``<UDIM>``); empty for none."""
    attribute = _source(reader, "file")
    asset: Sdf.AssetPath | None = attribute.Get() if attribute is not None else None
    if attribute is None or asset is None or not asset.path:
        return []
    if UsdShade.UdimUtils.IsUdimIdentifier(asset.path):
        layer = attribute.GetPropertyStack(Usd.TimeCode.Default())[0].layer
        return [path for path, _ in UsdShade.UdimUtils.ResolveUdimTilePaths(asset.path, layer)]
    return [asset.resolvedPath or asset.path]
