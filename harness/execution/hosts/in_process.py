"""``--workers 0``: runs variants in the calling process, for a debugger. Nothing protects it from a crash."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from types import TracebackType

from simgate.harness.execution.events import Listener, VariantStarted
from simgate.harness.execution.hosts.pool.host_pool import HostsCannotStart
from simgate.harness.execution.hosts.pool.work_queue import WorkQueue
from simgate.harness.execution.planning.plan import Plan
from simgate.harness.execution.record_sink import RecordSink
from simgate.harness.execution.stopping import NeverStop, StoppingRule
from simgate.harness.expansion.variant import Variant
from simgate.harness.results.record import RunRecord
from simgate.harness.sources.import_guard import NotAsPlanned
from simgate.sim_adapters.gl import BACKEND, choose_backend


class InProcess:
    """Has the interface of :class:`simgate.harness.execution.hosts.pool.host_pool.HostPool`.

    Args:
        plan: What to hold.
        listeners: Told what happens.

    Raises:
        HostsCannotStart: Code, model or a file is another one than when the run was planned.
        Exception: Whatever building simulator, policy or model raises, with its traceback.
    """

    def __init__(self, plan: Plan, listeners: Sequence[Listener] = ()) -> None:
        backend = choose_backend(os.environ)
        if backend:
            # Simulators read it at import, which happens below.
            os.environ[BACKEND] = backend
        from simgate.harness.execution.worker import Worker

        self.stopped_early = ""
        self._plan = plan
        self._listeners = tuple(listeners)
        try:
            self._worker = Worker(plan.setup(0), is_own_process=False)
            try:
                adapter, runtime = self._worker.describe()
            except BaseException:
                self._worker.close()
                raise
        except NotAsPlanned as error:
            raise HostsCannotStart(str(error)) from None
        plan.folder.keep_host(
            0, {"adapter": asdict(adapter), "runtime": asdict(runtime) if runtime else None}
        )

    def __enter__(self) -> InProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._worker.close()

    def run(
        self, variants: Sequence[Variant], stopping: StoppingRule | None = None, *, returns: bool = True
    ) -> list[RunRecord]:
        """Runs variants to their records, one portion after the other."""
        sink = RecordSink(self._plan.folder, self._listeners, stopping or NeverStop(), returns)
        queue = WorkQueue(self._plan.assignments(variants), self._plan.pack.sim.batch, len(variants))
        self.stopped_early = ""
        while queue:
            self.stopped_early = sink.stopping.should_stop()
            portion = None if self.stopped_early else queue.take()
            if portion is None:
                break
            self._worker.run(
                portion,
                started=lambda variant: sink.emit(VariantStarted(variant, 0)),
                finished=sink.keep,
            )
        return sink.records
