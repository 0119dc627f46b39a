"""``simgate compare BASELINE CANDIDATE``: what a new model breaks and fixes, on the same variants."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from simgate.harness.cli.options.baseline_options import add_accept_difference, add_baseline_store

if TYPE_CHECKING:
    from simgate.harness.gate.comparing.compare import RunComparison
    from simgate.harness.results.run_folder import RunFolder

HELP = "compare two runs variant by variant: GO (0), NO-GO (1), INCONCLUSIVE (20), not comparable (2)"
JSON, PAGE = "compare.json", "compare.html"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("baseline", metavar="BASELINE", help="folder of the older run, or a baseline's name")
    parser.add_argument("candidate", type=Path, metavar="CANDIDATE", help="folder of the run in question")
    parser.add_argument(
        "--max-drop",
        type=_share,
        metavar="X",
        help="largest drop of the pass rate allowed (default: the pack's regression rule, else none)",
    )
    parser.add_argument(
        "--confidence", type=_share, metavar="C", help="of both answers (default: the rule's, else 0.95)"
    )
    parser.add_argument(
        "--runs-dir", type=Path, metavar="DIR", help="folder of baselines and churn (default: CANDIDATE's)"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help=f"where {JSON} and {PAGE} go (default: CANDIDATE)"
    )
    parser.add_argument(
        "--replay",
        type=int,
        default=3,
        metavar="N",
        help="run the first N broken variants again where a picture is missing, for the page (default: 3)",
    )
    add_baseline_store(parser, "--baseline-store")
    add_accept_difference(parser)
    parser.add_argument("--json", action="store_true", help=f"print {JSON} instead of the table")


def run(args: argparse.Namespace) -> int:
    """Compares, writes compare.json and compare.html, prints; returns the decision's exit code."""
    from simgate.harness.frontend.user_errors import as_user_errors

    with as_user_errors():
        return _run(args)


def _run(args: argparse.Namespace) -> int:
    import shutil

    from simgate.harness.cli.compare_pictures import with_pictures
    from simgate.harness.frontend.baselines import resolve_baseline
    from simgate.harness.frontend.user_errors import UserError
    from simgate.harness.gate.comparing.compare_table import comparison_table
    from simgate.harness.registry import load
    from simgate.harness.results.atomic_write import write_atomic
    from simgate.harness.results.run_folder import RunFolder
    from simgate.harness.text import ascii_json

    candidate = RunFolder(args.candidate)
    runs_dir = args.runs_dir or Path(os.path.realpath(candidate.path)).parent
    accepted = tuple(args.accept_difference or ())
    made = candidate.manifest(), candidate.fingerprint()
    baseline = resolve_baseline(args.baseline, runs_dir, *made, accepted, args.baseline_store)
    if os.path.realpath(baseline.path) == os.path.realpath(candidate.path):
        raise UserError(f"{candidate.path} is compared with itself; give two runs")
    comparison = compare_folders(baseline, candidate, runs_dir, args.max_drop, args.confidence, accepted)
    comparison = with_pictures(comparison, baseline, candidate, args.replay)
    out = args.out or candidate.path
    out.mkdir(parents=True, exist_ok=True)
    text = comparison.model_dump_json(indent=2) + "\n"
    write_atomic(out / JSON, text)
    try:
        load("simgate.comparison_reporters", "html")(comparison, baseline.path, candidate.path, out / PAGE)
    except Exception as error:
        # The decision is made and written; a page that fails takes nothing with it.
        print(f"{PAGE} was not written: {type(error).__name__}: {error}", file=sys.stderr)
    if args.json:
        print(ascii_json(text), end="")
    else:
        width = min(max(shutil.get_terminal_size((110, 24)).columns, 60), 120)
        print(comparison_table(comparison, width))
        print(f"\npage    {out / PAGE}\njson    {out / JSON}")
    return comparison.decision.exit_code


def compare_folders(
    baseline: RunFolder,
    candidate: RunFolder,
    runs_dir: Path,
    max_drop: float | None = None,
    confidence: float | None = None,
    accepted: Sequence[str] = (),
) -> RunComparison:
    """Compares two runs from their folders.

    Args:
        baseline: The older run.
        candidate: The run in question.
        runs_dir: Where the churn is kept.
        max_drop: None for the pack's own rule.
        confidence: None for the pack's own rule.
        accepted: Differences that are looked past, by name, besides those that the candidate's run accepted.

    Raises:
        NotComparable: They differ in more than the model.
        NotARun: One has no readable manifest.
    """
    from simgate.harness.gate.comparing.baseline_copy import read_evidence
    from simgate.harness.gate.comparing.churn import known_churn
    from simgate.harness.gate.comparing.compare import compare_runs, regression_of
    from simgate.harness.gate.comparing.metric_changes import describe_of

    before, now = read_evidence(baseline), read_evidence(candidate)
    names = tuple(dict.fromkeys((*now.manifest.accepted, *accepted)))
    now = replace(now, manifest=now.manifest.model_copy(update={"accepted": names}))
    churn = known_churn(runs_dir, now.manifest, now.fingerprint)
    return compare_runs(before, now, regression_of(now, max_drop, confidence), describe_of(now.pack), churn)


def _share(text: str) -> float:
    number = float(text)
    if not 0.0 <= number < 1.0:
        raise argparse.ArgumentTypeError(f"must be at least 0 and below 1, not {number:g}")
    return number
