"""Pictures that a user names, as camera frames: 8-bit PNG and JPEG, upright, RGB."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simgate.harness.frontend.user_errors import UserError, require_fetched
from simgate.sim_adapters.files.decoded import HEAD, MOST_PIXELS, problem_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ENDINGS = (".png", ".jpg", ".jpeg")
_ORIENTATION = 0x0112
"""EXIF tag; 1 is upright."""


@dataclass(frozen=True)
class ImageFrame:
    """A picture as a frame.

    Attributes:
        path: Its file.
        pixels: uint8, shape (H, W, 3), RGB.
        notes: What was done to it so that it is a frame.
    """

    path: Path
    pixels: NDArray[np.uint8]
    notes: tuple[str, ...]


def image_files(paths: Sequence[Path]) -> list[Path]:
    """The files, and of each folder the pictures that lie in it, by name.

    Raises:
        UserError: A path does not exist, or a folder holds no picture.
    """
    found: list[Path] = []
    for path in paths:
        require_fetched(path)
        if path.is_dir():
            inside = sorted(file for file in path.iterdir() if file.suffix.lower() in ENDINGS)
            if not inside:
                raise UserError(f"{path} holds no PNG or JPEG files")
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise UserError(f"{path} {'is no plain file' if path.exists() else 'does not exist'}")
    return found


def read_image(path: Path) -> ImageFrame:
    """Decodes a picture.

    Raises:
        UserError: It is no 8-bit PNG or JPEG, is damaged, or has more pixels than any camera.
    """
    from PIL import Image, UnidentifiedImageError

    require_fetched(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=("PNG", "JPEG")) as image:
                with path.open("rb") as file:
                    if problem := problem_of(image, file.read(HEAD)):
                        raise UserError(f"{path} {problem}")
                return _frame(path, image)
    except UnidentifiedImageError:
        raise UserError(f"{path} is no PNG or JPEG picture; convert it to PNG") from None
    except Image.DecompressionBombError:
        raise UserError(f"{path} has more than {MOST_PIXELS:,} pixels; scale it down") from None
    except (OSError, SyntaxError, ValueError) as error:  # Pillow raises all three for damaged files
        why = getattr(error, "strerror", None) or error
        raise UserError(f"{path} cannot be read: {why}") from None


def _frame(path: Path, image: Any) -> ImageFrame:
    import numpy as np
    from PIL import ImageOps

    notes = []
    if image.getexif().get(_ORIENTATION, 1) != 1:
        notes.append("turned upright as its EXIF says")
    upright = ImageOps.exif_transpose(image)
    if upright.has_transparency_data and np.asarray(upright.convert("RGBA"))[..., 3].min() < 255:
        notes.append("transparency ignored, colours taken as stored")
    if upright.mode in ("1", "L", "LA"):
        notes.append("grey, the same in all three channels")
    return ImageFrame(path, np.asarray(upright.convert("RGBA").convert("RGB"), np.uint8), tuple(notes))
