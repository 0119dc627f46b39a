"""Where records go when they arrive: into the journal first, then to whoever listens."""

from __future__ import annotations

from collections.abc import Sequence

from simgate.harness.execution.events import Event, Listener, Retried, VariantFinished
from simgate.harness.execution.stopping import StoppingRule
from simgate.harness.results.journal import append_record
from simgate.harness.results.record import RunRecord
from simgate.harness.results.run_folder import RunFolder


class RecordSink:
    """Keeps records and tells listeners, in order of arrival.

    Args:
        folder: The run's folder.
        listeners: Called one after the other in the engine's thread; what they raise ends the run.
        stopping: Told each record.
        remembers: Whether the records stay in memory too.
    """

    def __init__(
        self,
        folder: RunFolder,
        listeners: Sequence[Listener],
        stopping: StoppingRule,
        remembers: bool = True,
    ) -> None:
        self.records: list[RunRecord] = []
        self._remembers = remembers
        self.stopping = stopping
        self._folder = folder
        self._listeners = tuple(listeners)

    def emit(self, event: Event) -> None:
        """Tells all listeners."""
        for listener in self._listeners:
            listener(event)

    def keep_attempt(self, record: RunRecord, left: int) -> None:
        """Journals an attempt that is not the last; nobody takes it for the variant's result."""
        append_record(self._folder.journal_path, record)
        self.stopping.observe_attempt(record)
        self.emit(Retried(record.variant, record.reason, left))

    def keep(self, record: RunRecord) -> None:
        """Journals a record, then tells."""
        append_record(self._folder.journal_path, record)
        if self._remembers:
            self.records.append(record)
        self.stopping.observe(record)
        self.emit(VariantFinished(record))
