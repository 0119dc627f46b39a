"""``simgate metrics``: every metric and signal that a pack can name, documented from the code."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simgate.harness.scoring.metric import MetricInfo
    from simgate.harness.trace import Signal

HELP = "list all metrics with unit, direction, range and meaning, and the signals of a run"
WIDTH = 100
_DIRECTIONS = {"higher": "higher is better", "lower": "lower is better", "none": "neither is better"}
_KINDS = {"bool": "true or false", "word": "a word", "count": "count"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="only metrics whose name holds this")
    parser.add_argument(
        "--format", choices=("table", "json"), default="table", help="output (default: table)"
    )


def run(args: argparse.Namespace) -> int:
    """Prints the metrics."""
    import json
    from dataclasses import asdict

    from simgate.harness.frontend.user_errors import UserError
    from simgate.harness.scoring.metrics import find_metric, metric_infos, task_signals
    from simgate.policies.documents.diagnostics import near

    infos = metric_infos()
    if args.name:
        known = [info.name for info in infos]
        exact = [info for info in infos if info.name == args.name]
        # A name as a pack has it, with a class or signal in it.
        exact = exact or [info for info in [find_metric(args.name)] if info is not None]
        infos = exact or [info for info in infos if args.name in info.name]
        if not infos:
            raise UserError(f"no metric's name holds '{args.name}'; {near(args.name, known)}")
    if args.format == "json":
        print(json.dumps([asdict(info) for info in infos], indent=2))
        return 0
    print("\n\n".join(_paragraph(info) for info in infos))
    if not args.name:
        print("\n" + _signals(task_signals()))
    return 0


def facts(info: MetricInfo) -> list[str]:
    """Unit or type, direction and range of a metric, in words."""
    found = [info.unit or _KINDS.get(info.kind, "share"), _DIRECTIONS[info.direction]]
    if info.kind in ("number", "count") and (info.low is not None or info.high is not None):
        low = "any" if info.low is None else f"{info.low:g}"
        found.append(f"from {low}" if info.high is None else f"{low} to {info.high:g}")
    return found


def _paragraph(info: MetricInfo) -> str:
    indent = " " * 4
    texts = [info.meaning, f"Source: {info.source}"]
    if info.options:
        texts.append(f"Options: {', '.join(info.options)}.")
    wrapped = [textwrap.fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent) for text in texts]
    return "\n".join([f"{info.name}  ({'; '.join(facts(info))})", *wrapped])


def _signals(signals: Sequence[Signal]) -> str:
    from simgate.harness.text import table

    listed = table(("signal", "meaning"), [[signal.name, signal.meaning] for signal in signals], indent="  ")
    return f"Signals, for criteria with `signal:` and `stl:`\n{listed}"
