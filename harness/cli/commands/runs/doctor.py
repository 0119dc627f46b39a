"""``simgate doctor``: says what this machine lacks, and how to get it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simgate.harness.doctor.checkup import Finding

HELP = "check this machine: packages, graphics, plugins, model, folders"
_SIGNS = {"ok": "ok  ", "note": "note", "bad": "BAD "}


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument(
        "--scenarios", type=Path, default=Path("scenarios"), metavar="DIR", help="packs to look at"
    )
    parser.add_argument("--runs-dir", type=Path, default=Path("runs"), metavar="DIR", help="default: runs")
    parser.add_argument(
        "--adapter",
        metavar="A",
        help="only this simulator (a name, or my_simulator.py:NAME), thoroughly: start, frames, repeat, "
        "memory, conformance",
    )
    parser.add_argument(
        "--isaac-python", dest="interpreter", metavar="P", help="Isaac Sim's interpreter (python.sh)"
    )


def run(args: argparse.Namespace) -> int:
    """Runs the command; returns 1 when something that runs need is missing."""
    from simgate.harness.frontend.user_errors import as_user_errors

    with as_user_errors():
        return _report(_adapter_findings(args) if args.adapter else _findings(args))


def _report(findings: Iterator[Finding]) -> int:
    bad = 0
    for finding in findings:
        bad += finding.state == "bad"
        print(f"{_SIGNS[finding.state]} {finding.subject}: {finding.detail}", flush=True)
        if finding.remedy:
            print(f"     -> {finding.remedy}", flush=True)
    things = "1 thing is" if bad == 1 else f"{bad} things are"
    print(f"{things} missing" if bad else "everything that a run needs is there")
    return 1 if bad else 0


def _adapter_findings(args: argparse.Namespace) -> Iterator[Finding]:
    from simgate.harness.doctor.adapter_checkup import check_adapter
    from simgate.harness.execution.hosts.interpreter import host_interpreter
    from simgate.harness.registry import require

    require("simgate.sim_adapters", args.adapter, Path.cwd())
    interpreter = host_interpreter(args.adapter, args.interpreter, os.environ)
    print(f"simulator {args.adapter}, run by {' '.join(interpreter)}", flush=True)
    yield from check_adapter(args.adapter, interpreter)


def _findings(args: argparse.Namespace) -> Iterator[Finding]:
    from simgate.harness.doctor import checkup, checkup_runtimes

    yield checkup.check_python()
    yield from checkup.check_packages()
    yield from checkup.check_plugins()
    yield from checkup.check_simulators(os.environ)
    yield from checkup_runtimes.check_runtimes()
    yield from checkup.check_packs(args.scenarios)
    yield from checkup_runtimes.check_choice(args.scenarios)
    yield checkup.check_cores()
    yield checkup.check_runs_dir(args.runs_dir)
