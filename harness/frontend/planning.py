"""From what a user asked for to a plan: the options of a run, and what may end it early."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from simgate.harness.execution.planning.record_mode import RecordMode
from simgate.harness.results.latest import LATEST, point_latest

if TYPE_CHECKING:
    from simgate.harness.execution.cluster.options import ClusterOptions
    from simgate.harness.execution.planning.plan import Plan
    from simgate.harness.execution.stopping import StoppingRule
    from simgate.harness.expansion.variant import Variant
    from simgate.harness.packs.model import Pack

_RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How packs are run; the same words on the command line and in pytest.

    Attributes:
        runs_dir: Folder in which run folders are made, and that holds the named baselines.
        workers: Worker processes; None is the simulator's default, 0 runs in this process.
        adapter: Simulator in place of the pack's; None keeps it.
        model: Model package in place of the pack's, a path or an address; None keeps it.
        policy: Trained network in place of the pack's, its ``policy.yaml`` or the folder; None keeps it.
        runtime: Perception runtime, also with its device; None takes what the machine has.
        record: Which variants leave pictures and a recording.
        latency_extra_ms: Added to every perception latency, milliseconds.
        interpreter: That of workers whose simulator has its own; None for the environment's.
        baseline: Folder or name of the run to hold this one against; None for none.
        baseline_store: Address of a shared store of named baselines; None for the one in ``runs_dir``.
        accept_difference: Names of differences to the baseline that are looked past.
        until_decided: Whether a sequential test ends the run.
        retry_infrastructure: How often what the machine has failed at is tried again.
        run_name: Name of the run's folder; None for one of time, pack and chance.
        shard: Number and count of the part that is run; None for all.
        balance_by: Run (or ``latest``, or a baseline's name) by whose durations parts are made equal, and on
            a cluster the longest variants go first; None for the baseline's, where there is one.
        cluster: Where workers run; None for this machine.
    """

    runs_dir: Path
    workers: int | None = None
    adapter: str | None = None
    model: Path | str | None = None
    policy: Path | str | None = None
    runtime: str | None = None
    record: RecordMode = "failed"
    latency_extra_ms: float = 0.0
    interpreter: str | None = None
    baseline: str | None = None
    baseline_store: str | None = None
    accept_difference: tuple[str, ...] = ()
    until_decided: bool = False
    retry_infrastructure: int = 0
    run_name: str | None = None
    shard: tuple[int, int] | None = None
    balance_by: str | None = None
    cluster: ClusterOptions | None = None

    def of_pack(self, pack: Pack, several: bool) -> RunOptions:
        """The options for one pack; with several of them each has its own run's name."""
        from simgate.harness.execution.hosts.assignment import file_stem

        if self.run_name is None or not several:
            return self
        return replace(self, run_name=f"{self.run_name}-{file_stem(pack.name)}")


def run_name(text: str) -> str:
    """A name that a run's folder can have on every file system.

    Raises:
        argparse.ArgumentTypeError: It cannot.
    """
    if not _RUN_NAME.fullmatch(text) or text == LATEST:
        raise argparse.ArgumentTypeError(
            f"{text!r} cannot be a run's name: letters, digits, '.', '_' and '-', a letter or digit first, "
            f"at most 100, and not '{LATEST}'"
        )
    return text


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
) -> Plan:
    """Makes the folder and manifest of a run, its baseline within; an option goes before the pack's word.

    Args:
        pack: As loaded.
        variants: What to run, of this pack.
        options: What the user asked for.
        command: What the user typed.
        selection: Why it is not the whole pack.
        whole: What is shared out among shards, when ``variants`` is less than that already.

    Raises:
        UserError: Options do not go together, or a run has the name.
        NoInterpreter: The simulator's interpreter cannot be found.
        NoBaseline, NotComparable: No run fits; the baseline differs in more than what is judged.
        DependentVariants, UnknownPlugin, UnfitAdapter, PackageError, OSError: See :func:`.plan_run`.
    """
    from simgate.harness.execution.planning.shards import as_shard
    from simgate.harness.frontend.baselines import attach_baseline
    from simgate.harness.frontend.shares import share_of

    _require_sense(options, pack)
    share, whole = share_of(options, pack.name), variants if whole is None else whole
    if share is not None:
        mine = share.mine([variant.id for variant in whole])
        variants = [variant for variant in variants if variant.id in mine]
    plan = _planned(pack, variants, options, command, selection)
    if options.baseline is not None:
        plan = attach_baseline(
            plan, options.baseline, options.runs_dir, options.accept_difference, options.baseline_store
        )
    if share is not None:
        return as_shard(plan, whole, share)
    point_latest(plan.folder.path)
    return plan


def _planned(
    pack: Pack, variants: Sequence[Variant], options: RunOptions, command: Sequence[str], selection: str
) -> Plan:
    """The plan of a run, with neither baseline nor shard."""
    from simgate.harness.execution.hosts.interpreter import default_hosts, host_interpreter
    from simgate.harness.execution.planning.plan import plan_run
    from simgate.harness.execution.planning.shards import longest_first
    from simgate.harness.frontend.shares import seconds_known

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
