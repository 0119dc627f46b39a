"""``simgate init``: a first pack, with comments, that passes lint and runs."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "write a commented starter pack that passes lint and runs"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="where to; made when it does not exist (default: here)",
    )
    parser.add_argument(
        "--model", type=Path, metavar="FILE", help="model.yaml to test (default: the reference model)"
    )


def run(args: argparse.Namespace) -> int:
    """Writes the pack and its schema, and says what to do next."""
    from simgate.harness.cli.commands.schema import schema_text
    from simgate.harness.cli.starter import (
        PACK_FILE,
        SCHEMA_FILE,
        as_written,
        pack_name,
        reference_model,
        starter_pack,
    )
    from simgate.harness.frontend.user_errors import UserError, as_user_errors
    from simgate.harness.results.atomic_write import write_atomic

    folder: Path = args.folder
    pack, schema = folder / PACK_FILE, folder / SCHEMA_FILE
    there = [path for path in (pack, schema) if path.exists()]
    if there:
        raise UserError(f"{there[0]} is there already, nothing was written; choose another folder")
    model = args.model or reference_model()
    if args.model and not args.model.is_file():
        raise UserError(f"{args.model} does not exist; give the model.yaml of a model package")
    with as_user_errors():
        folder.mkdir(parents=True, exist_ok=True)
        text = starter_pack(pack_name(folder), as_written(model, folder) if model else None)
        write_atomic(pack, text)
        write_atomic(schema, schema_text())
    print(f"wrote {pack} and {schema}")
    if model is None:
        print("no model was found, so the robot is blind: `make train`, or set `model:` in the pack")
    print(_next_steps(folder))
    return 0


def _next_steps(folder: Path) -> str:
    import shlex

    from simgate.harness.text import table

    where = shlex.quote(str(folder))
    rows = [
        [f"simgate lint {where}", "after every change: all problems with place and remedy"],
        [f"simgate expand {where}", "the variants with their values"],
        [f"simgate preview {where}", "what the camera sees at the start, and histograms, as one PNG"],
        [f"simgate coverage {where}", "which corners of the parameter space are hit"],
        [f"simgate plan {where} --probe", "how long it takes here, and what the gate can see"],
        [f"simgate run {where}", "run it: the verdict, junit.xml and report.html"],
    ]
    return "\n".join(["next:", table(("command", "what it gives"), rows, indent="  ")])
