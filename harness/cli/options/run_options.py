"""The options of ``simgate run``."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

from simgate.harness.cli.options.baseline_options import add_accept_difference, add_baseline_store
from simgate.harness.cli.options.cluster import add_cluster
from simgate.harness.cli.options.output_option import add_output
from simgate.harness.cli.options.selection import add_selection
from simgate.harness.cli.options.trust import add_trust
from simgate.harness.cli.options.workers import add_workers, count
from simgate.harness.execution.planning.record_mode import RECORD_CHOICES
from simgate.harness.frontend.options.run_options import run_name
from simgate.harness.frontend.options.shares import shard
from simgate.harness.frontend.run_addresses import run_or_name, whole_run_dir


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Adds all of them."""
    parser.add_argument("packs", nargs="*", type=Path, metavar="PACK", help="pack file, or folder of packs")
    text = "worker processes (default: usable cores, for Isaac Sim one a GPU; 0: this process)"
    add_workers(parser, text)
    add_cluster(parser)
    parser.add_argument("--runs-dir", type=Path, default=Path("runs"), metavar="DIR", help="default: runs")
    parser.add_argument(
        "--variants",
        type=_positive,
        metavar="N",
        help="only the first N of each scenario, and its pinned ones",
    )
    add_selection(parser)
    _add_conditions(parser)
    _add_baseline(parser)
    _add_course(parser)
    add_trust(parser)
    parser.add_argument("--quiet", action="store_true", help="no progress, only the summary")
    add_output(parser)


class _Joined(argparse.Action):
    """An option that may be given several times: its values as one text, with commas."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        """Adds one value."""
        earlier = getattr(namespace, self.dest)
        setattr(namespace, self.dest, f"{earlier},{values}" if earlier else values)


def _add_conditions(parser: argparse.ArgumentParser) -> None:
    """With what the variants run, and what they leave."""
    parser.add_argument("--adapter", metavar="A", help="another simulator than the pack's")
    parser.add_argument(
        "--isaac-python",
        dest="interpreter",
        metavar="P",
        help="Isaac Sim's interpreter (python.sh), for workers with adapter isaacsim",
    )
    parser.add_argument(
        "--model",
        metavar="M",
        action=_Joined,
        help="another model package than the pack's: folder, file, s3://, gs://, mlflow:; of several models "
        "NAME=PACKAGE, as often as wanted",
    )
    parser.add_argument(
        "--policy",
        metavar="P",
        help="another trained network than the pack's: its policy.yaml, or the folder; of a policy in code "
        "OPTION=VALUE, in place of one of its policy_options",
    )
    parser.add_argument(
        "--runtime", metavar="R", help="perception runtime, also with a device: torch:cpu (default: auto)"
    )
    parser.add_argument(
        "--latency-extra-ms",
        type=_milliseconds,
        default=0.0,
        metavar="X",
        help="added to every perception latency",
    )
    parser.add_argument(
        "--record",
        choices=RECORD_CHOICES,
        default="failed",
        help="variants that leave a recording (with `none` those that did not pass still leave pictures)",
    )


def _add_baseline(parser: argparse.ArgumentParser) -> None:
    """What the run is held against."""
    parser.add_argument(
        "--baseline",
        type=run_or_name,
        metavar="RUN",
        help="hold the run against an older one (its folder, or a baseline's name); needs a regression rule",
    )
    parser.add_argument(
        "--baseline-model",
        metavar="M",
        help="run the pack with this model first, and hold the run against that: both here, paired; needs a "
        "regression rule",
    )
    parser.add_argument(
        "--baseline-policy", metavar="P", help="likewise with this trained network: two checkpoints, paired"
    )
    add_baseline_store(parser, "--baseline-store")
    add_accept_difference(parser)


def _add_course(parser: argparse.ArgumentParser) -> None:
    """When the run ends, which part of it runs here, and under which name."""
    parser.add_argument(
        "--until-decided",
        action="store_true",
        help="stop as soon as a sequential test has decided; the pack's variants are the most that run",
    )
    parser.add_argument("--resume", type=Path, metavar="RUN", help="continue an interrupted run")
    parser.add_argument(
        "--watch",
        action="store_true",
        help="when done, wait until a file that the run reads is changed, and run again what that changes; "
        "workers stay where they can",
    )
    parser.add_argument(
        "--reuse",
        type=whole_run_dir,
        metavar="RUN",
        help="take over the records of an earlier run for which nothing has changed, and run only the rest",
    )
    parser.add_argument(
        "--shard",
        type=shard,
        metavar="K/N",
        help="only part K of N of the variants; `simgate merge` puts the runs together",
    )
    parser.add_argument(
        "--balance-by",
        type=run_or_name,
        metavar="RUN",
        help="run (or latest, or a baseline's name) by whose durations shards are made equal and, on a "
        "cluster, the longest variants go first; the same for every shard (default: --baseline's, else every "
        "variant weighs the same)",
    )
    parser.add_argument(
        "--retry-infrastructure",
        type=count,
        default=0,
        metavar="N",
        help="try again up to N times what the machine has failed at (a worker died or could not start, "
        "memory or disk were full, black pictures); attempts are counted and shown (default: 0)",
    )
    parser.add_argument(
        "--run-name",
        type=run_name,
        metavar="NAME",
        help="name of the run's folder; with several packs -PACK follows (default: of time, pack and chance)",
    )
    parser.add_argument(
        "--artifacts",
        metavar="URL",
        help="put the run there too when it is done: a folder, s3://..., gs://...",
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {number}")
    return number


def _milliseconds(text: str) -> float:
    number = float(text)
    if not 0.0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number of 0 or more, not {number:g}")
    return number
