"""Frames for a model: saved ones, or drawn from a pack's world through its adapter in a child process."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from simgate.policies.perception.package import ModelPackage

DEFAULT_FRAMES = 64
_SCENARIOS = Path("scenarios")


def add_frame_arguments(parser: argparse.ArgumentParser) -> None:
    """``--frames``, ``--pack`` and ``--count``."""
    parser.add_argument(
        "--frames",
        type=Path,
        metavar="F",
        help="saved frames: a folder of PNG and JPEG files, one such file, an .npy or an .npz file",
    )
    parser.add_argument(
        "--pack",
        type=Path,
        metavar="PACK",
        help="draw start frames of this pack's variants (default: the one in scenarios/ that uses the model)",
    )
    parser.add_argument(
        "--count", type=int, default=DEFAULT_FRAMES, metavar="N", help=f"frames (default: {DEFAULT_FRAMES})"
    )


def load_frames(args: argparse.Namespace, package: ModelPackage) -> NDArray[np.uint8]:
    """Frames as the arguments want them, uint8, shape (N, H, W, 3), RGB.

    Raises:
        UserError: There are none, or they cannot be read or drawn.
    """
    from simgate.harness.frontend.user_errors import UserError

    if args.count < 1:
        raise UserError(f"--count must be at least 1, not {args.count}")
    if args.frames is not None:
        return _saved(args.frames, args.count)
    return _drawn(args.pack or _pack_of(package), args.count)


def _saved(path: Path, count: int) -> NDArray[np.uint8]:
    import numpy as np

    from simgate.harness.cli.model.images import ENDINGS
    from simgate.harness.frontend.user_errors import UserError, require_fetched
    from simgate.sim_adapters.files.plain_file import require_plain

    if path.is_dir() or path.suffix.lower() in ENDINGS:
        return _pictures(path, count)
    require_fetched(path)
    try:
        require_plain(path)
        loaded = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read as frames: {error}") from None
    arrays = [loaded] if isinstance(loaded, np.ndarray) else [loaded[name] for name in loaded.files]
    for array in arrays:
        if array.dtype == np.uint8 and array.ndim == 4 and array.shape[3] == 3 and len(array):
            return np.asarray(array[:count], np.uint8)
    raise UserError(f"{path}: holds no uint8 array of shape (N, height, width, 3)")


def _pictures(path: Path, count: int) -> NDArray[np.uint8]:
    """Files of one size."""
    import numpy as np

    from simgate.harness.cli.model.images import image_files, read_image
    from simgate.harness.frontend.user_errors import UserError

    images = [read_image(file) for file in image_files([path])[:count]]
    first = images[0]
    for image in images:
        if image.pixels.shape != first.pixels.shape:
            sizes = [f"{one.path} {one.pixels.shape[1]}x{one.pixels.shape[0]}" for one in (first, image)]
            raise UserError(f"frames must be of one size: {', '.join(sizes)}")
    return np.stack([image.pixels for image in images])


def _drawn(path: Path, count: int) -> NDArray[np.uint8]:
    import numpy as np

    from simgate.harness.cli.model.images import read_image
    from simgate.harness.cli.preview.choice import spread
    from simgate.harness.cli.preview.start_frames import CannotRender, render_start_frames
    from simgate.harness.expansion.expand import expand_pack
    from simgate.harness.frontend.packs import load_checked
    from simgate.harness.frontend.user_errors import UserError

    pack = load_checked(path)
    variants = spread(expand_pack(pack), count)
    with tempfile.TemporaryDirectory(prefix="simgate-frames-") as folder:
        try:
            frames = render_start_frames(pack, variants, Path(folder))
        except CannotRender as error:
            raise UserError(f"{path}: {error}") from None
        drawn = [frame.frame for frame in frames if frame.frame is not None]
        if not drawn:
            raise UserError(f"{path}: its robot has no camera of kind rgb; give --frames FOLDER")
        return np.stack([read_image(picture).pixels for picture in drawn])


def _pack_of(package: ModelPackage) -> Path:
    """The pack below ``scenarios`` that names the model."""
    from simgate.harness.frontend.packs import load_checked
    from simgate.harness.frontend.user_errors import UserError
    from simgate.harness.packs.loader import find_packs

    if _SCENARIOS.is_dir():
        for path in find_packs(_SCENARIOS):
            models = load_checked(path).packages.values()
            if any(Path(model).resolve() == package.path.resolve() for model in models):
                return path
    raise UserError("no pack in scenarios/ uses this model; give --pack PACK or --frames FOLDER")
