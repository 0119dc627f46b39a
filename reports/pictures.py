"""Pictures inside the page as data URIs, each and all together under a limit."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from simgate.sim_adapters.files.plain_file import inside, read_plain

KEEP_PNG_UP_TO = 16_000
"""Bytes; larger pictures are stored again as WebP, which looks the same at a third of the size."""
LARGEST = 120_000
"""Bytes of one picture in the page; a larger one is left in its file."""
LARGEST_FILE = 32_000_000
"""Bytes of a file that is looked at."""
MOST_PIXELS = 20_000_000
"""No camera of a run has more."""
WEBP_QUALITY = 72
WEBP_EFFORT = 1
"""0 to 6; on noisy frames 4 takes five times as long and is not smaller."""
_UNREADABLE = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)
"""All that Pillow raises for damaged files."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture for the page.

    Attributes:
        caption: What it shows.
        alt: The same for a screen reader, with the variant.
        uri: ``data:`` URI; empty when it is not in the page.
        path: Its file, relative to the run's folder.
        absent: Why it is not in the page; empty when it is.
    """

    caption: str
    alt: str
    uri: str
    path: str
    absent: str = ""


class PictureStore:
    """Turns files into pictures until its bytes are used up.

    Args:
        folder: The run's folder, to which paths are relative.
        budget: Bytes of all data URIs together.
    """

    def __init__(self, folder: Path, budget: int) -> None:
        self._folder = folder
        self.left = budget

    def picture(self, path: str, caption: str, alt: str) -> Picture:
        """The picture of a file; one that is gone or unreadable is said to be so, never just left out."""
        try:
            mime, data = _encoded(read_plain(inside(self._folder, path), LARGEST_FILE))
        except _UNREADABLE as error:
            why = getattr(error, "strerror", None) or error
            return Picture(caption, alt, "", path, f"cannot be read: {why}")
        uri = f"data:{mime};base64,{base64.b64encode(data).decode()}"
        if len(data) > LARGEST or len(uri) > self.left:
            return Picture(caption, alt, "", path, "not in this page, to keep it small")
        self.left -= len(uri)
        return Picture(caption, alt, uri, path)


def _encoded(data: bytes) -> tuple[str, bytes]:
    # Other formats have decoders that start programs (PostScript), and runs write none of them.
    with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as image:
        width, height = image.size
        if width * height > MOST_PIXELS:
            raise ValueError(f"it has {width}x{height} pixels, more than {MOST_PIXELS:,}")
        if image.format == "PNG" and len(data) <= KEEP_PNG_UP_TO:
            image.load()
            return "image/png", data
        smaller = io.BytesIO()
        image.convert("RGB").save(smaller, "WEBP", quality=WEBP_QUALITY, method=WEBP_EFFORT)
    return "image/webp", smaller.getvalue()
