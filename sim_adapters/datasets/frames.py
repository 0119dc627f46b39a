"""Pictures of a data set as camera frames: 8-bit PNG and JPEG of a bounded size, upright, RGB."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.datasets.dataset import Picture
from simgate.sim_adapters.files.decoded import NotAFrame, decoded, upright_size_of
from simgate.sim_adapters.files.plain_file import inside, read_plain

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


def sha256_of_labelled(folder: Path, one: Picture) -> str:
    """SHA-256 of a picture's file, hex.

    Raises:
        BadPicture: See :func:`picture_bytes`; or its labels are of a picture of another size.
    """
    content = picture_bytes(folder, one.name)
    if one.size is not None and (found := upright_size_of(content)) and found != one.size:
        wanted, there = ("x".join(map(str, size)) for size in (one.size, found))
        raise BadPicture(f"picture {one.name!r} has {there} pixels, and its labels are of one of {wanted}")
    return sha256_of(content)


def read_same(folder: Path, name: str, sha256: str) -> bytes:
    """The content of a file that lies below a folder.

    Args:
        folder: Of the data set.
        name: Below it.
        sha256: Of the file as the run was planned, hex.

    Raises:
        BadPicture: It is another one than planned; see :func:`picture_bytes` also.
    """
    content = picture_bytes(folder, name)
    if sha256_of(content) != sha256:
        raise BadPicture(f"picture {name!r} is another one than when the run was planned")
    return content


def read_frame(folder: Path, name: str, sha256: str) -> NDArray[np.uint8]:
    """A picture as a frame, uint8, shape (H, W, 3), RGB.

    Args:
        folder: Of the pictures.
        name: Below it.
        sha256: Of the file as the run was planned, hex.

    Raises:
        BadPicture: It is another one than planned, no 8-bit PNG or JPEG, damaged, or has too many pixels.
    """
    content = read_same(folder, name, sha256)
    try:
        return decoded(content)
    except NotAFrame as error:
        raise BadPicture(f"picture {name!r} {error}") from None
