"""``simgate run``: packs in, verdicts out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from simgate.harness.cli.concluded import Concluded
from simgate.harness.cli.options.cluster import cluster_of
from simgate.harness.cli.options.output_option import with_output
from simgate.harness.cli.options.run_options import add_run_options
from simgate.harness.cli.options.selection import select, selected_options
from simgate.harness.frontend.run_addresses import put_run

if TYPE_CHECKING:
    from simgate.harness.execution.hosts.pool.kept_pool import KeptPool
    from simgate.harness.execution.planning.plan import Plan
    from simgate.harness.execution.stopping import StoppingRule
    from simgate.harness.expansion.variant import Variant
    from simgate.harness.frontend.options.run_options import RunOptions
    from simgate.harness.packs.model import Pack

    Job = tuple[Pack, Sequence[Variant]]

configure = add_run_options
HELP = "run scenario packs, judge them and write the reports"


def run(args: argparse.Namespace) -> int:
    """Runs the command; returns the exit code of the worst verdict."""
    from simgate.harness.frontend.user_errors import as_user_errors

    with as_user_errors():
        return with_output(args.output, lambda: run_packs(args))


def run_packs(args: argparse.Namespace) -> tuple[int, list[Concluded]]:
    """Runs and judges what the command's options ask for; returns the exit code and what was found."""
    from simgate.harness.cli.judging import code_of

    if args.watch:
        _watch(args)
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
    return _finish(args, _plan(args, pack, variants, options, args.reuse))


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
    from simgate.harness.frontend.options.run_options import RunOptions

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


def _plan(
    args: argparse.Namespace,
    pack: Pack,
    variants: Sequence[Variant],
    options: RunOptions,
    reused: Path | None = None,
) -> Plan:
    from simgate.harness.frontend.planning import plan_as_asked
    from simgate.harness.results.run_folder import RunFolder

    # Where it is `latest`, that is the run before this one.
    earlier = None if reused is None else RunFolder(reused)
    if earlier is not None:
        earlier.manifest()
    chosen = [("variants", args.variants), *selected_options(args)]
    selection = " ".join(f"--{option} {value}" for option, value in chosen if value is not None)
    return plan_as_asked(
        pack, variants, options, command=("simgate", *sys.argv[1:]), selection=selection, earlier=earlier
    )


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
        "--reuse": args.reuse,
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


def _watch(args: argparse.Namespace) -> None:
    from simgate.harness.cli.judging import judge_and_show
    from simgate.harness.cli.watching import watch
    from simgate.harness.frontend.user_errors import UserError

    def plan_now(args: argparse.Namespace) -> Plan:
        jobs = jobs_of(args)
        if len(jobs) != 1:
            raise UserError(f"--watch takes one pack, and {args.packs[0]} holds {len(jobs) or 'none'}")
        pack, variants = jobs[0]
        return _plan(args, pack, variants, options_of(args), args.reuse)

    watch(
        args,
        plan_now,
        lambda plan, stopping, kept: _execute(args, plan, stopping, kept),
        lambda plan, stopped: judge_and_show(plan.folder, stopped),
    )


def _finish(args: argparse.Namespace, plan: Plan) -> Concluded:
    """Runs a plan, then everything that is derived from its journal."""
    from simgate.harness.cli.judging import judge_and_show, show_shard

    stopped = _execute(args, plan)
    if plan.manifest.shard is not None:
        return show_shard(plan.folder, plan.manifest.shard, stopped)
    return judge_and_show(plan.folder, stopped)


def _execute(
    args: argparse.Namespace, plan: Plan, stopping: StoppingRule | None = None, kept: KeptPool | None = None
) -> str:
    """Runs a plan; returns why it ended early, empty when it did not."""
    from simgate.harness.cli.progress import progress_listener
    from simgate.harness.execution.engine import execute
    from simgate.harness.frontend.planning import stopping_rule
    from simgate.harness.frontend.spans import span_listeners

    try:
        with progress_listener(args.quiet) as listener, span_listeners() as spans:
            stopped = execute(plan, [listener, *spans], stopping or stopping_rule(plan), kept)
    except KeyboardInterrupt:
        print(
            f"\nwhat was measured is kept; continue with: simgate run --resume {plan.folder.path}",
            file=sys.stderr,
        )
        raise
    if stopped:
        print(f"the run has ended early: {stopped}", file=sys.stderr)
    return stopped
