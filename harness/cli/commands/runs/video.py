"""``simgate video RUN VARIANT``: a variant of a run as a film, or two runs of it side by side."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simgate.harness.execution.episode.recordings.reel import Reel

HELP = "make a film of a variant: what the model saw and said, and the signal that was lost"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("run_dir", type=Path, metavar="RUN", help="folder of a run")
    parser.add_argument("variant", metavar="VARIANT", help="for example glass_door_closed::v0007")
    parser.add_argument("--compare", type=Path, metavar="RUN", help="another run, shown beside it")
    parser.add_argument("--signal", default="", metavar="NAME", help="signal below the pictures")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="animated WebP to write (default: <variant>.webp)"
    )


def run(args: argparse.Namespace) -> int:
    """Runs the command; returns 0 when the film is written."""
    from simgate.harness.execution.episode.recordings.reel import NoFilm, write_film
    from simgate.harness.execution.hosts.assignment import file_stem
    from simgate.harness.frontend.user_errors import UserError, as_user_errors

    with as_user_errors():
        out = args.out or Path(f"{file_stem(args.variant)}.webp")
        if out.suffix != ".webp":
            raise UserError(f"{out}: films are written as animated WebP; call it {out.stem}.webp")
        runs = [args.run_dir, *([args.compare] if args.compare else [])]
        try:
            count = write_film(out, [_reel(run_dir, args.variant, args.signal) for run_dir in runs])
        except NoFilm as error:
            raise UserError(str(error)) from None
    print(f"{out}: {count} pictures")
    return 0


def _reel(run_dir: Path, variant: str, signal: str) -> Reel:
    from simgate.harness.execution.episode.recordings.reel import NoFilm, Reel
    from simgate.harness.results.run_folder import RunFolder
    from simgate.sim_adapters.plain_file import inside
    from simgate.sim_adapters.printable import printable

    folder = RunFolder(run_dir)
    folder.manifest()
    tail = "::".join(variant.split("::")[-2:])
    record = next((one for one in folder.records() if one.variant == tail), None)
    if record is None:
        raise NoFilm(f"{run_dir} has no result of '{printable(variant)}'")
    path = record.artifacts.get("trace")
    if path is None:
        message = f"{run_dir} has no recording of {record.variant}: variants that passed leave one with "
        raise NoFilm(message + f"--record all; simgate replay {run_dir} {record.variant} makes it now")
    title = f"{record.variant} {record.outcome.value}, {folder.path.name}"
    return Reel(inside(folder.path, path), record, title, signal)
