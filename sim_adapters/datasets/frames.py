"""Pictures of a data set as camera frames: 8-bit PNG and JPEG of a bounded size, upright, RGB."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.plain_file import inside, read_plain

MOST_PIXELS = 50_000_000
"""Larger pictures come from no robot's camera; decoded they fill a host's memory."""
MOST_BYTES = 1 << 28


class BadPicture(ValueError):  # noqa: N818 - the name says what is wrong
    """A picture that is none, has changed, or lies elsewhere; the message names it."""


def picture_bytes(folder: Path, name: str) -> bytes:
    """The content of a picture's file, which lies below the folder.

    Raises:
        BadPicture: It leads out of the folder, is no plain file, or too large.
    """
    try:
        return read_plain(inside(folder, name), MOST_BYTES)
    except OSError as error:
        raise BadPicture(f"picture {name!r}: {error.strerror or error}") from None


def sha256_of(content: bytes) -> str:
    """Hex."""
    return hashlib.sha256(content).hexdigest()


def read_frame(folder: Path, name: str, sha256: str) -> NDArray[np.uint8]:
    """A picture as a frame, uint8, shape (H, W, 3), RGB.

    Args:
        folder: Of the pictures.
        name: Below it.
        sha256: Of the file as the run was planned, hex.

    Raises:
        BadPicture: It is another one than planned, no 8-bit PNG or JPEG, damaged, or has too many pixels.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    content = picture_bytes(folder, name)
    if sha256_of(content) != sha256:
        raise BadPicture(f"picture {name!r} is another one than when the run was planned")
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as image:
            if image.size[0] * image.size[1] > MOST_PIXELS:
                raise BadPicture(f"picture {name!r} has more than {MOST_PIXELS:,} pixels")
            if image.mode not in ("1", "L", "LA", "P", "PA", "RGB", "RGBA"):
                raise BadPicture(f"picture {name!r} holds {image.mode} colours; convert it to 8-bit RGB")
            upright = ImageOps.exif_transpose(image) if image.format == "JPEG" else image
            return np.asarray(upright if upright.mode == "RGB" else upright.convert("RGB"), np.uint8)
    except UnidentifiedImageError:
        raise BadPicture(f"picture {name!r} is no PNG or JPEG picture") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadPicture(f"picture {name!r} has more than {MOST_PIXELS:,} pixels") from None
    except (OSError, SyntaxError) as error:  # Pillow raises both for damaged files.
        raise BadPicture(f"picture {name!r} cannot be read: {error}") from None
