"""``simgate compare BASELINE CANDIDATE...``: what a new model breaks and fixes, on the same variants."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from simgate.harness.cli.options.baseline_options import add_accept_difference, add_baseline_store
from simgate.harness.cli.options.shares import confidence, share
from simgate.harness.frontend.run_addresses import run_or_name, whole_run_dir

if TYPE_CHECKING:
    from simgate.harness.gate.comparing.compare import RunComparison
    from simgate.harness.results.run_folder import RunFolder

HELP = "compare two runs variant by variant: GO (0), NO-GO (1), INCONCLUSIVE (20), not comparable (2)"
JSON, PAGE = "compare.json", "compare.html"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument(
        "baseline",
        type=run_or_name,
        metavar="BASELINE",
        help="folder of the older run, or a baseline's name",
    )
    parser.add_argument(
        "candidates",
        type=whole_run_dir,
        nargs="+",
        metavar="CANDIDATE",
        help="folder of the run in question; of several, any one that is GO may be chosen (Holm over them)",
    )
    parser.add_argument(
        "--max-drop",
        type=share,
        metavar="X",
        help="largest drop of the pass rate allowed (default: the pack's regression rule, else none)",
    )
    parser.add_argument(
        "--confidence", type=confidence, metavar="C", help="of both answers (default: the rule's, else 0.95)"
    )
    parser.add_argument(
        "--runs-dir",
        type=Path,
        metavar="DIR",
        help="folder of baselines and churn (default: the first CANDIDATE's)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help=f"where {JSON} and {PAGE} go (default: CANDIDATE; of several: a folder each)",
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
    from simgate.harness.gate.comparing.compare_table import comparison_table, several_table
    from simgate.harness.gate.decide import combine
    from simgate.harness.results.run_folder import RunFolder
    from simgate.harness.text import ascii_json

    candidates = [RunFolder(path) for path in args.candidates]
    first = candidates[0]
    runs_dir = args.runs_dir or Path(os.path.realpath(first.path)).parent
    accepted = tuple(args.accept_difference or ())
    made = first.manifest(), first.fingerprint()
    baseline = resolve_baseline(args.baseline, runs_dir, *made, accepted, args.baseline_store)
    places = [os.path.realpath(run.path) for run in (baseline, *candidates)]
    if twice := next((k for k, place in enumerate(places) if place in places[:k]), None):
        raise UserError(f"{candidates[twice - 1].path} is compared with itself; give it once")
    found = compare_folders(baseline, candidates, runs_dir, args.max_drop, args.confidence, accepted)
    texts = []
    width = min(max(shutil.get_terminal_size((110, 24)).columns, 60), 120)
    for candidate, one in zip(candidates, found, strict=True):
        own = args.out / one.candidate.run_id if args.out and len(found) > 1 else args.out
        comparison = with_pictures(one, baseline, candidate, args.replay)
        out = own or candidate.path
        texts.append(_write(comparison, baseline, candidate, out))
        if not args.json:
            print(comparison_table(comparison, width))
            print(
                f"\npage    {out / PAGE}\njson    {out / JSON}\n" + ("\n" if len(found) > 1 else ""), end=""
            )
    if args.json:
        whole = texts[0] if len(texts) == 1 else "[" + ",".join(texts) + "]\n"
        print(ascii_json(whole), end="")
    elif len(found) > 1:
        print(several_table(found))
    return combine(one.decision for one in found).exit_code


def _write(comparison: RunComparison, baseline: RunFolder, candidate: RunFolder, out: Path) -> str:
    """Writes both files; returns what is in the one for machines."""
    from simgate.harness.registry import load
    from simgate.harness.results.atomic_write import write_atomic

    out.mkdir(parents=True, exist_ok=True)
    text = comparison.model_dump_json(indent=2) + "\n"
    write_atomic(out / JSON, text)
    try:
        load("simgate.comparison_reporters", "html")(comparison, baseline.path, candidate.path, out / PAGE)
    except Exception as error:
        # The decision is made and written; a page that fails takes nothing with it.
        print(f"{PAGE} was not written: {type(error).__name__}: {error}", file=sys.stderr)
    return text


def compare_folders(
    baseline: RunFolder,
    candidates: Sequence[RunFolder],
    runs_dir: Path,
    max_drop: float | None = None,
    confidence: float | None = None,
    accepted: Sequence[str] = (),
) -> list[RunComparison]:
    """Compares runs with an older one from their folders.

    Args:
        baseline: The older run.
        candidates: The runs in question; of several any one may be chosen, so all are judged together.
        runs_dir: Where the churn is kept.
        max_drop: None for the pack's own rule.
        confidence: None for the pack's own rule.
        accepted: Differences that are looked past, by name, besides those that a candidate's run accepted.

    Raises:
        NotComparable: They differ in more than the model.
        NotARun: One has no readable manifest.
    """
    from simgate.harness.gate.comparing.baseline_copy import read_evidence
    from simgate.harness.gate.comparing.churn import known_churn
    from simgate.harness.gate.comparing.compare import compare_runs, regression_of
    from simgate.harness.gate.comparing.metric_changes import describe_of
    from simgate.harness.gate.comparing.several import judged_together

    before, after, rules, churns, alone = read_evidence(baseline), [], [], [], []
    for folder in candidates:
        now = read_evidence(folder)
        names = tuple(dict.fromkeys((*now.manifest.accepted, *accepted)))
        after.append(replace(now, manifest=now.manifest.model_copy(update={"accepted": names})))
        churns.append(known_churn(runs_dir, after[-1].manifest, now.fingerprint))
        rules.append(regression_of(after[-1], max_drop, confidence))
        alone.append(compare_runs(before, after[-1], rules[-1], describe_of(now.pack), churns[-1]))
    return judged_together(before, after, alone, rules, churns)
