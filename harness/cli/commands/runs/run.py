"""``simgate run``: packs in, verdicts out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simgate.harness.cli.concluded import Concluded
from simgate.harness.cli.options.baseline_options import add_accept_difference, add_baseline_store
from simgate.harness.cli.options.cluster import add_cluster, cluster_of
from simgate.harness.cli.options.output_option import add_output, with_output
from simgate.harness.cli.options.selection import add_selection, select, selected_options
from simgate.harness.cli.options.trust import add_trust
from simgate.harness.cli.options.workers import add_workers, count
from simgate.harness.execution.planning.record_mode import RECORD_CHOICES
from simgate.harness.frontend.run_addresses import put_run, run_or_name
from simgate.harness.frontend.run_options import run_name
from simgate.harness.frontend.shares import shard

if TYPE_CHECKING:
    from simgate.harness.execution.planning.plan import Plan
    from simgate.harness.expansion.variant import Variant
    from simgate.harness.frontend.run_options import RunOptions
    from simgate.harness.packs.model import Pack

    Job = tuple[Pack, Sequence[Variant]]

HELP = "run scenario packs, judge them and write the reports"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
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
        "--latency-extra-ms", type=float, default=0.0, metavar="X", help="added to every perception latency"
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


def run(args: argparse.Namespace) -> int:
    """Runs the command; returns the exit code of the worst verdict."""
    from simgate.harness.frontend.user_errors import as_user_errors

    with as_user_errors():
        return with_output(args.output, lambda: run_packs(args))


def run_packs(args: argparse.Namespace) -> tuple[int, list[Concluded]]:
    """Runs and judges what the command's options ask for; returns the exit code and what was found."""
    from simgate.harness.cli.judging import code_of

    if args.resume:
        concluded = [_finish(args, _resumed(args))]
        code = code_of(concluded)
    else:
        code, concluded = run_jobs(args, jobs_of(args))
    for one in concluded if args.artifacts else ():
        print(f"put in  {put_run(one.folder.path, args.artifacts)}")
    return code, concluded


def run_jobs(args: argparse.Namespace, jobs: Sequence[Job]) -> tuple[int, list[Concluded]]:
    """As :func:`run_packs`, of packs that are loaded."""
    from simgate.harness.cli.judging import code_of

    concluded = [_run_job(args, pack, variants, len(jobs) > 1) for pack, variants in jobs]
    return code_of(concluded), concluded


def jobs_of(args: argparse.Namespace) -> list[Job]:
    """Loads and expands every pack before the first one runs, so that problems are found at once."""
    from simgate.harness.expansion.expand import Expansion
    from simgate.harness.frontend.packs import load_all_checked
    from simgate.harness.frontend.user_errors import UserError

    if not args.packs:
        raise UserError("give at least one pack, for example: simgate run scenarios/office_doors/pack.yaml")
    packs = load_all_checked(args.packs)
    jobs = [
        (pack, Expansion(pack, scenarios, args.variants))
        for pack, scenarios in zip(packs, select(packs, args), strict=True)
    ]
    return [(pack, variants) for pack, variants in jobs if variants]


def _run_job(args: argparse.Namespace, pack: Pack, variants: Sequence[Variant], several: bool) -> Concluded:
    options = options_of(args).of_pack(pack, several)
    if args.baseline_model is not None or args.baseline_policy is not None:
        options = replace(options, baseline=str(_run_baseline(args, pack, variants, options)))
    return _finish(args, _plan(args, pack, variants, options))


def _run_baseline(
    args: argparse.Namespace, pack: Pack, variants: Sequence[Variant], options: RunOptions
) -> Path:
    """Runs the pack with what the candidate is held against, model or policy; returns the run's folder."""
    from simgate.harness.frontend.baselines import require_regression_rule
    from simgate.harness.frontend.user_errors import UserError

    given = {"--baseline-model": args.baseline_model, "--baseline-policy": args.baseline_policy}
    what = " and ".join(option for option, value in given.items() if value is not None)
    if options.baseline is not None:
        raise UserError(f"--baseline and {what} exclude each other: a run has one baseline")
    require_regression_rule(pack, what)
    then = f"and then run the pack with --baseline {{}} in place of {what}"
    model, policy = args.baseline_model or options.model, args.baseline_policy or options.policy
    return run_first(args, pack, variants, replace(options, model=model, policy=policy), then)


def run_first(
    args: argparse.Namespace, pack: Pack, variants: Sequence[Variant], options: RunOptions, then: str
) -> Path:
    """Runs, whole, what the candidate is held against.

    Args:
        args: Of the command.
        pack: As the baseline runs it.
        variants: Of this pack.
        options: Of the candidate's run, but for what is judged.
        then: What to do once a run that has ended early is continued; ``{}`` stands for its folder.

    Returns:
        The run's folder.

    Raises:
        MachineError: The run has ended early.
    """
    from simgate.harness.frontend.conclusion import conclude
    from simgate.harness.frontend.user_errors import MachineError

    name = options.run_name and f"{options.run_name}-baseline"
    plan = _plan(
        args, pack, variants, replace(options, run_name=name, until_decided=False, accept_difference=())
    )
    stopped = _execute(args, plan)
    path = plan.folder.path
    if stopped:
        raise MachineError(
            f"the run of the baseline has ended early; continue it with: simgate run --resume {path}\n"
            f"{then.format(path)}"
        )
    if plan.manifest.shard is None:
        conclude(plan.folder)
    print(f"the baseline is {path}", file=sys.stderr)
    return path


def options_of(args: argparse.Namespace) -> RunOptions:
    """The command's options as both front ends have them."""
    from simgate.harness.frontend.run_options import RunOptions

    return RunOptions(
        runs_dir=args.runs_dir,
        workers=args.workers,
        adapter=args.adapter,
        model=args.model,
        policy=args.policy,
        runtime=args.runtime,
        record=args.record,
        latency_extra_ms=args.latency_extra_ms,
        interpreter=args.interpreter,
        baseline=args.baseline,
        baseline_store=args.baseline_store,
        accept_difference=tuple(args.accept_difference or ()),
        until_decided=args.until_decided,
        retry_infrastructure=args.retry_infrastructure,
        run_name=args.run_name,
        shard=args.shard,
        balance_by=args.balance_by,
        cluster=cluster_of(args),
    )


def _plan(args: argparse.Namespace, pack: Pack, variants: Sequence[Variant], options: RunOptions) -> Plan:
    from simgate.harness.frontend.planning import plan_as_asked

    chosen = [("variants", args.variants), *selected_options(args)]
    selection = " ".join(f"--{option} {value}" for option, value in chosen if value is not None)
    return plan_as_asked(pack, variants, options, command=("simgate", *sys.argv[1:]), selection=selection)


def _resumed(args: argparse.Namespace) -> Plan:
    from simgate.harness.execution.planning.resume import resume_run
    from simgate.harness.frontend.planning import workers_on
    from simgate.harness.frontend.user_errors import UserError

    fixed = {
        "--variants": args.variants,
        **{f"--{name}": value for name, value in selected_options(args)},
        "--adapter": args.adapter,
        "--model": args.model,
        "--policy": args.policy,
        "--runtime": args.runtime,
        "--latency-extra-ms": args.latency_extra_ms or None,
        "--baseline": args.baseline,
        "--baseline-model": args.baseline_model,
        "--baseline-policy": args.baseline_policy,
        "--baseline-store": args.baseline_store,
        "--accept-difference": args.accept_difference if args.executor == "local" else None,
        "--until-decided": args.until_decided or None,
        "--run-name": args.run_name,
        "--shard": args.shard,
        "--balance-by": args.balance_by,
    }
    given = [option for option, value in fixed.items() if value is not None]
    if given:
        raise UserError(f"{given[0]} cannot be combined with --resume: a run is continued as it was begun")
    cluster = cluster_of(args)
    workers = workers_on(cluster, args.workers)
    plan = resume_run(args.resume, hosts=workers, record=args.record, interpreter=args.interpreter)
    plan = replace(plan, retries=args.retry_infrastructure, cluster=cluster)
    own = Path(plan.pack.path)
    for pack in args.packs:
        if pack.resolve() not in (own, own.parent):
            raise UserError(f"{args.resume} is a run of {plan.manifest.pack_path}, not of {pack}")
    return plan


def _finish(args: argparse.Namespace, plan: Plan) -> Concluded:
    """Runs a plan, then everything that is derived from its journal."""
    from simgate.harness.cli.judging import judge_and_show, show_shard

    stopped = _execute(args, plan)
    if plan.manifest.shard is not None:
        return show_shard(plan.folder, plan.manifest.shard, stopped)
    return judge_and_show(plan.folder, stopped)


def _execute(args: argparse.Namespace, plan: Plan) -> str:
    """Runs a plan; returns why it ended early, empty when it did not."""
    from simgate.harness.cli.progress import progress_listener
    from simgate.harness.execution.engine import execute
    from simgate.harness.frontend.planning import stopping_rule
    from simgate.harness.frontend.spans import span_listeners

    try:
        with progress_listener(args.quiet) as listener, span_listeners() as spans:
            stopped = execute(plan, [listener, *spans], stopping_rule(plan))
    except KeyboardInterrupt:
        print(
            f"\nwhat was measured is kept; continue with: simgate run --resume {plan.folder.path}",
            file=sys.stderr,
        )
        raise
    if stopped:
        print(f"the run has ended early: {stopped}", file=sys.stderr)
    return stopped


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {number}")
    return number
