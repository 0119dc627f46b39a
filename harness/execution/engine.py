"""The engine: runs a plan and emits events. It knows no consumer; both front ends start it."""

from __future__ import annotations

from collections.abc import Sequence

from simgate.harness.execution.events import Event, Listener, RunFinished, RunStarted, VariantFinished
from simgate.harness.execution.giving_up import give_up
from simgate.harness.execution.host_pool import HostPool, HostsCannotStart
from simgate.harness.execution.in_process import InProcess
from simgate.harness.execution.plan import Plan
from simgate.harness.execution.stopping import StoppingRule


def execute(plan: Plan, listeners: Sequence[Listener] = (), stopping: StoppingRule | None = None) -> str:
    """Runs a plan to its end, and gives its lock back.

    Every record is in the journal before a listener hears of it, so that whatever ends this call (a
    stopping rule, Ctrl-C, ``kill -9``) loses at most the variants that were running.

    Args:
        plan: From ``plan_run`` or ``resume_run``.
        listeners: Called in this thread, in order.
        stopping: Asked before each portion, told after each variant.

    Returns:
        Why the run ended before its plan did; empty otherwise. Variants without a record are missing
        evidence, which the gate counts; those that no host could take are ERROR with the cause.
    """
    try:
        return _execute(plan, listeners, stopping)
    finally:
        if plan.lock is not None:
            plan.lock.release()


def _execute(plan: Plan, listeners: Sequence[Listener], stopping: StoppingRule | None) -> str:
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
            pool = HostPool(plan, listeners=heard) if plan.hosts else InProcess(plan, heard)
            with pool:
                pool.run(plan.variants, stopping)
            reason = pool.stopped_early
        except HostsCannotStart as error:
            reason = str(error)
            give_up(plan, [variant for variant in plan.variants if variant.id not in finished], reason)
    emit(RunFinished(plan.folder.path, reason))
    return reason
