"""``simgate aa PACK -n K``: runs K variants twice with the same model, to see what changes by itself."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simgate.harness.cli.options.trust import add_trust
from simgate.harness.cli.options.workers import add_workers

if TYPE_CHECKING:
    from simgate.harness.expansion.variant import Variant
    from simgate.harness.gate.comparing.pairing import RunEvidence
    from simgate.harness.packs.model import Pack

HELP = "run K variants twice with the same model and keep how many flip"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("pack", type=Path, metavar="PACK", help="pack file, or a folder that holds one")
    parser.add_argument("-n", type=_positive, default=20, metavar="K", help="variants (default: 20)")
    add_workers(parser)
    parser.add_argument("--runs-dir", type=Path, default=Path("runs"), metavar="DIR", help="default: runs")
    parser.add_argument("--adapter", metavar="A", help="another simulator than the pack's")
    parser.add_argument("--model", type=Path, metavar="M", help="another model package than the pack's")
    parser.add_argument("--runtime", metavar="R", help="perception runtime (default: onnxruntime)")
    add_trust(parser)
    parser.add_argument("--quiet", action="store_true", help="no progress, only the result")


def run(args: argparse.Namespace) -> int:
    """Runs the command; returns 0 when nothing flipped, 1 when something did, 20 without a measurement."""
    from simgate.harness.frontend.user_errors import as_user_errors

    with as_user_errors():
        return _run(args)


def _run(args: argparse.Namespace) -> int:
    from simgate.harness.execution.planning.counting_order import random_order
    from simgate.harness.expansion.expand import expand_pack
    from simgate.harness.frontend.packs import load_checked
    from simgate.harness.frontend.user_errors import UserError
    from simgate.harness.gate.comparing.churn import keep_churn, measure_churn, unsteady
    from simgate.harness.results.parts import changed_parts

    pack = load_checked(args.pack)
    variants = random_order(pack, expand_pack(pack), "@aa")[: args.n]
    first = _run_once(args, pack, variants)
    # The other way round: what a host keeps from one variant to the next would show.
    second = _run_once(args, pack, variants[::-1])
    if changes := changed_parts(first.fingerprint.parts, second.fingerprint.parts):
        raise UserError(f"no churn was measured: between the two runs {'; '.join(changes)}; run it again")
    churn = measure_churn(first, second)
    path = keep_churn(args.runs_dir, second, churn)
    for variant, (before, now) in unsteady(first, second).items():
        print(f"{before} then {now}: {variant}")
    print(f"{churn.words}; {churn.traces_differ} of {churn.variants} took another way")
    print(f"kept in {path}; shown beside every regression verdict of this pack on this class of machine")
    if not churn.variants:
        print("nothing was measured: no variant gave a valid result twice", file=sys.stderr)
        return 20
    return 1 if churn.flipped else 0


def _run_once(args: argparse.Namespace, pack: Pack, variants: Sequence[Variant]) -> RunEvidence:
    from simgate.harness.cli.progress import progress_listener
    from simgate.harness.execution.engine import execute
    from simgate.harness.frontend.options.run_options import RunOptions
    from simgate.harness.frontend.planning import plan_as_asked
    from simgate.harness.frontend.user_errors import MachineError
    from simgate.harness.gate.comparing.baseline_copy import read_evidence

    options = RunOptions(
        args.runs_dir / "aa", args.workers, args.adapter, model=args.model, runtime=args.runtime
    )
    words = ("simgate", *sys.argv[1:])
    plan = plan_as_asked(pack, variants, options, command=words, selection=f"simgate aa -n {args.n}")
    with progress_listener(args.quiet) as listener:
        stopped = execute(plan, [listener])
    if stopped:
        raise MachineError(f"the run has ended early: {stopped}")
    return read_evidence(plan.folder)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {number}")
    return number
