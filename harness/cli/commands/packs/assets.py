"""``simgate assets``: which remote files a task of Isaac Lab needs, and how to get those that are missing."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HELP = "list the remote files that a task of Isaac Lab needs, and how to fetch those that a folder lacks"
_FETCH = ("curl", "--fail", "--create-dirs", "-o")


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("task", metavar="isaaclab:TASK", help="a task of Isaac Lab, or only its id")
    parser.add_argument(
        "--python", metavar="FILE", required=True, help="interpreter in which Isaac Lab is installed"
    )
    parser.add_argument(
        "--assets",
        metavar="DIR",
        default="simgate",
        help="folder that stands for its remote files (default: simgate, those that come with it)",
    )
    parser.add_argument(
        "--format", choices=("table", "json"), default="table", help="output (default: table)"
    )


def run(args: argparse.Namespace) -> int:
    """Prints the files; 0 when all are there, 1 when some are missing."""
    import json

    from simgate.harness.cli.native_worlds import files_of_task
    from simgate.harness.frontend.user_errors import as_user_errors

    with as_user_errors():
        needed = files_of_task(args.task.removeprefix("isaaclab:"), args.python, args.assets)
    missing = [name for name, there in needed["files"] if not there]
    print(json.dumps(needed, indent=2) if args.format == "json" else _text(args.assets, needed, missing))
    return 1 if missing else 0


def _text(assets: str, needed: Mapping[str, Any], missing: list[str]) -> str:
    from simgate.harness.text import table

    rows = [[name, "there" if there else "missing"] for name, there in needed["files"]]
    parts = [table(("file", f"in {assets}"), rows)]
    if missing:
        folder = Path("lab_assets") if assets == "simgate" else Path(assets)
        lines = [
            shlex.join(
                ["curl", "--fail", "--create-dirs", "-o", str(folder / name), f"{needed['from']}/{name}"]
            )
            for name in missing
        ]
        parts.append(
            "\n".join(("On a machine that has a network, and then once more for what these name:", *lines))
        )
    return "\n\n".join(parts)
