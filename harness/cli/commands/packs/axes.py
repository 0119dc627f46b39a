"""``simgate axes``: what may be worn in sensors and actuators, with ranges and where they come from."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simgate.sim_adapters.sensors.axes import Axis, Range

HELP = "list what may be worn in sensors and actuators: unit, nominal value, ranges and their source"
ENVIRONMENT = "env:"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument(
        "env",
        nargs="?",
        metavar="env:NAME",
        help="an environment (id, module:factory, file.py:factory), for those of its own channels too",
    )
    parser.add_argument("--python", metavar="FILE", help="interpreter in which the environment is installed")
    parser.add_argument(
        "--format", choices=("table", "json"), default="table", help="output (default: table)"
    )


def run(args: argparse.Namespace) -> int:
    """Prints the axes."""
    import json

    from simgate.harness.cli.native_worlds import open_environment
    from simgate.harness.frontend.user_errors import UserError, as_user_errors
    from simgate.sim_adapters.sensors.axes import GENERAL

    axes = list(GENERAL)
    if args.env is not None:
        if not args.env.startswith(ENVIRONMENT):
            raise UserError(f"'{args.env}' is no environment; write env:{args.env}")
        with as_user_errors():
            axes = list(open_environment(args.env, args.python).axes(1).values())
    print(json.dumps([_data(axis) for axis in axes], indent=2) if args.format == "json" else _text(axes))
    return 0


def _data(axis: Axis) -> dict[str, Any]:
    spec = axis.spec
    return {
        "axis": axis.name,
        "unit": spec.unit,
        "kind": spec.kind,
        "nominal": spec.default,
        "low": spec.low,
        "high": spec.high,
        "regression": axis.regression,
        "stress": axis.stress,
        "meaning": spec.meaning,
        "source": axis.source,
    }


def _text(axes: list[Axis]) -> str:
    from simgate.harness.text import table

    rows = [
        [
            axis.name,
            axis.spec.unit or "-",
            f"{axis.spec.default:g}",
            _range(axis.regression),
            _range(axis.stress),
            axis.spec.meaning,
        ]
        for axis in axes
    ]
    listed = table(("axis", "unit", "nominal", "regression", "stress", "what it does"), rows)
    own = "simgate's own choice"
    sources = [f"  {axis.name}: {axis.source}" for axis in axes if axis.source != own]
    said = "\n".join(sources) + "\n  the others: " if sources else "  "
    return (
        f"{listed}\n\nwhere the ranges come from\n{said}{own}\n\nset one: parameters: {{action.delay_ms: "
        "{uniform: [0, 60]}}; all of a range: extends: axes/regression, or axes/stress\n"
        "wordings of the task: parameters: {instruction: {choice: [pick up the cup, grab the cup]}}"
    )


def _range(ends: Range | None) -> str:
    return f"{ends[0]:g} to {ends[1]:g}" if ends is not None else "-"
