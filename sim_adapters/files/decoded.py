"""PNG, JPEG and WebP files as camera frames: 8 bits a channel, of a bounded size, upright, RGB."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

MOST_PIXELS = 50_000_000
"""Larger pictures come from no robot's camera; decoded they fill a host's memory."""
_BIT_DEPTH_AT = 24
"""Byte of a PNG file that holds the bits of a channel; of 16 Pillow leaves the lower half out unsaid."""
HEAD = _BIT_DEPTH_AT + 1
"""So many bytes of a file tell that."""
_DEEP = 16
_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA")
_ORIENTATION = 0x0112
"""EXIF tag."""
_ON_ITS_SIDE = (5, 6, 7, 8)


class NotAFrame(ValueError):  # noqa: N818 - the name says what is wrong
    """A picture that is no camera's; the message goes on where its name ends."""


def problem_of(image: Image, head: bytes) -> str:
    """What becomes another picture on its way to 8-bit RGB, or is too large; looks at the header alone.

    Args:
        image: As it was opened.
        head: At least :data:`HEAD` bytes of its file.

    Returns:
        It goes on where the picture's name ends; empty for a frame.
    """
    width, height = image.size
    if width * height > MOST_PIXELS:
        return f"has {width}x{height} pixels, more than {MOST_PIXELS:,}; scale it down"
    if image.format == "PNG" and head[_BIT_DEPTH_AT] == _DEEP:
        return (
            "has 16 bits a channel (a depth image?), camera frames have 8; convert it as your "
            "camera driver does"
        )
    return "" if image.mode in _MODES else f"holds {image.mode} colours; convert it to RGB"


def decoded(content: bytes, formats: tuple[str, ...] = ("PNG", "JPEG")) -> NDArray[np.uint8]:
    """The frame, uint8, shape (H, W, 3), RGB.

    Args:
        content: Of the file.
        formats: Pillow's names of those that are read.

    Raises:
        NotAFrame: It is of another format, damaged, too large, or has not 8 bits a channel.
    """
    import numpy as np
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content), formats=formats) as image:
            if problem := problem_of(image, content):
                raise NotAFrame(problem)
            upright = ImageOps.exif_transpose(image) if image.format == "JPEG" else image
            return np.array(upright if upright.mode == "RGB" else upright.convert("RGB"), np.uint8)
    except UnidentifiedImageError:
        raise NotAFrame(f"is no {', '.join(formats[:-1])} or {formats[-1]} picture") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise NotAFrame(f"has more than {MOST_PIXELS:,} pixels; scale it down") from None
    except (OSError, SyntaxError) as error:  # Pillow raises both for damaged files.
        raise NotAFrame(f"cannot be read: {error}") from None


def upright_size(image: Image) -> tuple[int, int]:
    """Width and height of the frame that an opened picture becomes."""
    width, height = image.size
    turned = image.format == "JPEG" and image.getexif().get(_ORIENTATION) in _ON_ITS_SIDE
    return (height, width) if turned else (width, height)


def upright_size_of(content: bytes) -> tuple[int, int] | None:
    """The same of a file's content; None for what is no picture."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as image:
            return upright_size(image)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
