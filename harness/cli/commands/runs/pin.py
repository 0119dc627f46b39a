"""``simgate pin``: makes a regression test of a variant of a run, or of a moment of a field log."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simgate.harness.cli.pinning.pin_variant import Pinned

HELP = "write a variant of a run into its pack, to run in every run; or make a pack of a moment of a log"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("run_dir", type=Path, metavar="RUN", help="folder of a run, or a field log")
    parser.add_argument("variant", nargs="?", metavar="VARIANT", help="for example glass_door_closed::v0007")
    parser.add_argument("--at", metavar="TIME", help="moment of a log, seconds from its first picture: 12.4s")
    parser.add_argument("--images", default="", metavar="TOPIC", help="its pictures (default: the only)")
    parser.add_argument("--truth", default="", metavar="TOPIC", help="their labels (default: the only)")
    parser.add_argument(
        "--pack", type=Path, metavar="FILE", help="the pack's file now (default: where it was when it ran)"
    )
    parser.add_argument(
        "--id", default="", metavar="ID", help="name of the pin (default: the run's day and the variant)"
    )


def run(args: argparse.Namespace) -> int:
    """Runs the command; returns 0 also when the variant was pinned already."""
    from simgate.harness.cli.pinning.pin_place import CannotPin
    from simgate.harness.cli.pinning.pin_variant import pin_variant
    from simgate.harness.frontend.user_errors import UserError, as_user_errors

    if (args.at is None) == (args.variant is None):
        raise UserError("name a variant of a run, or a moment of a log: simgate pin LOG --at 12.4s")
    with as_user_errors():
        try:
            if args.at is not None:
                return _pin_moment(args)
            done = pin_variant(args.run_dir, args.variant, args.pack, args.id)
        except CannotPin as error:
            raise UserError(str(error)) from None
    print("\n".join(describe(done)))
    return 0


def _pin_moment(args: argparse.Namespace) -> int:
    from simgate.harness.cli.pinning.pin_moment import pin_moment
    from simgate.harness.cli.pinning.pin_place import CannotPin

    if args.pack or args.id:
        raise CannotPin(
            "--pack and --id are for a variant of a run: a moment of a log becomes a pack of its own"
        )
    try:
        at_s = float(args.at.removesuffix("s"))
    except ValueError:
        at_s = math.nan
    if not at_s >= 0.0:
        raise CannotPin(f"--at takes seconds from the first picture, for example 12.4s, not {args.at!r}")
    made = pin_moment(args.run_dir, at_s, args.images, args.truth)
    seen = f", labelled {', '.join(made.labels)}" if made.labels else ""
    print(f"{made.picture}: what was seen at {made.at_s:.2f} s{seen}")
    print(f"{made.pack}: name the model, complete what should have been so, then simgate run {made.pack}")
    return 0


def describe(done: Pinned) -> list[str]:
    """What the command prints: what was written, where, and what it is good for."""
    from simgate.policies.documents.diagnostics import LINE_BREAK, shown_path

    if done.edit is None:
        return [f"{done.variant.id} is pinned already, as '{done.pin_id}': nothing was written"]
    edit = done.edit
    before, after = (LINE_BREAK.split(data.decode("utf-8-sig")) for data in (edit.before, edit.after))
    new = after[edit.line - 1 : edit.line - 1 + max(1, len(after) - len(before))]
    lines = [f"{done.variant.id} is pinned as '{done.pin_id}' in {shown_path(edit.path)}:{edit.line}", *new]
    if not done.repeats:
        lines.append(
            "note: the world has changed since the run, so the pinned variant is not what ran, to the bit"
        )
    return [*lines, f"it runs in every run from now on as {done.variant.scenario}::pin-{done.pin_id}"]
