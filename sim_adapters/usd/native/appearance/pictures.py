"""Pictures that a stage's materials read, as how much of them has which level, channel by channel."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from pxr import Ar

from simgate.sim_adapters.usd.colour import linear

CHANNELS = "rgba"
_FORMATS = ("PNG", "JPEG", "BMP", "TGA")
"""Others have decoders that start programs (PostScript), and no renderer of a stage reads them."""
_PNG, _PNG_DEPTH = b"\x89PNG\r\n\x1a\n", 24
_SIXTEEN_BITS = ("I;16", "I;16B", "I;16L")
_PLAIN = ("1", "L", "LA", "RGB", "RGBA")


class PictureError(ValueError):
    """A picture cannot be read; the message says why, without a full stop."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Values of an input of a surface, and which share of the surface has each.

    Attributes:
        values: float64, shape (N,).
        shares: float64, shape (N,), their sum is 1.
    """

    values: NDArray[np.float64]
    shares: NDArray[np.float64]

    def mean(self) -> float:
        """The mean over the surface."""
        return float(self.values @ self.shares)

    def reaching(self, least: float) -> float:
        """Share of the surface that has at least a value."""
        return float(self.shares[self.values >= least].sum())


def spread_of_picture(path: str, channel: str, space: str, scale: float, bias: float) -> Spread:
    """A channel of a picture, in linear light, scaled and moved.

    Args:
        path: Of the file, or of what is in a package: ``/site.usdz[0/red.png]``.
        channel: One of ``CHANNELS``.
        space: ``raw``, ``sRGB`` or ``auto``: sRGB where there are three or four channels of 8 bits.
        scale: Factor.
        bias: What is added after that.

    Raises:
        PictureError: It cannot be read.
    """
    try:
        stamp = Path(Ar.SplitPackageRelativePathOuter(path)[0]).stat().st_mtime_ns
    except OSError as error:
        raise PictureError(error.strerror or str(error)) from None
    is_srgb, counts = _counted(path, stamp)
    counted = counts[CHANNELS.index(channel)]
    there = np.flatnonzero(counted)
    levels = there / (len(counted) - 1.0)
    if channel != "a" and (is_srgb if space == "auto" else space == "sRGB"):
        levels = np.array([linear(float(level)) for level in levels])
    return Spread(levels * scale + bias, counted[there] / counted.sum())


@lru_cache(maxsize=64)
def _counted(path: str, _: int) -> tuple[bool, list[NDArray[np.int64]]]:
    """Whether colours are sRGB by default, and for R, G, B and A how many pixels have each level."""
    data = bytes_of(path)
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            return _levels(picture, is_deep=data.startswith(_PNG) and data[_PNG_DEPTH] > 8)
    except UnidentifiedImageError:
        raise PictureError("its format is not read here") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise PictureError(f"it is broken: {error}") from None


def name_of(path: str) -> str:
    """The name of a file without its folder, of what is in a package without the package."""
    return (Ar.SplitPackageRelativePathInner(path)[1] or path).rpartition("/")[2]


def bytes_of(path: str) -> bytes:
    """The content of a file, or of what is in a package.

    Raises:
        PictureError: It cannot be opened.
    """
    asset = Ar.GetResolver().OpenAsset(Ar.ResolvedPath(path))
    if asset is None:
        raise PictureError("it cannot be opened")
    with asset as opened:
        return bytes(opened.GetBuffer())


def _levels(picture: Image.Image, is_deep: bool) -> tuple[bool, list[NDArray[np.int64]]]:
    """See :func:`_counted`. One channel stands for three; without a fourth, all is opaque.

    Of colours of 16 bits Pillow reads the upper 8.
    """
    if picture.mode in _SIXTEEN_BITS:
        grey = np.bincount(np.asarray(picture).astype(np.uint16).ravel(), minlength=65536)
        return False, [grey, grey, grey, _opaque(grey)]
    if picture.mode in ("I", "F"):
        raise PictureError("its pixels are of 32 bits")
    if picture.mode not in _PLAIN or "transparency" in picture.info:
        picture = picture.convert("RGBA")
    bands = [np.bincount(np.asarray(band.convert("L")).ravel(), minlength=256) for band in picture.split()]
    is_colour = len(bands) > 2
    colours, alpha = bands[:3] if is_colour else bands[:1] * 3, bands[3:] if is_colour else bands[1:]
    return is_colour and not is_deep, [*colours, alpha[0] if alpha else _opaque(bands[0])]


def _opaque(counted: NDArray[np.int64]) -> NDArray[np.int64]:
    full = np.zeros_like(counted)
    full[-1] = counted.sum()
    return full
