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
    from simgate.harness.execution.episode.recordings.kept_recording import NoRecording, recording_of
    from simgate.harness.execution.episode.recordings.reel import NoFilm, Reel

    try:
        path, record = recording_of(run_dir, variant)
    except NoRecording as error:
        raise NoFilm(str(error)) from None
    return Reel(path, record, f"{record.variant} {record.outcome.value}, {run_dir.resolve().name}", signal)
