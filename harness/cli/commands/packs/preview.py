"""``simgate preview PACK``: a contact sheet, to look at a pack before it runs."""

from __future__ import annotations

import argparse
import io
from pathlib import Path

from simgate.harness.cli.options.selection import add_selection, select
from simgate.harness.cli.options.workers import add_workers

HELP = "draw a contact sheet of a pack: start frames of some variants, histograms of all parameters"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("pack", metavar="PACK", type=Path, help="pack file")
    parser.add_argument("--out", type=Path, metavar="FILE", help="PNG to write (default: preview-<pack>.png)")
    parser.add_argument("--variants", type=int, default=24, metavar="N", help="start frames (default: 24)")
    add_selection(parser)
    parser.add_argument("--adapter", metavar="A", help="another simulator than the pack's")
    add_workers(parser, "processes that draw (default: 1)", default=1)


def run(args: argparse.Namespace) -> int:
    """Draws the sheet and prints its path."""
    import tempfile

    from simgate.harness.cli.preview.choice import spread
    from simgate.harness.cli.preview.contact_sheet import contact_sheet
    from simgate.harness.cli.preview.start_frames import CannotRender, render_start_frames
    from simgate.harness.expansion.expand import expand_scenario
    from simgate.harness.frontend.packs import load_checked
    from simgate.harness.frontend.user_errors import UserError, as_user_errors
    from simgate.harness.packs.worlds import require_fit
    from simgate.harness.registry import require
    from simgate.harness.results.atomic_write import write_atomic

    for option, value in (("--variants", args.variants), ("--workers", args.workers)):
        if value < 1:
            raise UserError(f"{option} must be at least 1, not {value}")
    with as_user_errors():
        pack = load_checked(args.pack)
        if args.adapter is not None:
            pack = pack.model_copy(update={"sim": pack.sim.model_copy(update={"adapter": args.adapter})})
        require("simgate.sim_adapters", pack.sim.adapter, Path(pack.path).parent)
        require_fit(pack.scenarios, pack.sim.adapter, Path(pack.path).parent)
        (chosen,) = select([pack], args)
        variants = [variant for scenario in chosen for variant in expand_scenario(pack, scenario)]
        with tempfile.TemporaryDirectory(prefix="simgate-preview-") as folder:
            shown = spread(variants, args.variants)
            try:
                frames = render_start_frames(pack, shown, Path(folder), args.workers)
            except CannotRender as error:
                raise UserError(f"{args.pack}: {error}") from None
            sheet = contact_sheet(pack, variants, frames)
        out = args.out or Path(f"preview-{pack.name}.png")
        out.parent.mkdir(parents=True, exist_ok=True)
        picture = io.BytesIO()
        sheet.save(picture, "PNG", optimize=True)
        write_atomic(out, picture.getvalue())
    print(out)
    return 0
