"""Runs in an object store: moto's server, spoken to through a line that can be cut."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simgate.harness.cli.main import main
from simgate.harness.results.record import Outcome
from tests.unit.cli.small_runs import write_pack, write_run
from tests.unit.execution.conftest import memory_plugins
from tests.unit.execution.memory_pack import write_pack as memory_pack

__all__ = ["memory_plugins"]

pytest.importorskip("s3fs", reason="the extra s3 is not installed")
moto_server = pytest.importorskip("moto.server", reason="moto, the server of these tests, is not installed")


class Line:
    """A TCP port that leads to another one; ``cut_after`` bytes of each answer it breaks off."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.cut_after: int | None = None
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(self._target)
            threading.Thread(target=self._carry, args=(near, far, False), daemon=True).start()
            threading.Thread(target=self._carry, args=(far, near, True), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, is_answer: bool) -> None:
        carried = 0
        try:
            while data := source.recv(4096):
                if is_answer and self.cut_after is not None and carried + len(data) > self.cut_after:
                    sink.sendall(data[: max(0, self.cut_after - carried)])
                    break
                sink.sendall(data)
                carried += len(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, int]]:
    made = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    made.start()
    try:
        yield made.get_host_and_port()
    finally:
        made.stop()


@pytest.fixture
def line(server: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    import fsspec
    import s3fs

    made = Line(server)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{made.port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "tests")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    # Tests need not wait as long as a user may.
    once = {"config_kwargs": {"connect_timeout": 5, "read_timeout": 5, "retries": {"max_attempts": 0}}}
    monkeypatch.setitem(fsspec.config.conf, "s3", once)
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    s3fs.S3FileSystem.clear_instance_cache()
    yield made
    s3fs.S3FileSystem.clear_instance_cache()
    made.close()


@pytest.fixture
def bucket(line: Line, request: pytest.FixtureRequest) -> Any:
    import s3fs

    files = s3fs.S3FileSystem()
    name = f"runs-{abs(hash(request.node.name))}"
    files.mkdir(name)
    return files, name


@pytest.fixture
def run(tmp_path: Path) -> Path:
    outcomes = dict.fromkeys(range(150), Outcome.PASS)
    folder = write_run(tmp_path / "nightly", write_pack(tmp_path), outcomes)
    (folder.recordings_dir / "v0000.npz").write_bytes(b"a recording")
    return folder.path


def there(bucket: Any) -> set[str]:
    files, name = bucket
    files.invalidate_cache()
    return {path.removeprefix(f"{name}/") for path in files.find(name)}


def put(bucket: Any, run: Path) -> str:
    files, name = bucket
    files.put(str(run), f"{name}/", recursive=True)
    return f"s3://{name}/{run.name}"


def test_a_run_in_a_store_is_judged_as_it_is_on_disk_and_gets_its_verdict(
    bucket: Any, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = put(bucket, run)
    local = main(["gate", str(run)])
    table = capsys.readouterr().out

    assert main(["gate", address]) == local == 0
    said = capsys.readouterr()
    assert said.out == table
    assert said.err == f"put {address}/verdict.json\n"
    files, name = bucket
    stored = json.loads(files.cat_file(f"{name}/nightly/verdict.json"))
    assert stored == json.loads((run / "verdict.json").read_text())


def test_reports_evidence_comparison_status_and_baselines_work_on_addresses(
    bucket: Any,
    run: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    address = put(bucket, run)
    name = bucket[1]

    assert main(["report", address]) == 0
    assert main(["evidence", "build", address]) == 0
    assert main(["explain", address]) == 0
    assert main(["status", address]) == 0
    assert "nightly: 150 of 150" in capsys.readouterr().out
    assert main(["baseline", "set", "main", address, "--store", f"s3://{name}/store"]) == 0
    assert main(["baseline", "list", "--store", f"s3://{name}/store"]) == 0
    assert "nightly" in capsys.readouterr().out
    other = write_run(tmp_path / "other", tmp_path / "pack.yaml", dict.fromkeys(range(150), Outcome.PASS))
    assert main(["compare", address, str(other.path)]) == 0
    assert {"nightly/report.html", "nightly/junit.xml", "nightly/evidence.zip"} <= there(bucket)
    assert (other.path / "compare.html").is_file()


@pytest.mark.parametrize("after", [0, 700, 20_000])
def test_a_line_that_is_cut_gives_no_verdict_and_leaves_nothing(
    line: Line, bucket: Any, run: Path, after: int, capsys: pytest.CaptureFixture[str]
) -> None:
    address = put(bucket, run)
    before = there(bucket)

    line.cut_after = after
    code = main(["gate", address])
    line.cut_after = None

    assert code == 69
    said = capsys.readouterr()
    assert not said.out
    assert said.err.startswith(f"{address}")
    assert "cannot be" in said.err or "has not come whole" in said.err
    assert there(bucket) == before


def test_a_store_that_refuses_or_never_answers_is_named(
    line: Line, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import s3fs

    silent, closed = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
    ports = [server.getsockname()[1] for server in (closed, silent)]
    closed.close()
    for port in ports:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        s3fs.S3FileSystem.clear_instance_cache()
        assert main(["gate", "s3://nowhere/run"]) == 69
        assert "s3://nowhere/run cannot be listed: " in capsys.readouterr().err
    silent.close()


def test_what_is_not_there_is_told_so(bucket: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gate", f"s3://{bucket[1]}/nothing"]) == 69
    assert "is not there" in capsys.readouterr().err


def test_a_run_is_put_to_an_address_with_its_manifest_last(bucket: Any, run: Path, line: Line) -> None:
    from simgate.harness.frontend.run_addresses import put_run
    from simgate.harness.object_store import StoreFailed

    name = bucket[1]
    line.cut_after = 0
    with pytest.raises(StoreFailed, match="cannot be written"):
        put_run(run, f"s3://{name}/whole")
    line.cut_after = None
    assert "whole/nightly/manifest.json" not in there(bucket)

    assert put_run(run, f"s3://{name}/whole") == f"s3://{name}/whole/nightly"
    assert {"whole/nightly/manifest.json", "whole/nightly/recordings/v0000.npz"} <= there(bucket)
    assert main(["gate", f"s3://{name}/whole/nightly"]) == 0


def test_a_run_goes_where_its_artifacts_are_asked_for(
    bucket: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = memory_pack(tmp_path, count=4)
    address = f"s3://{bucket[1]}/all"
    asked = ["run", str(pack), "--workers", "0", "--runtime", "memory_runtime", "--runs-dir", str(tmp_path)]
    assert main([*asked, "--run-name", "nightly", "--artifacts", address]) == 0
    assert f"put in  {address}/nightly" in capsys.readouterr().out
    assert main(["gate", f"{address}/nightly"]) == 0
    assert main([*asked, "--run-name", "again", "--artifacts", str(tmp_path / "kept")]) == 0
    assert main(["gate", str(tmp_path / "kept" / "again")]) == 0
