"""The engine: runs a plan and emits events. It knows no consumer; both front ends start it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from simgate.harness.execution.events import (
    WORKERS,
    Event,
    Listener,
    Retried,
    RunFinished,
    RunStarted,
    VariantFinished,
)
from simgate.harness.execution.hosts.in_process import InProcess
from simgate.harness.execution.hosts.pool.giving_up import give_up
from simgate.harness.execution.hosts.pool.host_pool import HostPool, HostsCannotStart
from simgate.harness.execution.hosts.pool.kept_pool import KeptPool
from simgate.harness.execution.planning.plan import Plan
from simgate.harness.execution.stopping import StoppingRule
from simgate.harness.expansion.variant import Variant

RETRY_PAUSE_S = 5.0
"""Before workers are started again: a GPU that is taken, or memory that is full, needs a while."""


def execute(
    plan: Plan,
    listeners: Sequence[Listener] = (),
    stopping: StoppingRule | None = None,
    kept: KeptPool | None = None,
) -> str:
    """Runs a plan to its end, and gives its lock back.

    Every record is in the journal before a listener hears of it, so that whatever ends this call (a
    stopping rule, Ctrl-C, ``kill -9``) loses at most the variants that were running.

    Args:
        plan: From ``plan_run`` or ``resume_run``.
        listeners: Called in this thread, in order.
        stopping: Asked before each portion, told after each variant.
        kept: Whose hosts run it, and stay for the next run; None for hosts of its own.

    Returns:
        Why the run ended before its plan did; empty otherwise. Variants without a record are missing
        evidence, which the gate counts; those that no host could take are ERROR with the cause.
    """
    try:
        return _execute(plan, listeners, stopping, kept)
    finally:
        if plan.lock is not None:
            plan.lock.release()


def _execute(
    plan: Plan, listeners: Sequence[Listener], stopping: StoppingRule | None, kept: KeptPool | None
) -> str:
    finished: set[str] = set()

    def emit(event: Event) -> None:
        for listener in listeners:
            listener(event)

    def note(event: Event) -> None:
        if isinstance(event, VariantFinished):
            finished.add(event.record.variant)

    emit(
        RunStarted(
            run_dir=plan.folder.path,
            pack=plan.manifest.pack_name,
            expected=len(plan.manifest.expected),
            already_done=plan.already_done,
            hosts=plan.hosts,
        )
    )
    reason = ""
    if plan.variants:
        heard = (note, *listeners)
        try:
            reason = _run(plan, heard, stopping, finished, kept)
        except HostsCannotStart as error:
            reason = str(error)
            give_up(plan, _left(plan, finished), reason)
    emit(RunFinished(plan.folder.path, reason))
    return reason


def _run(
    plan: Plan,
    heard: Sequence[Listener],
    stopping: StoppingRule | None,
    finished: set[str],
    kept: KeptPool | None,
) -> str:
    """Runs what has no record yet; starts anew, as often as the plan allows, when no host could start."""
    retried: dict[str, int] = {}
    left = plan.retries
    while True:
        try:
            with _pool(plan, heard, retried, kept) as pool:
                pool.run(_left(plan, finished), stopping, returns=False)
            return pool.stopped_early
        except HostsCannotStart as error:
            if not left:
                raise
            left -= 1
            for listener in heard:
                listener(Retried(WORKERS, str(error).splitlines()[0], left))
            time.sleep(RETRY_PAUSE_S)
            # What the first of a cluster's nodes is stands in the manifest, and the next ones are held to it.
            plan = replace(plan, manifest=plan.folder.manifest())


def _pool(
    plan: Plan, heard: Sequence[Listener], retried: dict[str, int], kept: KeptPool | None
) -> AbstractContextManager[HostPool | InProcess]:
    if kept is not None and plan.hosts:
        return kept.taken_up(plan, heard, retried)
    if plan.cluster is not None:
        from simgate.harness.execution.cluster.ray_hosts import RayHosts

        return HostPool(plan, listeners=heard, retried=retried, starter=RayHosts(plan, plan.cluster))
    return HostPool(plan, listeners=heard, retried=retried) if plan.hosts else InProcess(plan, heard)


def _left(plan: Plan, finished: set[str]) -> Sequence[Variant]:
    # As it is, where that can be: a sequence that makes its variants when they are asked for.
    return [v for v in plan.variants if v.id not in finished] if finished else plan.variants
