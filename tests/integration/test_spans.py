"""A run as spans, told to a real receiver of OTLP over HTTP; what goes wrong there harms no run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("opentelemetry.sdk", reason="the extra opentelemetry is not installed")

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from simgate.harness.cli.main import main
from tests.unit.execution.conftest import memory_plugins
from tests.unit.execution.memory_pack import write_pack

__all__ = ["memory_plugins"]
pytestmark = pytest.mark.usefixtures("memory_plugins")

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


class Collector(ThreadingHTTPServer):
    """Keeps every span that is sent to it.

    Attributes:
        answer: HTTP status of its answers.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Receive)
        self.spans: list[Any] = []
        self.answer = 200

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Receive(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        assert self.path == "/v1/traces"
        asked = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
        for resource in asked.resource_spans:
            for scope in resource.scope_spans:
                self.server.spans += scope.spans
        self.send_response(self.server.answer)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with Collector() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.address)
        yield server
        server.shutdown()


def run(folder: Path, **faults: Any) -> int:
    pack = write_pack(folder, count=3, **faults)
    words = ["--runtime", "memory_runtime", "--runs-dir", str(folder), "--run-name", "r", "--quiet"]
    return main(["run", str(pack), *words, "--workers", "1"])


def attributes(span: Any) -> dict[str, Any]:
    found = ((pair.key, pair.value) for pair in span.attributes)
    return {key: getattr(value, value.WhichOneof("value")) for key, value in found}


def test_a_run_is_a_span_below_that_of_the_job_and_each_variant_one_below_it(
    collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACEPARENT", f"00-{TRACE}-{PARENT}-01")
    code = run(tmp_path)
    whole = [span for span in collector.spans if span.name.startswith("run ")]
    variants = {span.name: span for span in collector.spans if span.name.startswith("variant ")}
    assert code == 0
    assert [span.parent_span_id.hex() for span in whole] == [PARENT]
    assert {span.trace_id.hex() for span in collector.spans} == {TRACE}
    assert attributes(whole[0])["simgate.variants"] == 3
    assert set(variants) == {f"variant door_ahead::v{index:04d}" for index in range(3)}
    for span in variants.values():
        assert span.parent_span_id == whole[0].span_id
        assert whole[0].start_time_unix_nano <= span.start_time_unix_nano < span.end_time_unix_nano
        assert span.end_time_unix_nano <= whole[0].end_time_unix_nano
        assert attributes(span)["simgate.outcome"] == "PASS"
        assert span.status.code == 0


@pytest.mark.parametrize("how", ["refuses", "is gone"])
def test_a_collector_that_takes_nothing_is_told_of_once_and_changes_nothing_of_a_run(
    collector: Collector,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    how: str,
) -> None:
    collector.answer = 400
    if how == "is gone":
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://somebody:secret@127.0.0.1:9")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    assert run(tmp_path) == 0
    said = capsys.readouterr().err
    assert "note: 4 spans could not be sent to 127.0.0.1:" in said
    assert "opentelemetry" not in said.lower()
    assert "retrying" not in said
    assert "secret" not in said


@pytest.mark.parametrize("off", ["address", "switch"])
def test_nothing_is_sent_that_nobody_asked_for(
    collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, off: str
) -> None:
    if off == "address":
        monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT")
    else:
        monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert run(tmp_path) == 0
    assert not collector.spans
