"""A run as OpenTelemetry spans: one of the run, below it one a variant.

OpenTelemetry's own variables decide: nothing is sent without ``OTEL_EXPORTER_OTLP_ENDPOINT`` (or
``..._TRACES_ENDPOINT``) and the extra ``opentelemetry``. ``TRACEPARENT`` makes the run a part of that trace.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from simgate.harness.execution.events import (
    Event,
    HostLost,
    Listener,
    Retried,
    RunFinished,
    RunStarted,
    VariantFinished,
    VariantStarted,
)
from simgate.harness.results.record import Outcome
from simgate.sim_adapters.printable import printable

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import Tracer

    from simgate.harness.results.record import RunRecord

_WHERE = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_TIMEOUT = "OTEL_EXPORTER_OTLP_TIMEOUT"
_TIMEOUT_S = 3.0
"""A collector that does not answer must not keep a verdict waiting; that variable says otherwise."""


@contextmanager
def span_listeners(environ: Mapping[str, str] = os.environ) -> Iterator[list[Listener]]:
    """A listener that makes spans of a run's events, or none; sends what is left when the block ends.

    Args:
        environ: The process's environment.
    """
    is_off = environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if is_off or not any(environ.get(name) for name in _WHERE):
        yield []
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
    except ModuleNotFoundError:
        yield []
        return
    unsent = 0

    class Exporter(OTLPSpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            nonlocal unsent
            result = super().export(spans)
            unsent += len(spans) if result is not SpanExportResult.SUCCESS else 0
            return result

    # Each of its tries says so otherwise, amid what a run prints.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL + 1)
    timeout = None if environ.get(_TIMEOUT) else _TIMEOUT_S
    resource = Resource.create({"service.name": environ.get("OTEL_SERVICE_NAME") or "simgate"})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(Exporter(timeout=timeout)))
    spans = _Spans(provider.get_tracer("simgate", version("simgate")), environ.get("TRACEPARENT", ""))
    try:
        yield [spans]
    finally:
        spans.end()
        provider.shutdown()
        if unsent:
            # Without what an address may hold of a name and a password.
            where = printable(
                urlsplit(next(filter(None, map(environ.get, _WHERE)))).netloc.rpartition("@")[2]
            )
            print(f"note: {unsent} spans could not be sent to {where}", file=sys.stderr)


class _Spans:
    """A listener.

    Args:
        tracer: Makes the spans.
        parent: A W3C ``traceparent``; empty for a trace of its own.
    """

    def __init__(self, tracer: Tracer, parent: str) -> None:
        self._tracer, self._parent = tracer, parent
        self._run: Any = None
        self._begun: dict[str, int] = {}

    def __call__(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._start(event)
            case VariantStarted():
                self._begun[event.variant] = time.time_ns()
            case VariantFinished():
                self._variant(event.record)
            case HostLost():
                lost = {"simgate.worker": event.host, "simgate.retried": list(event.retried)}
                self._run.add_event("worker lost", {"reason": event.reason, **lost})
            case Retried():
                self._run.add_event("tried again", {"simgate.what": event.what, "reason": event.reason})
            case RunFinished():
                if event.stopped_early:
                    self._run.set_attribute("simgate.stopped_early", event.stopped_early)
                self.end()

    def end(self) -> None:
        """The run is over, also when it was broken off."""
        if self._run is not None and self._run.is_recording():
            self._run.end()

    def _start(self, event: RunStarted) -> None:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._run = self._tracer.start_span(
            f"run {event.pack}",
            TraceContextTextMapPropagator().extract({"traceparent": self._parent}),
            attributes={
                "simgate.pack": event.pack,
                "simgate.run": event.run_dir.name,
                "simgate.variants": event.expected,
                "simgate.already_done": event.already_done,
                "simgate.workers": event.hosts,
            },
        )

    def _variant(self, record: RunRecord) -> None:
        from opentelemetry.trace import Status, StatusCode, set_span_in_context

        now = time.time_ns()
        span = self._tracer.start_span(
            f"variant {record.variant}",
            set_span_in_context(self._run),
            start_time=self._begun.pop(record.variant, now - int(record.wall_s * 1e9)),
            attributes={
                "simgate.variant": record.variant,
                "simgate.scenario": record.scenario,
                "simgate.severity": record.severity,
                "simgate.outcome": record.outcome.value,
                "simgate.attempts": record.attempts,
                "simgate.worker": record.host,
                "simgate.node": record.node,
                "simgate.sim_s": record.sim_s,
                **{f"simgate.phase_s.{name}": seconds for name, seconds in record.phases_s.items()},
            },
        )
        if record.outcome is not Outcome.PASS:
            span.set_status(Status(StatusCode.ERROR, record.reason))
        span.end(now)
