"""``simgate expand``: the variants of a pack with all their values, before anything runs."""

from __future__ import annotations

import argparse
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simgate.harness.cli.options.selection import add_selection, select

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simgate.harness.packs.model import Pack, Scenario

HELP = "list the variants of a pack with their values"
FORMATS = ("table", "csv", "json", "ndjson", "parquet")


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("pack", type=Path, metavar="PACK", help="pack's YAML file")
    parser.add_argument(
        "--variants",
        type=int,
        metavar="N",
        help="so many sampled variants of each scenario: the first ones, or more than the pack asks for",
    )
    add_selection(parser)
    parser.add_argument("--format", choices=FORMATS, default="table", help="output (default: table)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write there, not to the terminal")


def run(args: argparse.Namespace) -> int:
    """Prints the variants."""
    from simgate.harness.cli.expanding.expanded import write_expanded
    from simgate.harness.cli.expanding.expanded_scenario import ExpandedScenario
    from simgate.harness.expansion.errors import ExpansionError
    from simgate.harness.frontend.packs import load_checked
    from simgate.harness.frontend.user_errors import UserError, as_user_errors

    with as_user_errors():
        pack = load_checked(args.pack)
    (scenarios,) = select([pack], args)
    if args.variants is not None and not 1 <= args.variants <= 1_000_000:
        raise UserError(f"--variants must be from 1 to 1,000,000, not {args.variants}")
    try:
        expanded = [ExpandedScenario(*_enlarged(pack, s, args.variants), args.variants) for s in scenarios]
        with _opened(args.output, args.format) as out:
            write_expanded(expanded, args.format, out)
    except ExpansionError as error:
        raise UserError(str(error)) from None
    return 0


def _enlarged(pack: Pack, scenario: Scenario, wanted: int | None) -> tuple[Pack, Scenario]:
    """The scenario with as many variants as are asked for, when the pack has fewer."""
    if wanted is None or wanted <= scenario.variants.count:
        return pack, scenario
    variants = scenario.variants.model_copy(update={"count": wanted})
    return pack, scenario.model_copy(update={"variants": variants})


@contextmanager
def _opened(path: Path | None, form: str) -> Iterator[Any]:
    """A text stream, or for parquet a binary one."""
    from simgate.harness.frontend.terminal.streams import output_for_programs
    from simgate.harness.frontend.user_errors import UserError, as_user_errors
    from simgate.harness.results.atomic_write import naming

    is_binary = form == "parquet"
    if path is None:
        if is_binary and sys.stdout.isatty():
            raise UserError("parquet is not for terminals: add --output variants.parquet")
        with output_for_programs() as out:
            yield out.buffer if is_binary else out
            out.flush()
        return
    how: dict[str, str] = {"mode": "wb"} if is_binary else {"mode": "w", "encoding": "utf-8", "newline": ""}
    with as_user_errors(), naming(path), path.open(**how) as file:  # type: ignore[call-overload]
        yield file
