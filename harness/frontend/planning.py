"""From what a user asked for to a plan, and what may end it early."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from simgate.harness.results.latest import point_latest

if TYPE_CHECKING:
    from simgate.harness.execution.cluster.options import ClusterOptions
    from simgate.harness.execution.planning.plan import Plan
    from simgate.harness.execution.stopping import StoppingRule
    from simgate.harness.expansion.variant import Variant
    from simgate.harness.frontend.options.run_options import RunOptions
    from simgate.harness.packs.model import Pack
    from simgate.harness.results.run_folder import RunFolder


def require_free_name(options: RunOptions) -> None:
    """A name that somebody gives is that of a new run.

    Raises:
        UserError: A run has it.
    """
    from simgate.harness.frontend.user_errors import UserError

    if options.run_name is not None and (there := options.runs_dir / options.run_name).exists():
        raise UserError(f"{there} is there already: give another --run-name, or go on with --resume {there}")


def _require_sense(options: RunOptions, pack: Pack) -> None:
    from simgate.harness.frontend.baselines import require_regression_rule
    from simgate.harness.frontend.user_errors import UserError

    if options.baseline is not None:
        require_regression_rule(pack)
    elif options.accept_difference and options.cluster is None:
        raise UserError(
            "--accept-difference has no effect without --baseline or --executor ray: nothing is held against "
            "anything"
        )
    require_free_name(options)


def plan_as_asked(
    pack: Pack,
    variants: Sequence[Variant],
    options: RunOptions,
    *,
    command: Sequence[str],
    selection: str,
    whole: Sequence[Variant] | None = None,
    earlier: RunFolder | None = None,
) -> Plan:
    """Makes the folder and manifest of a run, its baseline within; an option goes before the pack's word.

    Args:
        pack: As loaded.
        variants: What to run, of this pack.
        options: What the user asked for.
        command: What the user typed.
        selection: Why it is not the whole pack.
        whole: What is shared out among shards, when ``variants`` is less than that already.
        earlier: Run whose records become this run's where nothing has changed for them.

    Raises:
        UserError: Options do not go together, or a run has the name.
        NoInterpreter: The simulator's interpreter cannot be found.
        NoBaseline, NotComparable: No run fits; the baseline differs in more than what is judged.
        DependentVariants, UnknownPlugin, UnfitAdapter, PackageError, OSError: See :func:`.plan_run`.
        CannotMerge, NotARun, JournalDamaged: See :func:`.reuse`.
    """
    from simgate.harness.execution.planning.shards import as_shard
    from simgate.harness.frontend.baselines import attach_baseline
    from simgate.harness.frontend.options.shares import share_of
    from simgate.harness.merging.reuse import reuse

    _require_sense(options, pack)
    share, whole = share_of(options, pack.name), variants if whole is None else whole
    if share is not None:
        mine = share.mine([variant.id for variant in whole])
        variants = [variant for variant in variants if variant.id in mine]
    plan = _planned(pack, variants, options, command, selection)
    made = plan.folder.path
    try:
        if options.baseline is not None:
            plan = attach_baseline(
                plan, options.baseline, options.runs_dir, options.accept_difference, options.baseline_store
            )
        if share is not None:
            plan = as_shard(plan, whole, share)
        if earlier is not None:
            plan = reuse(plan, earlier)
    except BaseException:
        # Nothing has run yet; an empty run would only be in the way.
        shutil.rmtree(made)
        raise
    if share is None:
        point_latest(made)
    return plan


def _planned(
    pack: Pack, variants: Sequence[Variant], options: RunOptions, command: Sequence[str], selection: str
) -> Plan:
    """The plan of a run, with neither baseline nor shard."""
    from simgate.harness.execution.hosts.interpreter import default_hosts, host_interpreter
    from simgate.harness.execution.planning.plan import plan_run
    from simgate.harness.execution.planning.shards import longest_first
    from simgate.harness.frontend.options.shares import seconds_known

    adapter = options.adapter or pack.sim.adapter
    workers = workers_on(options.cluster, options.workers)
    plan = plan_run(
        pack,
        variants=variants,
        runs_dir=options.runs_dir,
        hosts=default_hosts(adapter, os.environ) if workers is None else workers,
        interpreter=host_interpreter(adapter, options.interpreter, os.environ),
        adapter=options.adapter,
        model=options.model,
        policy=options.policy,
        runtime=options.runtime,
        record=options.record,
        command=command,
        selection=selection,
        latency_extra_ms=options.latency_extra_ms,
        until_decided=options.until_decided,
        run_name=options.run_name,
        retries=options.retry_infrastructure,
    )
    if options.cluster is None:
        return plan
    # A sequential test counts its variants in an order of its own.
    known = {} if options.until_decided else seconds_known(options, pack.name)
    return replace(plan, cluster=options.cluster, variants=longest_first(plan.variants, known))


def workers_on(cluster: ClusterOptions | None, workers: int | None) -> int | None:
    """How many workers there are to be: those that were asked for, or as many as a cluster has room for.

    Args:
        cluster: None for this machine.
        workers: None when nobody has asked.

    Raises:
        NoCluster: No cluster answers.
    """
    if cluster is None:
        return workers
    from simgate.harness.execution.cluster.ray_hosts import places

    room = places(cluster)
    return max(1, room) if workers is None else workers


def stopping_rule(plan: Plan) -> StoppingRule | None:
    """What may end the run before its plan does; None when nothing may."""
    from simgate.harness.execution.until_decided import UntilDecided
    from simgate.harness.frontend.baselines import comparison_of
    from simgate.harness.results.journal import read_journal

    if not plan.manifest.until_decided:
        return None
    kept = read_journal(plan.folder.journal_path)
    return UntilDecided(plan.manifest, plan.pack, comparison_of(plan), kept)
